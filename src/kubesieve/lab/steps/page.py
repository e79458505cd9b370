"""The row people look at: CPU % and memory % or a dash, and which of the dashes it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubesieve.agents import WORDS, Dash, Key, Measure, UiRow
from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Way
from kubesieve.lab.scene import DIRECT, NAIVE, NAIVE_TOKEN, SANDBOX, SIEVE, WITH_LIMITS, WITHOUT_LIMITS
from kubesieve.lab.steps.checks import agent_name
from kubesieve.lab.values import Expectation, Expecting, Step, Table

STEP = "6 page"
CONTAINER = "nginx"
PODS = (WITH_LIMITS, WITHOUT_LIMITS)
VIEWS = (DIRECT, NAIVE, NAIVE_TOKEN, SIEVE)
_LEAST_MEMORY, _MOST = 0.01, 110.0
BY_DESIGN, NOTHING_READ, FILTERED = "by design", "nothing read", "filtered"
KINDS = {
    Dash.NO_LIMIT: BY_DESIGN,
    Dash.CHECK_FAILED: NOTHING_READ,
    Dash.POD_LIST_FAILED: NOTHING_READ,
    Dash.FILTERED: FILTERED,
}
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
    "  filtered      access is fine, but the view leaves the namespace out. Only its pods are blank; where the summary "
    'is filtered, too, the log says "nil stats".',
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


def why(row: UiRow, words: Mapping[Dash, str]) -> str:
    """The reasons for the row's dashes in these words, or in an agent's own; none where both are numbers."""
    reasons = dict.fromkeys(words.get(one.dash, WORDS[one.dash]) for one in (row.cpu, row.memory) if one.dash)
    return "; ".join(reasons)


def percent(measure: Measure) -> str:
    return measure.text(" %")


def pair(row: UiRow) -> str:
    return f"{percent(row.cpu)} / {percent(row.memory)}"


def _rows(view: Judged, way: Way, pod: str) -> Iterator[tuple[str, ...]]:
    """One row where both agents see the same, else one for each."""
    rows = [(agent_name(report), view.row(report, key(pod))) for report in view.reports]
    if len({(row.cpu.dash, row.memory.dash) for _, row in rows}) == 1:
        rows = [("both", rows[0][1])]
    for agent, row in rows:
        yield (pod, way.name, agent, percent(row.cpu), percent(row.memory), why(row, SHORT))


def _expectations(case: Case) -> Iterator[Expectation]:
    direct = case.views[DIRECT]
    yield numbers(STEP, "direct", direct)
    yield dashes(STEP, f"direct: {WITHOUT_LIMITS}", direct, BY_DESIGN, (WITHOUT_LIMITS,))
    yield dashes(STEP, "naive: both pods", case.views[NAIVE], NOTHING_READ)
    yield dashes(STEP, "kubesieve: both pods", case.views[SIEVE], FILTERED)


def numbers(step: str, where: str, view: Judged) -> Expectation:
    """Both percentages of the pod with limits are there for both agents, and can be true."""
    rows = [view.row(report, key(WITH_LIMITS)) for report in view.reports]
    ok = all(_plausible(row.cpu, 0.0) and _plausible(row.memory, _LEAST_MEMORY) for row in rows)
    actual = " and ".join(dict.fromkeys(pair(row) for row in rows))
    return Expecting(step).holds(f"{where}: {WITH_LIMITS}", "CPU % and memory %", actual, ok=ok)


def _plausible(measure: Measure, least: float) -> bool:
    """A server that nobody asks takes no CPU at all, but never no memory."""
    return measure.value is not None and least <= measure.value <= _MOST


def dashes(step: str, name: str, view: Judged, reason: str, pods: tuple[str, ...] = PODS) -> Expectation:
    """Both cells of the pods are dashes for both agents, all of one kind."""
    found = {
        f"{pod}, {agent_name(report)}": _dash_words(view.row(report, key(pod)))
        for pod in pods
        for report in view.reports
    }
    return Expecting(step).everywhere(name, f"— {reason}", found)


def _dash_words(row: UiRow) -> str:
    return f"— {why(row, KINDS)}" if row.cpu.dash and row.memory.dash else pair(row)
