"""The three ways out, each applied, and the row that follows."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.agents import Dash
from kubesieve.lab.facts import ENDPOINTS
from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Way
from kubesieve.lab.report import findings
from kubesieve.lab.scene import NAIVE, SANDBOX, TENANT, WIDENED, WITH_LIMITS, WITHOUT_LIMITS
from kubesieve.lab.steps.checks import agent_name, container_lines
from kubesieve.lab.steps.namespaces import words
from kubesieve.lab.steps.page import dashes, key, numbers, percent, why
from kubesieve.lab.values import Expectation, Expecting, Step, Table

STEP = "7 ways out"
NAMES = {WIDENED: "1 allow sandbox", TENANT: "2 agent per tenant"}
NOTES = (
    f"1: kubesieve --namespaces {','.join(WIDENED.allowed)}, and the same agent looks again. pod-without-limits keeps "
    "its dashes: by design.",
    f"2: kubesieve --namespaces {SANDBOX} for an agent of the tenant's own, which gets DD_CONTAINER_EXCLUDE="
    f'"kube_namespace:.*" and DD_CONTAINER_INCLUDE="kube_namespace:^{SANDBOX}$": no gaps, no foreign pods. The kubelet '
    "still judges the token, so keep such agents off the kubelet's own port.",
    "3: nothing can be changed here: hand the report below to whoever runs the proxy.",
)


def ways_out(case: Case) -> Step:
    rows = [row for way in NAMES for row in _rows(case, way)]
    found = len(findings(case))
    table = Table(
        "7. Three ways out, each applied (CPU % / memory % with the Go check)",
        ("way out", "pod", "before (naive)", "after", "why a dash stays", "namespaces seen"),
        (*rows, ("3 hand over a report", f"{found} findings", "", "see below", "", "")),
        NOTES,
    )
    return Step((table,), (*_widened(case), *_tenant(case), _reported(found)))


def _rows(case: Case, way: Way) -> Iterator[tuple[str, ...]]:
    view = case.views[way]
    for pod in (WITH_LIMITS, WITHOUT_LIMITS):
        row = view.row(view.go, key(pod))
        yield (NAMES[way], pod, _pair(case.views[NAIVE], pod), _pair(view, pod), why(row), words(_seen(view)))


def _pair(view: Judged, pod: str) -> str:
    row = view.row(view.go, key(pod))
    return f"{percent(row.cpu)} / {percent(row.memory)}"


def _seen(view: Judged) -> frozenset[str] | None:
    """What all endpoints together show."""
    parts = [view.namespaces(endpoint) for endpoint in ENDPOINTS]
    return None if None in parts else frozenset().union(*(part for part in parts if part))


def _widened(case: Case) -> Iterator[Expectation]:
    yield from _rows_expected(case.views[WIDENED], "once allowed")
    for endpoint in ENDPOINTS:
        yield _exactly(case.views[WIDENED], WIDENED, endpoint)
    yield _silent("once allowed", container_lines(case.views[WIDENED]))


def _tenant(case: Case) -> Iterator[Expectation]:
    view = case.views[TENANT]
    yield from _rows_expected(view, "for its tenant")
    for endpoint in ENDPOINTS:
        yield _exactly(view, TENANT, endpoint)
    yield _silent("tenant's agent", [row.log for row in view.containers if row.log])
    for report in view.reports:
        foreign = sorted({row.namespace for row in report.rows} - {SANDBOX})
        yield Expecting(STEP).same(f"tenant's agent, {agent_name(report)}: status", "OK", report.status.value)
        yield Expecting(STEP).same(
            f"tenant's agent, {agent_name(report)}: foreign rows", "none", ", ".join(foreign) or "none"
        )


def _rows_expected(view: Judged, where: str) -> Iterator[Expectation]:
    for report in view.reports:
        row = view.row(report, key(WITHOUT_LIMITS))
        yield numbers(STEP, view, report, where)
        yield dashes(STEP, row, frozenset({Dash.NO_LIMIT}), f"{where}, {agent_name(report)}")


def _exactly(view: Judged, way: Way, endpoint: str) -> Expectation:
    expected, actual = words(frozenset(way.allowed)), words(view.namespaces(endpoint))
    return Expecting(STEP).same(f"{endpoint} {way.name}", expected, actual)


def _silent(name: str, lines: list[str]) -> Expectation:
    return Expecting(STEP).same(f"container log, {name}", "0 lines", f"{len(lines)} lines")


def _reported(found: int) -> Expectation:
    return Expecting(STEP).holds("report", "findings", f"{found} findings", ok=found > 0)
