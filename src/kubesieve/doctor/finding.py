"""What a rule finds, and what a verdict is: codes are data, never used twice for different things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source


class Severity(StrEnum):
    """ERROR and WARNING are findings (exit code 1), INFO is for knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Blame(StrEnum):
    """Whose doing it is."""

    UPSTREAM = "upstream"
    PROXY = "proxy"
    CONSUMER = "consumer"
    ACCESS = "access"
    TLS = "tls"
    NONE = "none"


class Solution(StrEnum):
    """The three ways out; NONE where nothing is wrong."""

    ALLOW = "allow the namespace at the proxy"
    OWN_AGENT = "one agent per tenant, seeing only its own"
    HAND_OVER = "hand this report to the infrastructure team"
    NONE = "nothing to do"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the table of verdicts.

    ``why``, ``symptom`` and ``fix`` may hold ``{name}`` for a finding's values. ``example`` is evidence that gives this
    verdict, ``unless`` what comes close and does not.
    """

    code: str
    title: str
    severity: Severity
    blame: Blame
    why: str
    symptom: str
    fix: str
    solution: Solution
    example: str
    unless: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence: where (source, endpoint, line counted from 1), and what stands there in our words."""

    text: str
    source: Source | None = None
    endpoint: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: its code, what is seen, where, and the containers whose dashes it explains.

    ``blame`` and ``severity`` stand in for the verdict's where the evidence says more than the table can; ``tenant``
    is whose view it is, where several were audited.
    """

    code: str
    seen: str
    proofs: tuple[Proof, ...] = ()
    namespace: str | None = None
    pod: str | None = None
    container: str | None = None
    endpoint: str | None = None
    explains: tuple[Key, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    blame: Blame | None = None
    severity: Severity | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A question that could not be answered, and because of what."""

    question: str
    because: str
