"""The row of the page: a percentage or a dash, its reason, and the log line next to it."""

import json
from collections.abc import Callable

import pytest

from kubesieve.agents import (
    GO_7,
    PYTHON_10,
    WORDS,
    Answer,
    Dash,
    Key,
    UiRow,
    View,
    container_check,
    known_containers,
    kubelet_check,
    ui_rows,
)
from kubesieve.agents.dash import none, number, percent

WEB, DB = Key("team-a", "web-0", "app"), Key("team-b", "db-0", "db")


def page(view: View, direct: dict[str, Answer], previous: View | None = None) -> dict[Key, UiRow]:
    known = known_containers(direct["/pods"].body)
    report = kubelet_check(view, GO_7, previous=previous, seconds=10)
    return {row.key: row for row in ui_rows(report, container_check(view, known))}


def test_seen_directly_the_percentages_are_there(healthy: dict[str, Answer], later: View) -> None:
    web = page(later, healthy, View(healthy))[WEB]
    assert (web.cpu.text(" %"), web.memory.text(" %"), web.log) == ("20.0 %", "25.0 %", None)


def test_seen_without_its_namespace_a_container_is_a_filtered_dash_with_nil_stats(
    healthy: dict[str, Answer], pod_list: Callable[..., Answer], summary: Callable[..., Answer]
) -> None:
    lines = healthy["/metrics/cadvisor"].body.splitlines(keepends=True)
    others = [item for item in json.loads(healthy["/pods"].body)["items"] if item["metadata"]["namespace"] != "team-a"]
    filtered = {
        "/pods": pod_list(*others),
        "/stats/summary": summary(("uid-db-0", "db", {"memory": {"usageBytes": 1}})),
        "/metrics/cadvisor": Answer(200, "text/plain", b"".join(line for line in lines if b"team-a" not in line)),
    }
    found = page(View(healthy | filtered), healthy)
    assert (found[WEB].cpu.text(), found[WEB].cpu.dash, found[WEB].memory.dash) == ("—", Dash.FILTERED, Dash.FILTERED)
    assert found[WEB].log == "Metrics provider returned nil stats for container: team-a/web-0/app"
    assert (found[DB].cpu.dash, found[DB].log) == (Dash.NO_LIMIT, None)


def test_where_the_check_ended_first_that_is_the_reason(healthy: dict[str, Answer]) -> None:
    view = View(healthy | {"/spec": Answer(403)})
    rows = ui_rows(kubelet_check(view, PYTHON_10), container_check(view, known_containers(healthy["/pods"].body)))
    assert {row.cpu.dash for row in rows} == {Dash.CHECK_FAILED}


def test_every_reason_has_a_sentence_and_a_key_of_its_own() -> None:
    assert set(WORDS) == set(Dash)
    assert len(set(WORDS.values())) == len(Dash)


@pytest.mark.parametrize(
    ("part", "whole", "dash"),
    [
        (none(Dash.NO_SAMPLE), none(Dash.NO_LIMIT), Dash.NO_SAMPLE),
        (none(Dash.ONE_SCRAPE), none(Dash.NO_LIMIT), Dash.NO_LIMIT),
        (number(1), none(Dash.NO_LIMIT), Dash.NO_LIMIT),
        (none(Dash.FILTERED), number(1), Dash.FILTERED),
        (number(1), number(0), Dash.NO_LIMIT),
    ],
)
def test_of_two_reasons_the_weightier_is_told(part: object, whole: object, dash: Dash) -> None:
    assert percent(part, whole).dash is dash
