"""How much one caller may have under way at once, so that a flood of one is nobody else's trouble."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kubesieve.faults import CallerFault, OwnFault
from kubesieve.gateway.settings import Limits


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
MOST_CALLERS = 10_000
_MEBIBYTE = 1 << 20


class Rates:
    """How much one caller may have in a while: requests, and bytes of answers.

    Bytes are counted when an answer is made: who is beyond his rate gets nothing more until it is made up for. Callers
    that asked longest ago are forgotten first.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = float(limits.caller_requests_per_second)
        self._bytes = float(limits.caller_mebibytes_per_second * _MEBIBYTE)
        self._clock = clock
        self._callers: OrderedDict[str, _Account] = OrderedDict()

    def admit(self, caller: str) -> None:
        """Counts a request. Raises CallerFault (429)."""
        account = self._account(caller)
        if account.requests < 1 or account.bytes <= 0:
            what = "requests" if account.requests < 1 else "bytes"
            raise CallerFault("too-fast", f"expected fewer {what} a second from one caller; slow down", status=429)
        account.requests -= 1

    def answered(self, caller: str, size: int) -> None:
        """Counts an answer's bytes."""
        self._account(caller).bytes -= size

    def _account(self, caller: str) -> _Account:
        now = self._clock()
        account = self._callers.pop(caller, None)
        if account is None:
            account = _Account(self._requests * BURST_SECONDS, self._bytes * BURST_SECONDS, now)
        seconds, account.at = now - account.at, now
        account.requests = min(self._requests * BURST_SECONDS, account.requests + seconds * self._requests)
        account.bytes = min(self._bytes * BURST_SECONDS, account.bytes + seconds * self._bytes)
        self._callers[caller] = account
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        return account


@dataclass(slots=True)
class _Account:
    """What is left, and since when."""

    requests: float
    bytes: float
    at: float
