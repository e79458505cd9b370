"""The evidence as the agents judge it: each check and each row of the page, made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kubesieve.agents import (
    GO_7,
    PYTHON_10,
    CheckReport,
    ContainerRow,
    Dash,
    Key,
    KnownContainer,
    Measure,
    Rules,
    UiRow,
    container_check,
    known_containers,
    kubelet_check,
    ui_rows,
)
from kubesieve.lab.evidence import Access, Evidence, Run, Sight
from kubesieve.lab.facts import ENDPOINTS, namespaces
from kubesieve.lab.place import Setting, Way
from kubesieve.lab.scene import DIRECT, SANDBOX, TENANT


@dataclass(frozen=True, slots=True)
class Judged:
    """What both agents report on one way."""

    sight: Sight
    python: CheckReport
    go: CheckReport
    containers: tuple[ContainerRow, ...]
    seen: Mapping[str, frozenset[str] | None]  # namespaces by endpoint; None where there is no body to read

    @property
    def reports(self) -> tuple[CheckReport, ...]:
        """The newer agent first: it is the one that runs by default."""
        return (self.go, self.python)

    def row(self, report: CheckReport, key: Key) -> UiRow:
        """The page's row of a container; dashes where the agent does not even know of it."""
        unknown = Measure(None, report.failure or Dash.FILTERED)
        rows = ui_rows(report, self.containers)
        return next((row for row in rows if row.key == key), UiRow(key, unknown, unknown))


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a step is told from."""

    setting: Setting
    views: Mapping[Way, Judged]
    access: Mapping[Way, Access]


def judge(evidence: Evidence) -> Case:
    """Containers are known from the node's runtime: here from the kubelet's own list. A tenant's agent is told to
    leave those of others alone.
    """
    known = known_containers(evidence.sights[DIRECT].answer("/pods").body)
    own = tuple(one for one in known if one.key.namespace == SANDBOX)
    views = {way: _judged(sight, own if way == TENANT else known) for way, sight in evidence.sights.items()}
    return Case(evidence.setting, views, evidence.access)


def _judged(sight: Sight, known: tuple[KnownContainer, ...]) -> Judged:
    containers = container_check(sight.go.now.view, known)
    seen = {endpoint: namespaces(endpoint, sight.answer(endpoint)) for endpoint in ENDPOINTS}
    return Judged(sight, _checked(sight.python, PYTHON_10), _checked(sight.go, GO_7), containers, seen)


def _checked(run: Run, rules: Rules) -> CheckReport:
    return kubelet_check(run.now.view, rules, previous=run.before.view, seconds=run.seconds)
