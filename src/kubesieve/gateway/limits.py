"""How much one caller may have under way at once, so that a flood of one is nobody else's trouble."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kubesieve.faults import CallerFault, OwnFault
from kubesieve.gateway.settings import Limits
from kubesieve.tenancy.budget import Buckets, Rate


class Places:
    """Counts what is under way: in all, and by who it is for. Bounded by what is under way.

    ``what`` is what is counted, in a refusal's code and sentence: ``requests``.
    """

    def __init__(self, most: int, what: str) -> None:
        self._most, self._what = most, what
        self._by_caller: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def taken(self, *callers: tuple[str, int]) -> Iterator[None]:
        """A place, for callers who may have so many each. Raises CallerFault (429) or OwnFault (503), at once."""
        what = self._what
        for caller, most in callers:
            if self._by_caller[caller] >= most:
                raise CallerFault(
                    f"too-many-{what}", f"expected at most {most} {what} at once from one caller", status=429
                )
        if self.total >= self._most:
            raise OwnFault("too-busy", f"expected at most {self._most} {what} at once in all", status=503)
        self._count(callers, +1)
        try:
            yield
        finally:
            self._count(callers, -1)

    def _count(self, callers: tuple[tuple[str, int], ...], step: int) -> None:
        self.total += step
        for caller, _ in callers:
            self._by_caller[caller] += step
            if not self._by_caller[caller]:
                del self._by_caller[caller]


class Slots:
    """Requests under way: all, by peer address, by token digest."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._places = limits, Places(limits.requests, "requests")

    @property
    def total(self) -> int:
        return self._places.total

    def taken(self, peer: str, token: str) -> AbstractContextManager[None]:
        """A place while a request is worked on. Raises CallerFault (429) or OwnFault (503), at once."""
        limits = self._limits
        return self._places.taken(
            (f"peer {peer}", limits.requests_per_peer), (f"token {token}", limits.requests_per_token)
        )


BURST_SECONDS = 10
_MEBIBYTE = 1 << 20


class Rates:
    """How much one caller may have in a while: requests, and bytes of answers.

    Bytes are counted when an answer is made: who is beyond his rate gets nothing more until it is made up for.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = Buckets(_rate(limits.caller_requests_per_second))
        self._bytes = Buckets(_rate(limits.caller_mebibytes_per_second * _MEBIBYTE))
        self._clock = clock

    def admit(self, caller: str) -> None:
        """Counts a request. Raises CallerFault (429)."""
        now = self._clock()
        requests, size = self._requests.of(caller, now), self._bytes.of(caller, now)
        if requests.left(now) < 1 or size.left(now) <= 0:
            what = "requests" if requests.left(now) < 1 else "bytes"
            raise CallerFault("too-fast", f"expected fewer {what} a second from one caller; slow down", status=429)
        requests.spend(now)

    def answered(self, caller: str, size: int) -> None:
        """Counts an answer's bytes."""
        now = self._clock()
        self._bytes.of(caller, now).spend(now, size)


def _rate(per_second: int) -> Rate:
    return Rate(per_second, per_second * BURST_SECONDS)
