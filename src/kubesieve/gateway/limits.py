"""How much one caller may have under way at once, so that a flood of one is nobody else's trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

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
