"""What ``kubesieve agent`` prints, in each of its forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kubesieve.agents import ContainerRow, Measure
from kubesieve.cli.tables import terminal_columns
from kubesieve.doctor.agent_report import ContainerReport, KubeletReport, shown, why
from kubesieve.tables import clean, table


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen at a URL. ``token_sent`` is whether a token was shown there."""

    url: str
    token_sent: bool
    reports: tuple[KubeletReport | ContainerReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit(self) -> int:
        return int(not all(report.fine for report in self.reports))

    def record(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "exit": self.exit,
            "url": self.url,
            "token_sent": self.token_sent,
            "checks": [report.record() for report in self.reports],
            "notes": list(self.notes),
        }


def told_as(told: Told, form: str) -> str:
    """Text that ends in a line end; ``form`` is table, json or yaml."""
    if form == "json":
        return json.dumps(told.record(), indent=2, allow_nan=False) + "\n"
    if form == "yaml":
        return yaml.safe_dump(told.record(), sort_keys=False, allow_unicode=False, width=110)
    blocks = [*("\n".join(_report(report)) for report in told.reports), "\n".join(map(clean, told.notes))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _report(report: KubeletReport | ContainerReport) -> Iterator[str]:
    yield from _kubelet(report) if isinstance(report, KubeletReport) else _container(report)


def _kubelet(report: KubeletReport) -> Iterator[str]:
    check = report.check
    yield f"{check.agent}: {check.status}, healthz {report.health}"
    yield f"{check.samples} samples of {check.metrics} container metrics, {check.pods} pods"
    yield from (f"  says: {clean(words)}" for words in check.warnings)
    rows = [(row.cpu, row.memory, str(row.key), why((row.cpu, row.memory), row.log)) for row in report.rows]
    if rows:
        yield _rows(("cpu %", "memory %", "container", "why"), rows)


def _container(report: ContainerReport) -> Iterator[str]:
    yield f"container check: numbers of {report.measured} of {len(report.rows)} known containers"
    rows = [(row.cpu_usage, _mebibytes(row.memory_usage), str(row.key), _cause(row)) for row in report.rows]
    if rows:
        yield _rows(("cpu cores", "memory MiB", "container", "why"), rows, places=3, status=report.status)


def _rows(
    head: tuple[str, ...],
    rows: list[tuple[Measure, Measure, str, str]],
    places: int = 1,
    status: int | None = None,
) -> str:
    """Rows with a dash come first; ``status`` is of the answer behind them."""
    ordered = sorted(rows, key=lambda row: (row[0].value is not None and row[1].value is not None, row[2]))
    cells = (
        (_cell(cpu, places, status), shown(memory, status=status), name, cause) for cpu, memory, name, cause in ordered
    )
    return table(head, cells, columns=terminal_columns())


def _cause(row: ContainerRow) -> str:
    """The line that the check logs, where there is one: it says more than the dash."""
    return f"log: {row.log}" if row.log else why((row.cpu_usage, row.memory_usage), None)


def _cell(measure: Measure, places: int, status: int | None) -> str:
    return shown(measure, status=status) if measure.value is None else f"{measure.value:.{places}f}"


def _mebibytes(measure: Measure) -> Measure:
    return measure if measure.value is None else Measure(measure.value / 2**20, None)
