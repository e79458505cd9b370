"""The row people look at: CPU % and memory % or a dash, and which of the dashes it is."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.agents import WORDS, CheckReport, Dash, Key, Measure, UiRow
from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Way
from kubesieve.lab.scene import DIRECT, NAIVE, NAIVE_TOKEN, SANDBOX, SIEVE, WITH_LIMITS, WITHOUT_LIMITS
from kubesieve.lab.steps.checks import agent_name
from kubesieve.lab.values import Expectation, Expecting, Step, Table

STEP = "6 page"
CONTAINER = "nginx"
VIEWS = (DIRECT, NAIVE, NAIVE_TOKEN, SIEVE)
SHORT = {
    Dash.NO_LIMIT: "by design: no limit is set",
    Dash.CHECK_FAILED: "nothing read: the check failed",
    Dash.POD_LIST_FAILED: "nothing read: no pod list",
    Dash.FILTERED: "filtered: nothing of the namespace in this view",
}
NOTES = (
    "Three dashes look alike on the page and are not:",
    "  by design     no limit is set, so there is nothing to take a percentage of. Nothing to mend.",
    "  nothing read  the check failed for want of access: no token over plain http. The whole node is blank.",
    '  filtered      access is fine, but the view leaves the namespace out: "nil stats". Only its pods are blank.',
    "The page itself is closed source: this is what it can show of what the checks send.",
)


def page(case: Case) -> Step:
    table = Table(
        "6. The page's row of each container",
        ("pod", "view", "check", "CPU %", "memory %", "why a dash"),
        tuple(
            row for pod in (WITH_LIMITS, WITHOUT_LIMITS) for way in VIEWS for row in _rows(case.views[way], way, pod)
        ),
        NOTES,
    )
    return Step((table,), tuple(_expectations(case)))


def key(pod: str) -> Key:
    return Key(SANDBOX, pod, CONTAINER)


def why(row: UiRow) -> str:
    """The reasons for the row's dashes in a few words; none where both are numbers."""
    reasons = dict.fromkeys(_reason(one.dash) for one in (row.cpu, row.memory) if one.dash)
    return "; ".join(reasons)


def _reason(dash: Dash) -> str:
    return SHORT.get(dash, WORDS[dash])


def percent(measure: Measure) -> str:
    return measure.text(" %")


def _rows(view: Judged, way: Way, pod: str) -> Iterator[tuple[str, ...]]:
    """One row where both agents see the same, else one for each."""
    rows = [(agent_name(report), view.row(report, key(pod))) for report in view.reports]
    if len({(row.cpu.dash, row.memory.dash) for _, row in rows}) == 1:
        rows = [("both", rows[0][1])]
    for agent, row in rows:
        yield (pod, way.name, agent, percent(row.cpu), percent(row.memory), why(row))


def _expectations(case: Case) -> Iterator[Expectation]:
    failed, filtered = frozenset({Dash.CHECK_FAILED, Dash.POD_LIST_FAILED}), frozenset({Dash.FILTERED})
    for report in case.views[DIRECT].reports:
        yield numbers(STEP, case.views[DIRECT], report, "direct")
        yield dashes(STEP, case.views[DIRECT].row(report, key(WITHOUT_LIMITS)), frozenset({Dash.NO_LIMIT}), "direct")
    for way, reasons in ((NAIVE, failed), (SIEVE, filtered)):
        for report in case.views[way].reports:
            for pod in (WITH_LIMITS, WITHOUT_LIMITS):
                yield dashes(STEP, case.views[way].row(report, key(pod)), reasons, f"{way.name}, {agent_name(report)}")


def numbers(step: str, view: Judged, report: CheckReport, where: str) -> Expectation:
    """Both percentages of the pod with limits are there, and can be true."""
    row = view.row(report, key(WITH_LIMITS))
    values = [measure.value for measure in (row.cpu, row.memory)]
    ok = all(value is not None and 0 < value <= 100 for value in values)
    actual = f"{percent(row.cpu)}, {percent(row.memory)}"
    return Expecting(step).holds(f"{WITH_LIMITS} {where}, {agent_name(report)}", "two percentages", actual, ok=ok)


def dashes(step: str, row: UiRow, reasons: frozenset[Dash], where: str) -> Expectation:
    """Both are dashes, for one of the reasons."""
    found = {row.cpu.dash, row.memory.dash}
    expected = "— " + " or ".join(sorted(reasons))
    actual = "— " + why(row) if None not in found else f"{percent(row.cpu)}, {percent(row.memory)}"
    return Expecting(step).holds(f"{row.key.pod} {where}", expected, actual, ok=found <= reasons)
