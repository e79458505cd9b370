"""How much one caller may have under way at once, so that a flood of one is nobody else's trouble."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kubesieve.faults import CallerFault, OwnFault
from kubesieve.gateway.settings import Limits
from kubesieve.tenancy.budget import Buckets, Rate


class Slots:
    """Counts requests under way: all, by peer address, by token digest. Bounded by what is under way."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_caller: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def taken(self, peer: str, token: str) -> Iterator[None]:
        """A place while a request is worked on. Raises CallerFault (429) or OwnFault (503), at once."""
        limits = self._limits
        callers = ((f"peer {peer}", limits.requests_per_peer), (f"token {token}", limits.requests_per_token))
        for caller, most in callers:
            if self._by_caller[caller] >= most:
                raise CallerFault(
                    "too-many-requests", f"expected at most {most} requests at once from one caller", status=429
                )
        if self.total >= limits.requests:
            raise OwnFault("too-busy", f"expected at most {limits.requests} requests at once in all", status=503)
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
