"""What ``kubesieve agent`` prints, in each of its forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kubesieve.agents import ContainerRow, Measure
from kubesieve.cli.tables import terminal_columns
from kubesieve.doctor.agent_sight import ContainerSight, KubeletSight, shown, why
from kubesieve.tables import clean, table


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen at a URL. ``token_sent`` is whether a token was shown there."""

    url: str
    token_sent: bool
    sights: tuple[KubeletSight | ContainerSight, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit(self) -> int:
        return int(not all(sight.fine for sight in self.sights))

    def record(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "exit": self.exit,
            "url": self.url,
            "token_sent": self.token_sent,
            "checks": [sight.record() for sight in self.sights],
            "notes": list(self.notes),
        }


def told_as(told: Told, form: str) -> str:
    """Text that ends in a line end; ``form`` is table, json or yaml."""
    if form == "json":
        return json.dumps(told.record(), indent=2, allow_nan=False) + "\n"
    if form == "yaml":
        return yaml.safe_dump(told.record(), sort_keys=False, allow_unicode=False, width=110)
    blocks = [*("\n".join(_sight(sight)) for sight in told.sights), "\n".join(map(clean, told.notes))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _sight(sight: KubeletSight | ContainerSight) -> Iterator[str]:
    yield from _kubelet(sight) if isinstance(sight, KubeletSight) else _container(sight)


def _kubelet(sight: KubeletSight) -> Iterator[str]:
    report = sight.report
    yield f"{report.agent}: {report.status}, healthz {sight.health}"
    yield f"{report.samples} samples of {report.metrics} container metrics, {report.pods} pods"
    yield from (f"  says: {clean(words)}" for words in report.warnings)
    rows = [(row.cpu, row.memory, str(row.key), why((row.cpu, row.memory), row.log)) for row in sight.rows]
    if rows:
        yield _rows(("cpu %", "memory %", "container", "why"), rows)


def _container(sight: ContainerSight) -> Iterator[str]:
    yield f"container check: numbers of {sight.measured} of {len(sight.rows)} known containers"
    rows = [(row.cpu_usage, _mebibytes(row.memory_usage), str(row.key), _cause(row)) for row in sight.rows]
    if rows:
        yield _rows(("cpu cores", "memory MiB", "container", "why"), rows, places=3, status=sight.status)


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
