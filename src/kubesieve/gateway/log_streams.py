"""A log under way: its pieces as they come, until it ends, it has cost what it may, the client has gone, or we stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kubesieve.faults import UpstreamFault


@dataclass(frozen=True, slots=True)
class LogBounds:
    """``most`` bytes and ``seconds``. ``follows``: it has no end of its own, and is over with either; another one that
    is not had to its end by then is cut.
    """

    most: int
    seconds: float
    follows: bool


class LogStream:
    """``until`` gives the pieces, once; ``sent`` is how many bytes it gave so far, and each is told to ``spent``.

    ``ends`` are events that end it. ``cut`` is the reason code of what cut it short, "" where nothing did.
    """

    def __init__(
        self, pieces: AsyncIterator[bytes], bounds: LogBounds, spent: Callable[[int], None], *ends: asyncio.Event
    ) -> None:
        self._pieces, self._bounds, self._spent, self._ends = pieces, bounds, spent, ends
        self._deadline = asyncio.get_running_loop().time() + bounds.seconds
        self.sent, self.cut = 0, ""

    @property
    def left(self) -> float:
        """Seconds, not less than 0."""
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    async def until(self, gone: asyncio.Event) -> AsyncIterator[bytes]:
        """The pieces, until the client has gone, too. Raises UpstreamFault where it is cut."""
        ends = (gone, *self._ends)
        told = [asyncio.ensure_future(end.wait()) for end in ends]
        try:
            while piece := await self._next(ends, told):
                piece = piece[: self._bounds.most - self.sent]
                self.sent += len(piece)
                self._spent(len(piece))
                yield piece
        except UpstreamFault as fault:
            self.cut = fault.reason
            raise
        finally:
            for waiting in told:
                waiting.cancel()

    async def _next(self, ends: tuple[asyncio.Event, ...], told: Sequence[asyncio.Future[Any]]) -> bytes:
        """The next piece, b"" at the end. Time and ends are looked at first: there may always be a piece."""
        if self.sent >= self._bounds.most:
            return b""
        if self.left and not any(end.is_set() for end in ends):
            coming: asyncio.Future[Any] = asyncio.ensure_future(_next(self._pieces))
            try:
                await asyncio.wait({coming, *told}, timeout=self.left, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    return bytes(coming.result())
            finally:
                coming.cancel()
        if self._bounds.follows:
            return b""
        seconds = self._bounds.seconds
        raise UpstreamFault("log-cut", f"expected a log within {seconds:g} s, taken to its end; got less", status=502)


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    return await anext(pieces, b"")
