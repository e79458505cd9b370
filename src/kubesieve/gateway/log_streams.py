"""A log under way: its pieces as they come, until it ends, its time is over, the client has gone, or we stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from kubesieve.faults import UpstreamFault


class LogStream:
    """``until`` gives the pieces, once; ``sent`` is how many bytes it gave so far, and each is told to ``spent``."""

    def __init__(
        self, pieces: AsyncIterator[bytes], seconds: float, spent: Callable[[int], None], *, follows: bool
    ) -> None:
        self._pieces, self._seconds, self._spent, self._follows = pieces, seconds, spent, follows
        self.sent = 0

    async def until(self, *ends: asyncio.Event) -> AsyncIterator[bytes]:
        """Until one of the events, too. Raises UpstreamFault where it ends before its end: a log that is followed has
        none of its own, and is over with its time.
        """
        deadline = asyncio.get_running_loop().time() + self._seconds
        told = [asyncio.ensure_future(end.wait()) for end in ends]
        try:
            while piece := await self._next(told, deadline):
                self.sent += len(piece)
                self._spent(len(piece))
                yield piece
        finally:
            for waiting in told:
                waiting.cancel()

    async def _next(self, told: Sequence[asyncio.Future[Any]], deadline: float) -> bytes:
        """The next piece, b"" at the end."""
        coming: asyncio.Future[Any] = asyncio.ensure_future(_next(self._pieces))
        try:
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            await asyncio.wait({coming, *told}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return bytes(coming.result())
        finally:
            coming.cancel()
        if self._follows:
            return b""
        raise UpstreamFault("log-cut", f"expected a log within {self._seconds:g} s, taken to its end", status=502)


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    return await anext(pieces, b"")
