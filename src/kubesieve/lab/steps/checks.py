"""What the agent's checks report in each view, and what stands in its log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kubesieve.agents import GO_7, CheckReport
from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Way
from kubesieve.lab.scene import DIRECT, NAIVE, NAIVE_TOKEN, SANDBOX, SIEVE
from kubesieve.lab.values import Expectation, Expecting, Step, Table, cut

STEP = "5 checks"
VIEWS = (DIRECT, NAIVE, NAIVE_TOKEN, SIEVE)
GOOD = "Go OK, Python OK, samples"
OUTCOMES = {DIRECT: GOOD, NAIVE: "Go WARNING, Python ERROR, no samples", SIEVE: GOOD}
SAMPLES = {(True, True): "samples", (False, False): "no samples"}
TEXT_ERROR, NIL_STATS, NOT_AVAILABLE = "text format parsing error", "returned nil stats", "not available"
REPORT_NOTES = (
    "Go is the agent's kubelet core check (the default today), Python the older check 10.0.1, container the check that "
    "reads /stats/summary: of how many of the node's running containers it got numbers. Samples are the container "
    "metrics modelled here; agents send more.",
    "naive+token: the Python check still ends, because the proxy makes a 500 of the kubelet's 404 on /spec.",
)
LOG_NOTES = (
    "Different lines of each check, with how often they came; of the container check those about sandbox. "
    'A "text format parsing error" comes from an error page read as metrics, never from filtering.',
)
_WIDTH = 87


def checks(case: Case) -> Step:
    reports = Table(
        "5. What the agent's checks report",
        ("view", "check", "status", "samples", "pods", "lines logged"),
        tuple(row for way in VIEWS for row in _report_rows(way, case.views[way])),
        (*REPORT_NOTES, case.setting.time_passes),
    )
    logs = Table(
        "   and what stands in its log",
        ("view", "check", "times", "line"),
        tuple(row for way in VIEWS for row in _log_rows(way, case.views[way])),
        LOG_NOTES,
    )
    return Step((reports, logs), tuple(_expectations(case)))


def agent_name(report: CheckReport) -> str:
    return "Go" if report.agent == GO_7.name else "Python"


def container_lines(view: Judged) -> list[str]:
    """What the container check logs about the story's containers."""
    return [row.log for row in view.containers if row.log and row.key.namespace == SANDBOX]


def _report_rows(way: Way, view: Judged) -> Iterator[tuple[str, ...]]:
    for report in view.reports:
        counts = (report.samples, report.pods, len(report.warnings))
        yield (way.name, agent_name(report), report.status.value, *map(str, counts))
    known, logged = len(view.containers), sum(row.log is not None for row in view.containers)
    yield (way.name, "container", "", f"{known - logged} of {known}", "", str(logged))


def _log_rows(way: Way, view: Judged) -> Iterator[tuple[str, ...]]:
    for report in view.reports:
        yield from _lines(way.name, agent_name(report), report.warnings)
    yield from _lines(way.name, "container", container_lines(view))


def _lines(view: str, check: str, lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for line, times in Counter(lines).items():
        yield (view, check, str(times), cut(line, _WIDTH))


def _expectations(case: Case) -> Iterator[Expectation]:
    for way, expected in OUTCOMES.items():
        yield Expecting(STEP).same(way.name, expected, outcome(case.views[way]))
    yield _says("naive: Go log", TEXT_ERROR, case.views[NAIVE].go.warnings)
    yield _says("naive: container log", NOT_AVAILABLE, container_lines(case.views[NAIVE]))
    yield _says("kubesieve: container log", NIL_STATS, container_lines(case.views[SIEVE]))
    yield silent(STEP, "direct: container log", case.views[DIRECT])


def outcome(view: Judged) -> str:
    """Status of both checks, and whether any sample came."""
    statuses = [f"{agent_name(report)} {report.status.value}" for report in view.reports]
    sampled = (view.go.samples > 0, view.python.samples > 0)
    return ", ".join([*statuses, SAMPLES.get(sampled, "samples of one only")])


def silent(step: str, name: str, view: Judged) -> Expectation:
    """The container check has numbers of the story's containers."""
    known = any(row.key.namespace == SANDBOX for row in view.containers)
    lines = container_lines(view) if known else ["no container is known"]
    return Expecting(step).same(name, "no line", lines[0] if lines else "no line")


def _says(name: str, words: str, lines: Iterable[str]) -> Expectation:
    line = next((line for line in lines if words in line), None)
    return Expecting(STEP).same(name, f"“{words}”", f"“{words}”" if line else "no such line")
