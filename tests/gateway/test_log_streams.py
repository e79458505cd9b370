"""A log's bounds hold whatever the kubelet does: one that always has more to say is no exception."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from kubesieve.faults import UpstreamFault
from kubesieve.gateway.log_streams import LogBounds, LogStream

PIECE = b"x" * 1000


async def always() -> AsyncIterator[bytes]:
    """Never waits for anything."""
    while True:
        yield PIECE


async def quiet() -> AsyncIterator[bytes]:
    yield PIECE
    await asyncio.sleep(60)


async def three() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield PIECE


def stream(pieces: AsyncIterator[bytes], *ends: asyncio.Event, follows: bool = True, **bounds: float) -> LogStream:
    most, seconds = int(bounds.get("most", 1 << 40)), bounds.get("seconds", 0.2)
    return LogStream(pieces, LogBounds(most, seconds, follows), lambda _: None, *ends)


async def taken(one: LogStream, gone: asyncio.Event | None = None) -> int:
    """How many bytes came until its end."""
    size = 0
    async for piece in one.until(gone or asyncio.Event()):
        size += len(piece)
        await asyncio.sleep(0)
    return size


@pytest.mark.parametrize("pieces", [always, quiet])
@pytest.mark.parametrize("follows", [True, False], ids=["followed", "not followed"])
async def test_it_is_over_with_its_time(pieces: object, follows: bool) -> None:
    one, started = stream(pieces(), follows=follows), time.monotonic()  # type: ignore[operator]
    if follows:
        await taken(one)
        assert one.cut == ""
    else:
        with pytest.raises(UpstreamFault):
            await taken(one)
        assert one.cut == "log-cut"
    assert 0.15 < time.monotonic() - started < 2


@pytest.mark.parametrize("pieces", [always, quiet])
@pytest.mark.parametrize("which", ["the client has gone", "we stop, or the node has left"])
async def test_it_is_over_with_each_of_its_ends(pieces: object, which: str) -> None:
    gone, stopping = asyncio.Event(), asyncio.Event()
    one = stream(pieces(), stopping, seconds=30)  # type: ignore[operator]
    asyncio.get_running_loop().call_later(0.1, (gone if which == "the client has gone" else stopping).set)
    started = time.monotonic()
    await taken(one, gone)
    assert time.monotonic() - started < 2


async def test_it_is_over_with_its_bytes_whoever_was_told_where_to_end() -> None:
    told: list[int] = []
    one = LogStream(always(), LogBounds(2500, 30, True), told.append)
    assert await taken(one) == one.sent == sum(told) == 2500


async def test_one_that_ends_is_whole() -> None:
    one = stream(three(), follows=False)
    assert (await taken(one), one.cut) == (3000, "")


async def test_what_is_left_of_its_time_bounds_a_write() -> None:
    one = stream(quiet(), seconds=0.1)
    assert 0 < one.left <= 0.1
    await asyncio.sleep(0.15)
    assert one.left == 0
