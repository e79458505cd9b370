"""So many requests and bytes a second for one caller; what is beyond is refused, and made up for in time."""

from __future__ import annotations

import pytest

from kubesieve.faults import CallerFault
from kubesieve.gateway.limits import BURST_SECONDS, Rates
from kubesieve.gateway.settings import Limits
from kubesieve.tenancy import budget
from tests.tenancy.answers import Clock

LIMITS = Limits(caller_requests_per_second=2, caller_mebibytes_per_second=1)
MEBIBYTE = 1 << 20


def admitted(rates: Rates, caller: str, times: int = 1) -> int:
    count = 0
    for _ in range(times):
        try:
            rates.admit(caller)
        except CallerFault as fault:
            assert (fault.status, fault.reason) == (429, "too-fast")
        else:
            count += 1
    return count


def test_ten_seconds_worth_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    rates = Rates(LIMITS, clock)
    assert admitted(rates, "a", 100) == 2 * BURST_SECONDS
    clock.now = 3.0
    assert admitted(rates, "a", 100) == 6
    clock.now = 1000.0
    assert admitted(rates, "a", 100) == 2 * BURST_SECONDS


def test_one_callers_greed_is_nobody_elses() -> None:
    rates = Rates(LIMITS, Clock())
    admitted(rates, "greedy", 1000)
    assert admitted(rates, "polite", 5) == 5


@pytest.mark.parametrize(("after", "served"), [(0.0, 0), (4.9, 0), (5.1, 1)])
def test_bytes_beyond_the_rate_are_made_up_for_before_anything_more(after: float, served: int) -> None:
    clock = Clock()
    rates = Rates(LIMITS, clock)
    rates.answered("a", (BURST_SECONDS + 5) * MEBIBYTE)
    clock.now = after
    assert admitted(rates, "a") == served


def test_a_long_silence_is_worth_no_more_than_a_whole_burst() -> None:
    clock = Clock()
    rates = Rates(LIMITS, clock)
    admitted(rates, "a")
    clock.now = 1000.0
    rates.answered("a", (BURST_SECONDS + 5) * MEBIBYTE)
    assert admitted(rates, "a") == 0
    clock.now = 1004.0
    assert admitted(rates, "a") == 0


def test_who_asked_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_CALLERS", 3)
    rates = Rates(LIMITS, Clock())
    for number in range(1000):
        admitted(rates, "busy", 1)
        admitted(rates, f"once {number}")
    assert len(rates._requests) == 3
    assert admitted(rates, "busy") == 0
