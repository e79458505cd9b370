"""What an agent of a virtual cluster makes of the translated node: its rows, under its own names, with numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubesieve.agents import (
    GO_7,
    PYTHON_10,
    Answer,
    Dash,
    Key,
    Rules,
    Status,
    View,
    container_check,
    known_containers,
    kubelet_check,
    ui_rows,
)
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.stage import podlist
from kubesieve.tenancy.values import VirtualCluster
from tests.sieve.virtual_node import HOST, LONG, NODE, NOW, PLACES, A, B, body, own_pods, shown

SECONDS = 15.0
ROWS = {
    A: {Key("default", "web-0", "app"), Key("prod", LONG, "app")},
    B: {Key("default", "web-0", "app"), Key("monitoring", "prometheus.k8s-0", "app")},
}


def _view(cluster: VirtualCluster, now: float, *, api_server: bool = False) -> View:
    answers = {path: Answer(200, BY_PATH[path].content_type, shown(path, cluster, now=now)) for path in PLACES}
    answers |= {
        path: Answer(404, "text/plain", b"404 page not found\n") for path in ("/spec", "/spec/", "/metrics/slis")
    }
    answers["/healthz"] = Answer(200, "text/plain; charset=utf-8", b"ok")
    if api_server:
        answers["/pods"] = Answer(200, "application/json", _from_virtual_api_server(cluster, now))
    return View(answers)


def _from_virtual_api_server(cluster: VirtualCluster, now: float) -> bytes:
    """As kubelet_use_api_server gets it: virtual names and uids, the host's container ids, no marks."""
    return podlist.pods(replace(NODE, pods=own_pods(NODE, cluster)), now)


@pytest.mark.parametrize("rules", [GO_7, PYTHON_10], ids=lambda rules: rules.name)
@pytest.mark.parametrize("api_server", [False, True], ids=["the kubelet's pods", "the virtual API server's pods"])
@pytest.mark.parametrize("cluster", [A, B], ids=lambda cluster: cluster.name)
def test_every_row_has_its_numbers_under_the_tenants_own_names(
    cluster: VirtualCluster, api_server: bool, rules: Rules
) -> None:
    before, now = (_view(cluster, at, api_server=api_server) for at in (NOW - SECONDS, NOW))
    report = kubelet_check(now, rules, previous=before, seconds=SECONDS)
    containers = container_check(now, known_containers(now.answer("/pods").body))
    rows = {row.key: row for row in ui_rows(report, containers)}
    assert (report.status, report.failure) == (Status.OK, None)
    assert {key for key in rows if key.namespace != "jobs"} == ROWS[cluster]
    for key in ROWS[cluster]:
        assert rows[key].cpu.value is not None
        assert rows[key].memory.value is not None
        assert 0 < rows[key].memory.value < 100
        assert rows[key].log is None
    assert {row.key: row.cpu_usage.value is not None for row in containers} == dict.fromkeys(ROWS[cluster], True)
    assert len(containers) == len(ROWS[cluster])


def test_what_it_was_without_translation_the_summary_does_not_join() -> None:
    """The symptom: with kubelet_use_api_server the agent knows virtual uids, a plain filter gives the host's."""
    untranslated = {
        path: Answer(200, BY_PATH[path].content_type, shown(path, namespaces=frozenset({HOST}))) for path in PLACES
    }
    untranslated["/pods"] = Answer(200, "application/json", _from_virtual_api_server(A, NOW))
    rows = container_check(View(untranslated), known_containers(untranslated["/pods"].body))
    assert [row.cpu_usage.dash for row in rows] == [Dash.FILTERED] * 2
    assert all(row.log and "nil stats" in row.log for row in rows)


def test_the_numbers_are_those_of_the_hosts_containers() -> None:
    """Joined by container id: the same usage as the host's own view has for that container."""
    host = View({path: Answer(200, BY_PATH[path].content_type, body(path)) for path in PLACES})
    own = _view(A, NOW)
    direct = {one.container_id: row for one, row in _by_id(host)}
    for one, row in _by_id(own):
        assert row.cpu_usage == direct[one.container_id].cpu_usage
        assert row.memory_usage == direct[one.container_id].memory_usage


def _by_id(view: View) -> list[tuple[object, object]]:
    known = known_containers(view.answer("/pods").body)
    return list(zip(known, container_check(view, known), strict=True))
