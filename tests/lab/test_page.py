"""Which percentages can be true."""

from __future__ import annotations

import pytest

from kubesieve.agents import Dash, Measure
from kubesieve.lab.steps.page import _LEAST_MEMORY, _plausible


@pytest.mark.parametrize(
    ("value", "cpu", "memory"),
    [
        (0.0, True, False),
        (0.02, True, True),
        (8.0, True, True),
        (100.2, True, True),
        (250.0, False, False),
        (-1.0, False, False),
    ],
)
def test_a_server_that_nobody_asks_takes_no_cpu_but_never_no_memory(value: float, cpu: bool, memory: bool) -> None:
    assert (_plausible(Measure(value, None), 0.0), _plausible(Measure(value, None), _LEAST_MEMORY)) == (cpu, memory)


def test_a_dash_is_no_number() -> None:
    assert not _plausible(Measure(None, Dash.FILTERED), 0.0)
