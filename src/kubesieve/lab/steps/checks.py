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
TEXT_ERROR, NIL_STATS, NOT_AVAILABLE = "text format parsing error", "returned nil stats", "not available"
REPORT_NOTES = (
    "Go is the agent's kubelet core check (the default today), Python the older check 10.0.1, container the check that "
    "reads /stats/summary. Samples count container metrics. Each check ran twice, a minute apart by the node's clock.",
)
LOG_NOTES = (
    "Different lines of each check, with how often they came; of the container check those about sandbox. "
    'A "text format parsing error" comes from an error page read as metrics, never from filtering.',
)
_WIDTH = 90


def checks(case: Case) -> Step:
    reports = Table(
        "5. What the agent's checks report",
        ("view", "check", "status", "samples", "pods", "lines logged"),
        tuple(row for way in VIEWS for row in _report_rows(way, case.views[way])),
        REPORT_NOTES,
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
    silent = sum(row.log is None for row in view.containers)
    yield (way.name, "container", "", f"{silent} of {len(view.containers)} containers", "", str(_logged(view)))


def _logged(view: Judged) -> int:
    return sum(row.log is not None for row in view.containers)


def _log_rows(way: Way, view: Judged) -> Iterator[tuple[str, ...]]:
    for report in view.reports:
        yield from _lines(way.name, agent_name(report), report.warnings)
    yield from _lines(way.name, "container", container_lines(view))


def _lines(view: str, check: str, lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for line, times in Counter(lines).items():
        yield (view, check, str(times), cut(line, _WIDTH))


def _expectations(case: Case) -> Iterator[Expectation]:
    statuses = {DIRECT: ("OK", "OK"), NAIVE: ("WARNING", "ERROR"), SIEVE: ("OK", "OK")}
    for way, expected in statuses.items():
        for report, status in zip(case.views[way].reports, expected, strict=True):
            yield Expecting(STEP).same(f"{agent_name(report)} check, {way.name}", status, report.status.value)
            yield _samples(way, report)
    yield _says("Go log, naive", TEXT_ERROR, case.views[NAIVE].reports[0].warnings)
    yield _says("container log, naive", NOT_AVAILABLE, container_lines(case.views[NAIVE]))
    yield _says("container log, kubesieve", NIL_STATS, container_lines(case.views[SIEVE]))
    direct = container_lines(case.views[DIRECT])
    yield Expecting(STEP).same("container log, direct", "0 lines", f"{len(direct)} lines")


def _samples(way: Way, report: CheckReport) -> Expectation:
    some = way != NAIVE
    ok = (report.samples > 0) is some
    return Expecting(STEP).holds(
        f"{agent_name(report)} samples, {way.name}", "some" if some else "0", str(report.samples), ok=ok
    )


def _says(name: str, words: str, lines: Iterable[str]) -> Expectation:
    line = next((line for line in lines if words in line), None)
    return Expecting(STEP).holds(name, f"“{words}”", f"“{words}”" if line else "no such line", ok=line is not None)
