"""What the checks made of a look, with the verdict's code for every "—". Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kubesieve.agents import (
    WORDS,
    CheckReport,
    ContainerRow,
    Dash,
    Measure,
    Status,
    UiRow,
)
from kubesieve.doctor.dashes import code_of, is_fault

SERVICE_CHECK = {Status.OK: "OK", Status.WARNING: "WARNING", Status.ERROR: "CRITICAL"}
"""How the agent calls the health of the kubelet: a service check has other words than a check's run."""


@dataclass(frozen=True, slots=True)
class KubeletReport:
    """A run of the kubelet check and the page's rows."""

    check: CheckReport
    rows: tuple[UiRow, ...]

    @property
    def health(self) -> str:
        return SERVICE_CHECK[self.check.health]

    @property
    def fine(self) -> bool:
        """Whether the check is OK, says nothing, and every dash is as it should be."""
        check = self.check
        quiet = check.status is Status.OK and check.health is Status.OK and not check.warnings
        return quiet and all(as_expected(measure) for row in self.rows for measure in (row.cpu, row.memory))

    def record(self) -> dict[str, Any]:
        check = self.check
        return {
            "check": "kubelet",
            "agent": check.agent,
            "status": check.status.value,
            "health": self.health,
            "warnings": list(check.warnings),
            "samples": check.samples,
            "metrics": check.metrics,
            "pods": check.pods,
            "containers": [_page_row(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """A run of the container check: a row for each container that is known; ``status`` is the summary's."""

    rows: tuple[ContainerRow, ...]
    status: int | None = 200

    @property
    def fine(self) -> bool:
        """CPU is an average that the kubelet has after its second look: missing, it is a dash like any other.

        Where no container is known nothing was looked at.
        """
        measures = [measure for row in self.rows for measure in (row.cpu_usage, row.memory_usage)]
        return bool(measures) and all(map(as_expected, measures))

    @property
    def measured(self) -> int:
        return sum(row.log is None for row in self.rows)

    def record(self) -> dict[str, Any]:
        return {
            "check": "container",
            "known": len(self.rows),
            "measured": self.measured,
            "containers": [_stats_row(row, self.status) for row in self.rows],
        }


def as_expected(measure: Measure) -> bool:
    """A number, or a dash whose verdict is for information alone: no limit is set, nothing runs."""
    return not is_fault(measure.dash)


def shown(measure: Measure, unit: str = "", status: int | None = None) -> str:
    """ "12.3", or "— KS0501"; ``status`` is that of the answer that should have held it."""
    return measure.text(unit) if measure.dash is None else f"{measure.text()} {code_of(measure.dash, status)}"


def why(measures: Iterable[Measure], log: str | None) -> str:
    """The reasons for the dashes in a sentence each, then the line that the agent logs."""
    reasons = dict.fromkeys(WORDS[measure.dash] for measure in measures if measure.dash)
    return "; ".join([*reasons, *([f"log: {log}"] if log else [])])


def _page_row(row: UiRow) -> dict[str, Any]:
    return {
        **row.key._asdict(),
        "cpu_pct": row.cpu.value,
        "memory_pct": row.memory.value,
        "cpu_dash_reason": _code(row.cpu.dash),
        "memory_dash_reason": _code(row.memory.dash),
        "cpu_dash": row.cpu.dash.value if row.cpu.dash else None,
        "memory_dash": row.memory.dash.value if row.memory.dash else None,
        "log": row.log,
    }


def _stats_row(row: ContainerRow, status: int | None) -> dict[str, Any]:
    return {
        **row.key._asdict(),
        "cpu_cores": row.cpu_usage.value,
        "memory_bytes": row.memory_usage.value,
        "cpu_dash_reason": _code(row.cpu_usage.dash, status),
        "memory_dash_reason": _code(row.memory_usage.dash, status),
        "log": row.log,
    }


def _code(dash: Dash | None, status: int | None = None) -> str | None:
    return code_of(dash, status) if dash else None
