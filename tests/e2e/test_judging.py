"""That the judges of the end-to-end run can say no."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.judging import RESTARTED, Disturbed, Truth, gaps, leaks, lingering, odd_statuses, stale

GRANTED = {"a": frozenset({"team-a"})}


def _line(caller: str = "a", at: float = 100.0, **more: Any) -> dict[str, Any]:
    return {"caller": caller, "endpoint": "/pods", "asked": at, "came": at + 0.1, "status": 200, "pods": [], **more}


def _truths(*pods: str, ran: float = 100.0) -> list[Truth]:
    return [Truth(float(at), dict.fromkeys(pods, ran), frozenset(pods)) for at in range(30, 110)]


def test_a_foreign_pod_is_a_leak_and_an_own_one_is_none() -> None:
    assert list(leaks([_line(pods=["team-b/x"])], GRANTED))
    assert not list(leaks([_line(pods=["team-a/x"])], GRANTED))


@pytest.mark.parametrize(
    ("seen", "direct", "ran", "told"),
    [
        ([], ["team-a/x"], 100.0, True),
        (["team-a/x"], ["team-a/x"], 100.0, False),
        ([], ["team-a/x"], 5.0, False),
        ([], [], 100.0, False),
        ([], None, 100.0, True),
    ],
    ids=["missing", "there", "young", "the kubelet lacks it too", "the kubelet was not asked"],
)
def test_a_pod_that_ran_all_the_while_has_to_be_seen(
    seen: list[str], direct: list[str] | None, ran: float, told: bool
) -> None:
    lines = [_line(pods=seen)] + ([] if direct is None else [_line("direct", 99.5, pods=direct)])
    assert bool(list(gaps(lines, GRANTED, _truths("team-a/x", ran=ran)))) is told


def test_while_the_kubelet_is_restarted_its_word_is_not_needed() -> None:
    truths = _truths("team-a/x")
    assert not list(gaps([_line(pods=[])], GRANTED, truths, [Disturbed(RESTARTED, 90.0, 110.0)]))
    assert list(gaps([_line(pods=[])], GRANTED, truths, [Disturbed("API server away", 90.0, 110.0)]))


@pytest.mark.parametrize(("endpoint", "told"), [("/pods", True), ("/metrics/cadvisor", False)])
def test_a_pod_list_has_to_have_it_sooner(endpoint: str, told: bool) -> None:
    line = _line(pods=[], endpoint=endpoint)
    assert bool(list(gaps([line], GRANTED, _truths("team-a/x", ran=20.0)))) is told


def test_a_pod_that_is_long_gone_must_not_be_seen() -> None:
    assert list(stale([_line(pods=["team-a/old"])], GRANTED, _truths("team-a/x")))
    assert not list(stale([_line(pods=["team-a/x"])], GRANTED, _truths("team-a/x")))


@pytest.mark.parametrize(("until", "told"), [(101, False), (104, True)], ids=["a moment", "the whole ttl"])
def test_a_failed_scrape_may_be_shown_for_a_moment_alone(until: int, told: bool) -> None:
    failed = [_line(at=float(at), unmeasured=True) for at in range(100, until + 1)]
    direct = [_line("direct", at + 0.5, pods=["team-a/x"]) for at in range(99, 106)]
    assert bool(list(lingering([*failed, *direct], GRANTED))) is told
    assert not list(gaps(failed, GRANTED, _truths("team-a/x")))


def test_a_kubelet_that_stays_unwell_is_not_held_against_us() -> None:
    failed = [_line(name, float(at), unmeasured=True) for at in range(100, 110) for name in ("a", "direct")]
    assert not list(lingering(failed, GRANTED))


def test_an_error_is_expected_only_when_something_was_disturbed() -> None:
    lines = [_line(status=503, said="away")]
    assert list(odd_statuses(lines, GRANTED, []))
    assert not list(odd_statuses(lines, GRANTED, [Disturbed("away", 90.0, 110.0)]))
    assert list(odd_statuses(lines, GRANTED, [Disturbed("away", 10.0, 20.0)]))
