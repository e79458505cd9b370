"""The checks over recordings of real kubelets."""

import json
from pathlib import Path

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

TEXT = "text/plain; version=0.0.4; charset=utf-8"
LIMITED = Key("sandbox", "pod-with-limits", "app")
UNLIMITED = Key("sandbox", "pod-without-limits", "app")
FILES = {
    "/pods": ("pods", "application/json"),
    "/stats/summary": ("stats_summary", "application/json"),
    "/metrics/cadvisor": ("metrics_cadvisor", TEXT),
    "/metrics": ("metrics", TEXT),
    "/metrics/probes": ("metrics_probes", TEXT),
}
BOTH = pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)


def recorded(folder: Path) -> dict[str, Answer]:
    missing = Answer(404, TEXT, b"404 page not found\n")
    fixed = {"/healthz": Answer(200, TEXT, b"ok"), "/spec": missing, "/spec/": missing, "/metrics/slis": missing}
    bodies = {
        target: Answer(200, content_type, (folder / name).read_bytes()) if (folder / name).exists() else missing
        for target, (name, content_type) in FILES.items()
    }
    return fixed | bodies


@pytest.fixture
def direct(corpus: Path) -> dict[str, Answer]:
    return recorded(corpus / "fixtures" / "v1.20.2-real")


@pytest.fixture
def later(corpus: Path, direct: dict[str, Answer]) -> View:
    body = (corpus / "fixtures" / "v1.20.2-real" / "metrics_cadvisor_t15").read_bytes()
    return View(direct | {"/metrics/cadvisor": Answer(200, TEXT, body)})


def without(namespace: str, answers: dict[str, Answer]) -> View:
    """What is left where a namespace is dropped from every body."""
    label = f'namespace="{namespace}"'.encode()

    def series(answer: Answer) -> Answer:
        lines = answer.body.splitlines(keepends=True)
        return Answer(200, TEXT, b"".join(line for line in lines if label not in line))

    def items(answer: Answer, name: str, reference: str) -> Answer:
        document = json.loads(answer.body)
        document[name] = [one for one in document[name] if one[reference]["namespace"] != namespace]
        return Answer(200, "application/json", json.dumps(document).encode())

    changed = {target: series(answer) for target, answer in answers.items() if target.startswith("/metrics/c")}
    changed["/pods"] = items(answers["/pods"], "items", "metadata")
    changed["/stats/summary"] = items(answers["/stats/summary"], "pods", "podRef")
    return View(answers | changed)


@BOTH
def test_seen_directly_all_is_ok_and_two_scrapes_give_both_percentages(
    rules: Rules, direct: dict[str, Answer], later: View
) -> None:
    report = kubelet_check(later, rules, previous=View(direct), seconds=15)
    row = next(row for row in report.rows if row.key == LIMITED)
    assert (report.status, report.warnings, report.pods) == (Status.OK, (), 15)
    assert report.samples > 100
    assert (row.cpu_limit.value, row.memory_limit.value) == (0.2, 268435456)
    assert row.cpu_pct.value is not None
    assert 0 < row.cpu_pct.value < 100
    assert row.memory_pct.value == pytest.approx(7.9, abs=0.1)


@BOTH
def test_a_pod_without_limits_is_two_dashes_by_design(rules: Rules, direct: dict[str, Answer], later: View) -> None:
    report = kubelet_check(later, rules, previous=View(direct), seconds=15)
    row = next(row for row in report.rows if row.key == UNLIMITED)
    assert row.cpu_usage.value is not None
    assert row.memory_usage.value is not None
    assert (row.cpu_pct.dash, row.memory_pct.dash) == (Dash.NO_LIMIT, Dash.NO_LIMIT)


def test_the_container_check_has_stats_of_all_running_containers(direct: dict[str, Answer]) -> None:
    rows = container_check(View(direct), known_containers(direct["/pods"].body))
    assert len(rows) == 14
    assert {row.log for row in rows} == {None}


@BOTH
def test_without_the_namespace_the_check_is_ok_and_its_containers_are_filtered(
    rules: Rules, direct: dict[str, Answer]
) -> None:
    view = without("sandbox", direct)
    report = kubelet_check(view, rules)
    rows = ui_rows(report, container_check(view, known_containers(direct["/pods"].body)))
    found = {row.key: row for row in rows}
    assert report.status is Status.OK
    assert (found[LIMITED].cpu.dash, found[LIMITED].memory.dash) == (Dash.FILTERED, Dash.FILTERED)
    assert found[LIMITED].log == f"Metrics provider returned nil stats for container: {LIMITED}"
    assert all(row.log is None for key, row in found.items() if key.namespace != "sandbox")


@BOTH
@pytest.mark.parametrize("version", ["v1.27.5", "v1.31.0", "v1.33.0", "v1.35.0"])
def test_newer_kubelets_are_read_as_well(rules: Rules, version: str, corpus: Path) -> None:
    answers = recorded(corpus / "fixtures" / version) | {"/metrics": Answer(200, TEXT)}
    report = kubelet_check(View(answers), rules)
    assert (report.status, report.warnings) == (Status.OK, ())
    assert any(row.memory_pct.value for row in report.rows)


@pytest.mark.parametrize(
    ("file", "python", "go"),
    [("pods_null_pod.json", Status.ERROR, Status.OK), ("pods_startup.json", Status.OK, Status.WARNING)],
)
def test_odd_pod_lists(file: str, python: Status, go: Status, direct: dict[str, Answer], corpus: Path) -> None:
    body = (corpus / "fixtures" / "shapes" / file).read_bytes()
    view = View(direct | {"/pods": Answer(200, "application/json", body)})
    assert (kubelet_check(view, PYTHON_10).status, kubelet_check(view, GO_7).status) == (python, go)
