"""How many questions one caller may cost: a token bucket for each, and one for all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then ``per_second``."""

    per_second: float
    burst: float


class Budget:
    """``take`` says whether one more is within both rates. Callers that are forgotten begin anew with a whole burst:
    the rate for all holds whatever their number.
    """

    def __init__(self, each: Rate, together: Rate, clock: Callable[[], float]) -> None:
        self._each, self._clock = each, clock
        self._callers: OrderedDict[str, _Bucket] = OrderedDict()
        self._together = _Bucket(together, clock())

    def take(self, caller: str) -> bool:
        now = self._clock()
        bucket = self._callers.pop(caller, None) or _Bucket(self._each, now)
        self._callers[caller] = bucket
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        return bucket.take(now) and self._together.take(now)


class _Bucket:
    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._at = rate, rate.burst, now

    def take(self, now: float) -> bool:
        rate = self._rate
        self._left = min(rate.burst, self._left + (now - self._at) * rate.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
