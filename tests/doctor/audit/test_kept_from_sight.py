"""Leaks that a latest, plain, good answer does not show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.known import learn
from kubesieve.doctor.audit.observed import Look
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.audit.search import search
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.kubelet.endpoints import BY_PATH
from tests.doctor.audit.test_codes import BOX, CADVISOR, MINE, OWN, RESOURCE, TEXT, THEIRS, pod, podlist, sample, seen

LEAK, CLEAN = sample('namespace="team-b",pod="x"'), sample('namespace="team-a",pod="web-team-a"')


def codes(observed: object) -> set[str]:
    return {one.code for one in judge(observed).findings}  # type: ignore[arg-type]


def test_an_answer_before_the_latest_is_searched_too() -> None:
    observed = seen(CADVISOR, LEAK)
    later = Exchange(Source.PROXY, CADVISOR, 200, TEXT, CLEAN, round=2)
    both = replace(observed, evidence=replace(observed.evidence, exchanges=(*observed.evidence.exchanges, later)))
    assert "KS0401" in codes(both)


@pytest.mark.parametrize("status", [203, 206])
def test_an_answer_with_another_good_status_is_searched_too(status: int) -> None:
    observed = seen(CADVISOR, LEAK)
    exchanges = tuple(
        replace(one, status=status) if one.source is Source.PROXY else one for one in observed.evidence.exchanges
    )
    assert "KS0401" in codes(replace(observed, evidence=replace(observed.evidence, exchanges=exchanges)))


def test_headers_are_searched_too() -> None:
    def told(value: str) -> set[str]:
        reply = Reply(200, {"content-type": "application/json", "x-seen": value}, podlist(MINE))
        return codes(seen(queries=(Look(Probe("/pods?x=1", "/pods"), reply),)))

    assert "KS0415" in told("team-b/web-team-b")
    assert "KS0415" not in told("team-a/web-team-a")


def test_a_neighbours_pod_under_an_allowed_name_is_told() -> None:
    assert "KS0401" in codes(seen(RESOURCE, sample('namespace="team-a",pod="web-team-b",container="app"')))


def test_an_own_pod_of_the_same_name_is_none() -> None:
    namesake = pod("team-a", OWN, BOX)
    namesake["metadata"]["name"] = "web-team-b"
    body = sample('namespace="team-a",pod="web-team-b"')
    known = learn(frozenset({"team-a"}), [podlist(namesake, THEIRS)], [body])
    assert search(BY_PATH[CADVISOR], body, known) == ()
