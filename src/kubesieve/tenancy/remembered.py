"""Answers that are remembered for a while: bounded in number, one question at a time for each key."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """A value and for how long it is good (seconds)."""

    value: T
    seconds: float


class Remembered(Generic[K, T]):
    """``get`` asks once for all who want the same. What is remembered longest unused goes first, beyond ``most``.

    ``clock`` is in seconds and never goes back.
    """

    def __init__(self, most: int, clock: Callable[[], float] | None = None) -> None:
        self._most, self._clock = most, clock or (lambda: asyncio.get_running_loop().time())
        self._kept: OrderedDict[K, tuple[T, float]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[Timed[T]]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, key: K) -> T | None:
        """What is remembered and still good, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[1] <= self._clock():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return found[0]

    def answers(self, key: K) -> bool:
        """Whether ``get`` would ask nobody anew: it is known, or being asked."""
        return key in self._asking or self.known(key) is not None

    async def get(self, key: K, ask: Callable[[], Awaitable[Timed[T]]]) -> T:
        """What is known, else what ``ask`` says. Raises what ``ask`` raises, which is not remembered.

        Who goes away does not take the question along: others may wait for it.
        """
        found = self.known(key)
        if found is not None:
            return found
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.ensure_future(_run(ask))
            task.add_done_callback(lambda done: self._answered(key, done))
        return (await asyncio.shield(task)).value

    def _answered(self, key: K, task: asyncio.Task[Timed[T]]) -> None:
        self._asking.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        self.put(key, task.result())

    def put(self, key: K, timed: Timed[T]) -> None:
        """Remembers a value, for 0 seconds not at all."""
        if timed.seconds > 0:
            self._kept[key] = (timed.value, self._clock() + timed.seconds)
            self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


async def _run(ask: Callable[[], Awaitable[Timed[T]]]) -> Timed[T]:
    return await ask()
