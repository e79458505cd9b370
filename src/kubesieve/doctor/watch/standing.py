"""Findings over time: what was found in the last look, and since when without a break. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.finding import Blame, Finding, Severity
from kubesieve.doctor.telling import blame_of, severity_of

MOST = 500
"""Of (code, namespace); what is beyond counts under OTHERS, so that no view can make series without end."""
OTHERS = "(others)"

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label, as namespaces are

FindingKey = tuple[str, str]
"""A code and a namespace: "" where the finding is of no namespace."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``since`` is the look (Unix seconds) that first found it; ``containers`` are those it explains."""

    code: str
    namespace: str
    severity: Severity
    blame: Blame
    containers: int
    since: float


class Board:
    """What stands. A finding that one look does not have is gone, and begins anew when it comes back.

    A look that could tell nothing takes nothing away.
    """

    def __init__(self) -> None:
        self.standing: dict[FindingKey, Standing] = {}

    def put(self, diagnosis: Diagnosis, at: float) -> bool:
        """Takes a look's findings; whether other ones stand now than before."""
        before = self.standing
        self.standing = {}
        for finding in diagnosis.findings:
            for namespace, containers in _namespaces(finding).items():
                self._add(finding, namespace, containers, before, at)
        if not diagnosis.looked:
            self.standing = {**before, **self.standing}
        return before.keys() != self.standing.keys()

    def _add(
        self, finding: Finding, namespace: str, containers: int, before: dict[FindingKey, Standing], at: float
    ) -> None:
        place = finding.code, namespace
        if place not in self.standing and len(self.standing) >= MOST:
            place = finding.code, OTHERS
        there = self.standing.get(place)
        if there is not None:
            self.standing[place] = replace(there, containers=there.containers + containers)
            return
        since = before[place].since if place in before else at
        self.standing[place] = Standing(*place, severity_of(finding), blame_of(finding), containers, since)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.standing.values())


def _namespaces(finding: Finding) -> Counter[str]:
    """How many containers of each namespace a finding explains; its own namespace, or "", where it explains none."""
    found = Counter(_label(key.namespace) for key in finding.explains)
    return found or Counter({_label(finding.namespace or ""): 0})


def _label(namespace: str) -> str:
    return namespace if not namespace or _NAMESPACE.fullmatch(namespace) else OTHERS
