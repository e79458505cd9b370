"""What is asked of a place, and that the story can be told of whatever came."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kubesieve.agents import PYTHON_10, Answer, View, asks_of
from kubesieve.faults import OwnFault
from kubesieve.lab import CheckRequest, CheckRun, Kind, Waited, Way, gather, tell
from kubesieve.lab.evidence import SECONDS_BETWEEN
from kubesieve.lab.scene import DOORS, WAYS


class HandMade:
    """A place where every question has the same answer; keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.now = answer, 0.0
        self.looks: list[tuple[Way, float]] = []
        self.access: list[tuple[str, Way]] = []

    async def look(self, way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
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
    assert place.looks == [(way, at) for at in (0.0, SECONDS_BETWEEN) for way in WAYS for _ in range(2)]
    assert {sight.go.seconds for sight in evidence.sights.values()} == {SECONDS_BETWEEN}


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
