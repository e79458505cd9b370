"""What is asked of a place, and that the story can be told of whatever came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from kubesieve.agents import PYTHON_10, Answer, View, asks_of
from kubesieve.faults import OwnFault
from kubesieve.lab import CheckRequest, CheckRun, Kind, Setting, Waited, Way, gather, tell
from kubesieve.lab.scene import DOORS, FOUND, WAYS, WAYS_OUT

SETTING = Setting(("datadog", "sandbox"), 45.0, "Time passes.", "Widened.", "Its own.")


class HandMade:
    """A place where every question has the same answer; keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.now = answer, 0.0
        self.looks: list[tuple[Way, float]] = []
        self.access: list[tuple[str, Way]] = []
        self.opened: list[Way] = []

    async def setting(self) -> Setting:
        return SETTING

    async def open(self, way: Way) -> None:
        self.opened.append(way)

    async def look(self, way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
        assert way in self.opened
        self.looks.append((way, self.now))
        return CheckRun(View({ask.key: self.answer for ask in asks}), self.now)

    async def without_token(self, way: Way, target: str) -> Answer:
        self.access.append((target, way))
        return self.answer

    async def beside_stuck(self, way: Way, target: str, limit: float) -> Waited:
        self.access.append((target, way))
        return Waited(self.answer.status, limit)

    async def let_pass(self, seconds: float) -> None:
        self.now += seconds


async def test_each_way_is_looked_at_twice_by_two_agents_with_time_in_between() -> None:
    place = HandMade(Answer(200))
    evidence = await gather(place)
    rounds = [(FOUND, 0.0), (FOUND, 45.0), (WAYS_OUT[:1], 45.0), (WAYS_OUT[:1], 90.0)]
    rounds += [(WAYS_OUT[1:], 90.0), (WAYS_OUT[1:], 135.0)]
    assert place.looks == [(way, at) for ways, at in rounds for way in ways for _ in range(2)]
    assert {sight.go.seconds for sight in evidence.sights.values()} == {45.0}
    assert tuple(evidence.sights) == WAYS


async def test_a_way_out_is_applied_only_after_what_was_found_has_been_looked_at() -> None:
    opened_by_then: list[tuple[Way, ...]] = []
    place = HandMade(Answer(200))
    look = place.look

    async def noted(way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
        opened_by_then.append(tuple(place.opened))
        return await look(way, asks)

    place.look = noted  # type: ignore[method-assign]
    await gather(place)
    assert list(dict.fromkeys(opened_by_then)) == [FOUND, (*FOUND, WAYS_OUT[0]), WAYS]


async def test_access_is_asked_once_at_each_listener() -> None:
    place = HandMade(Answer(200))
    await gather(place)
    assert place.access == [(target, way) for way in DOORS for target in ("/pods", "/healthz")]


async def test_a_kubelet_that_answers_nothing_at_all_is_no_story() -> None:
    with pytest.raises(OwnFault, match="expected an answer of the kubelet"):
        await gather(HandMade(Answer(None, error="refused")))


BAD = (b"", b"<html>", b'{"items":null}', b"\xff\x00", b'{"items":[{}],"pods":[{}]}', b"[" * 100_000)


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("body", BAD)
async def test_whatever_came_the_story_is_told_and_the_failed_steps_named(status: int, body: bytes) -> None:
    story = tell(await gather(HandMade(Answer(status, body=body))))
    failed = {one.step for one in story.failed}
    assert failed >= {"1 pods", "2 namespaces", "3 series", "5 checks", "6 page", "7 ways out"}
    assert all(f"step {step}" in story.sentence for step in failed)


@pytest.mark.parametrize("body", BAD)
async def test_every_table_has_rows_as_wide_as_its_head(body: bytes) -> None:
    story = tell(await gather(HandMade(Answer(200, body=body))))
    assert all(len(row) == len(table.head) for table in story.tables for row in table.rows)


def test_an_agent_asks_what_its_rules_say_in_their_order() -> None:
    keys = [ask.key for ask in asks_of(PYTHON_10)]
    assert keys[:4] == ["/healthz", "/healthz?verbose=True", "HEAD /metrics/probes", "/pods?verbose=True"]


def test_no_two_ways_share_a_name() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert {way.kind for way in DOORS} == set(Kind)


async def test_a_namespace_whose_last_pod_ends_meanwhile_does_not_count() -> None:
    place = HandMade(Answer(200))
    settings = iter([SETTING, replace(SETTING, namespaces=("datadog", "new"))])

    async def setting() -> Setting:
        return next(settings)

    place.setting = setting  # type: ignore[method-assign]
    assert (await gather(place)).setting.namespaces == ("datadog",)
