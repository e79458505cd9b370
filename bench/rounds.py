"""Rounds that are interleaved, so that a machine that slows down slows all of them; medians are compared."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from kubesieve.exposition import reader_in_use

ROUNDS = 7
MOST_SECONDS = 90.0
LONG_SECONDS = 0.2

Run = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time; ``tenants`` is how many answers one run makes."""

    name: str
    tenants: int
    run: Run


def seconds_of(contender: Contender, body: bytes) -> float:
    """The median of some runs, one after the other: three, and one of what takes long."""
    gc.collect()
    taken: list[float] = []
    while len(taken) < 3 and sum(taken) < LONG_SECONDS:
        started = time.perf_counter()
        contender.run(body)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def median_of(run: Run, body: bytes) -> float:
    """The median of some rounds, in seconds."""
    return statistics.median(seconds_of(Contender("", 1, run), body) for _ in range(ROUNDS))


def measure(body: bytes, rows: tuple[Contender, ...]) -> dict[str, list[float]]:
    """Seconds of each round by name. The first round warms up and is thrown away; a slow machine does fewer."""
    times: dict[str, list[float]] = {contender.name: [] for contender in rows}
    end = time.monotonic() + MOST_SECONDS
    for number in range(ROUNDS + 1):
        if number > 2 and time.monotonic() > end:
            break
        for contender in rows:
            times[contender.name].append(seconds_of(contender, body))
    return {name: taken[1:] for name, taken in times.items()}


def about(path: str, body: bytes, more: str) -> str:
    """The machine and the body, in a line."""
    machine = (
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}, {reader_in_use()} reader"
    )
    return f"{machine}; {len(body) / 1e6:.1f} MB, {body.count(10)} lines of {path}, {more}"


def show(rows: tuple[Contender, ...], times: dict[str, list[float]]) -> None:
    """A table of medians, beside the first row's."""
    base = statistics.median(times[rows[0].name])
    print()
    print(f"{'':40} {'ms':>9} {f'times {rows[0].name}, tenant for tenant':>40} {'fastest..slowest':>18} {'rounds':>6}")
    for contender in rows:
        taken = times[contender.name]
        middle = statistics.median(taken)
        ratio = f"{base * contender.tenants / middle:.2f} x"
        spread = f"{min(taken) * 1000:.2f}..{max(taken) * 1000:.2f}"
        print(f"{contender.name:40} {middle * 1000:9.2f} {ratio:>40} {spread:>18} {len(taken):6}")
