"""What a diagnosis or an audit comes to: values, ready to be told in any form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubesieve.agents import Key
from kubesieve.doctor.finding import Finding, Unknown
from kubesieve.doctor.telling import counts


@dataclass(frozen=True, slots=True)
class ContainerLine:
    """CPU % and memory % an agent would show of one container; where one is None, the code that says why."""

    key: Key
    cpu_pct: float | None
    memory_pct: float | None
    cpu_dash_reason: str | None = None
    memory_dash_reason: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """What came on one target: a status or a failure's reason, the body's length (bytes), what is wrong with it."""

    target: str
    status: int | None
    content_type: str = ""
    length: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ViewFacts:
    """One source as it was seen: its URL, what came of each request, the namespaces each endpoint shows."""

    url: str
    endpoints: tuple[EndpointFacts, ...] = ()
    namespaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TenantLine:
    """One of several tenants: what is allowed to it, the exit code of its audit alone, and the codes that count."""

    name: str
    allowed: tuple[str, ...]
    exit: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``findings`` in the order of likelihood; ``unknowns`` what could not be told; ``notes`` on how it was taken;
    ``looked`` is False where nothing can be concluded for want of a look; ``tenants`` where several were audited.
    """

    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...] = ()
    containers: tuple[ContainerLine, ...] = ()
    views: Mapping[str, ViewFacts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    looked: bool = True
    tenants: tuple[TenantLine, ...] = ()

    @property
    def exit(self) -> int:
        """0 where all is as expected, 1 where something is to be done, 2 where nobody could look."""
        if not self.looked:
            return 2
        return int(any(map(counts, self.findings)))
