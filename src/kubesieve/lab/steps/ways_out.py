"""The three ways out, each applied, and the row that follows."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Setting, Way
from kubesieve.lab.report import findings
from kubesieve.lab.scene import NAIVE, SANDBOX, TENANT, WIDENED, WITH_LIMITS, WITHOUT_LIMITS
from kubesieve.lab.steps.checks import GOOD, outcome, silent
from kubesieve.lab.steps.namespaces import exactly, here, words
from kubesieve.lab.steps.page import BY_DESIGN, KINDS, dashes, key, numbers, pair, why
from kubesieve.lab.values import Expectation, Expecting, Step, Table

STEP = "7 ways out"
NAMES = {WIDENED: "1 allow sandbox", TENANT: "2 agent per tenant"}
BEFORE = "Before: through the naive proxy. After: once the way out is applied."
BY_DESIGN_TOO = "The same agent looks again. pod-without-limits keeps its dashes: by design."
ITS_OWN = (
    f'The tenant\'s own agent gets DD_CONTAINER_EXCLUDE="kube_namespace:.*" and DD_CONTAINER_INCLUDE='
    f'"kube_namespace:^{SANDBOX}$": no gaps, no foreign pods.'
)
REPORTED = "3: nothing can be changed here: hand the report below to whoever runs the proxy."


def ways_out(case: Case) -> Step:
    rows = [row for way in NAMES for row in _rows(case, way)]
    found = len(findings(case))
    table = Table(
        "7. Three ways out, each applied (CPU % / memory % with the Go check)",
        ("way out", "pod", "before", "after", "why a dash", "namespaces seen"),
        (*rows, ("3 hand over a report", "", "", f"{found} findings", "", "")),
        _notes(case.setting),
    )
    helped = (one for way in NAMES for one in _helped(case, way))
    return Step((table,), (*helped, *_tenant(case.views[TENANT]), _reported(found)))


def _notes(setting: Setting) -> tuple[str, ...]:
    return (BEFORE, f"1: {setting.widened} {BY_DESIGN_TOO}", f"2: {setting.tenant} {ITS_OWN}", REPORTED)


def _rows(case: Case, way: Way) -> Iterator[tuple[str, ...]]:
    view = case.views[way]
    for pod in (WITH_LIMITS, WITHOUT_LIMITS):
        row = view.row(view.go, key(pod))
        before = case.views[NAIVE].row(case.views[NAIVE].go, key(pod))
        yield (NAMES[way], pod, pair(before), pair(row), why(row, KINDS), words(_seen(view)))


def _seen(view: Judged) -> frozenset[str] | None:
    """What all endpoints together show."""
    parts = view.seen.values()
    return None if None in parts else frozenset().union(*(part for part in parts if part))


def _helped(case: Case, way: Way) -> Iterator[Expectation]:
    name, view = NAMES[way], case.views[way]
    yield numbers(STEP, name, view)
    yield dashes(STEP, f"{name}: {WITHOUT_LIMITS}", view, BY_DESIGN, (WITHOUT_LIMITS,))
    yield exactly(STEP, f"{name}: namespaces", view, here(case, way.allowed))
    yield silent(STEP, f"{name}: container log", view)


def _tenant(view: Judged) -> Iterator[Expectation]:
    name = NAMES[TENANT]
    yield Expecting(STEP).same(f"{name}: checks", GOOD, outcome(view))
    foreign = {row.namespace for report in view.reports for row in report.rows} - {SANDBOX}
    yield Expecting(STEP).same(f"{name}: foreign rows", "none", words(frozenset(foreign)))
    lost = sum(row.log is not None for row in view.containers)
    yield Expecting(STEP).same(f"{name}: containers lost", "0", str(lost))


def _reported(found: int) -> Expectation:
    return Expecting(STEP).holds("3 report", "findings", f"{found} findings", ok=found > 0)
