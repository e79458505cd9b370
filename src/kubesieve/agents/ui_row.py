"""The row of the containers page, as far as it can be predicted: the page itself is closed source.

Percent needs a usage and a limit. Limits come from the kubelet check alone, so the container check decides no
percentage; its log line is kept, since that is what people find next to a "—".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubesieve.agents.container_check import ContainerRow
from kubesieve.agents.dash import Dash, Measure, none
from kubesieve.agents.kubelet_check import CheckReport
from kubesieve.agents.pods import Key


@dataclass(frozen=True, slots=True)
class UiRow:
    """CPU % and memory % of one container, each a number or the reason for its "—"."""

    key: Key
    cpu: Measure
    memory: Measure
    log: str | None = None


def ui_rows(report: CheckReport, containers: Iterable[ContainerRow]) -> tuple[UiRow, ...]:
    """A row for each container the agent knows: the container check's, and those with a row of the kubelet check."""
    measured = {row.key: (row.cpu_pct, row.memory_pct) for row in report.rows}
    logs = {row.key: row.log for row in containers}
    unseen = none(report.failure or Dash.FILTERED)
    keys = sorted(set(measured) | set(logs))
    return tuple(UiRow(key, *measured.get(key, (unseen, unseen)), log=logs.get(key)) for key in keys)
