"""The loop: a look, its findings on the board, a pause. What a look raises is told, and the next one tried."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.watch.standing import Board
from kubesieve.doctor.watch.telemetry import Telemetry
from kubesieve.faults import OwnFault

STALE_ROUNDS = 3


@dataclass
class Watch:
    """``look`` takes evidence and judges it; ``changed`` gets a diagnosis whenever other findings stand than before;
    ``say`` a line for each look. ``every`` is from the start of one look to the start of the next (seconds).
    """

    look: Callable[[], Awaitable[Diagnosis]]
    every: float
    changed: Callable[[Diagnosis], None]
    say: Callable[[str], None]
    board: Board = field(default_factory=Board)

    def __post_init__(self) -> None:
        self.telemetry = Telemetry(self.board)
        self._last = float("-inf")
        self._shown = False

    async def run(self) -> None:
        """Until cancelled. Raises OwnFault where the very first look cannot be made."""
        while True:
            start = time.monotonic()
            await self._once()
            await asyncio.sleep(max(0.0, self.every - (time.monotonic() - start)))

    async def problem(self) -> str:
        """Why the metrics are not to be relied on, or an empty text."""
        age = time.monotonic() - self._last
        if age == float("inf"):
            return "no look yet"
        return f"the last whole look ended {age:.0f} s ago" if age > STALE_ROUNDS * self.every + 60 else ""

    async def _once(self) -> None:
        at = time.time()
        try:
            diagnosis = await self.look()
        except OwnFault as fault:
            if self._last == float("-inf"):
                raise
            self.telemetry.looked("failed", at)
            self.say(f"could not look: {fault.reason}: {fault.sentence}")
            return
        self._last = time.monotonic()
        other = self.board.put(diagnosis, at)
        self.telemetry.looked(_result(diagnosis), time.time())
        self.say(_line(diagnosis, other=other and self._shown))
        if other or not self._shown:
            self._shown = True
            self.changed(diagnosis)


def _result(diagnosis: Diagnosis) -> str:
    """One of telemetry.LOOKS."""
    if not diagnosis.looked:
        return "nothing"
    return "findings" if diagnosis.exit else "fine"


def _line(diagnosis: Diagnosis, *, other: bool) -> str:
    codes = dict.fromkeys(finding.code for finding in diagnosis.findings)
    told = ", ".join(codes) or ("nothing found" if diagnosis.looked else "nothing could be told")
    return f"looked: {told}{'; changed' if other else ''}"
