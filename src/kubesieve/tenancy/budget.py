"""How much callers may cost: a token bucket for each, and one for all."""

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


class Bucket:
    """What is left of a rate; below nothing where more was spent than there was."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._at = rate, rate.burst, now

    def left(self, now: float) -> float:
        rate = self._rate
        self._left = min(rate.burst, self._left + (now - self._at) * rate.per_second)
        self._at = now
        return self._left

    def spend(self, now: float, amount: float = 1.0) -> None:
        """Of what is left now: what came in while the bucket was full is not there to be spent later."""
        self._left = self.left(now) - amount

    def take(self, now: float) -> bool:
        """Spends one, if there is one."""
        if self.left(now) < 1:
            return False
        self.spend(now)
        return True


class Buckets:
    """A bucket for each caller. Who asked longest ago is forgotten first, and begins anew with a whole burst."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._callers: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._callers)

    def of(self, caller: str, now: float) -> Bucket:
        bucket = self._callers.pop(caller, None) or Bucket(self._rate, now)
        self._callers[caller] = bucket
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        return bucket


class Budget:
    """``take`` says whether one more is within both rates: the rate for all holds whatever the number of callers."""

    def __init__(self, each: Rate, together: Rate, clock: Callable[[], float]) -> None:
        self._each, self._together, self._clock = Buckets(each), Bucket(together, clock()), clock

    def take(self, caller: str) -> bool:
        """The bucket of all is asked last: who is beyond his own rate costs the others nothing."""
        now = self._clock()
        return self._each.of(caller, now).take(now) and self._together.take(now)
