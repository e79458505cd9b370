"""Where agents differ, as data: what each reads, in which order, and what an answer does to its check.

The check walks a table from top to bottom. A status has an effect; where the effect is to read the body, the flaws
found in it have one too. A flaw that a step does not list does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Endpoint(StrEnum):
    """What a step is for."""

    CONNECTION = "connection"
    HEALTH = "health"
    PROBES_OFFERED = "probes offered"
    PODS = "pods"
    SPEC = "spec"
    SUMMARY = "summary"
    CADVISOR = "cadvisor"
    METRICS = "metrics"
    PROBES = "probes"
    SLIS = "slis"


class Effect(StrEnum):
    READ = "read"  # the body is read, whatever the status was
    SKIP = "skip"  # as if it had not been asked; the agent says nothing
    LOG = "log"  # a line in the agent's log; the check's status stays
    WARN = "warn"  # a warning in the check's status; the other endpoints go on
    STOP = "stop"  # the check ends here with an error


class Flaw(StrEnum):
    """What can be wrong with a body that came."""

    UNREADABLE = "unreadable"
    NOT_DECODED = "not decoded"
    COMPRESSED = "compressed"
    ITEMS_NULL = "items null"
    ITEM_NULL = "item null"
    PODS_NULL = "pods null"
    NODE_FS_PARTIAL = "node.fs partial"


class Parser(StrEnum):
    """How an agent reads the text format."""

    EXPFMT = "expfmt"  # Prometheus' Go parser: all or nothing, wants the final newline and one TYPE line
    LENIENT = "lenient"  # prometheus_client: line by line, what came before a bad line counts


@dataclass(frozen=True, slots=True)
class Step:
    """One request. ``on`` goes by "404", then by "4xx", "5xx" or "error" (transport), then by "else"; 2xx reads."""

    endpoint: Endpoint
    target: str
    on: Mapping[str, Effect]
    flaws: Mapping[Flaw, Effect] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    needs: Endpoint | None = None  # asked only where that step was not skipped
    drops: tuple[bytes, ...] = ()  # raw lines with one of these are dropped before parsing
    says: str = ""  # how the agent words a failure here, where it has words of its own

    def effect(self, status: int | None) -> Effect:
        keys = ("error",) if status is None else (str(status), f"{status // 100}xx")
        fallback = Effect.READ if status is not None and 200 <= status < 300 else self.on.get("else", Effect.STOP)
        return next((self.on[key] for key in keys if key in self.on), fallback)


@dataclass(frozen=True, slots=True)
class Rules:
    """One agent, of one version."""

    name: str
    steps: tuple[Step, ...]
    parser: Parser
    reports_pods_after: Endpoint
    says: str
    says_status: str
    health_by_status: bool  # whether /healthz not 200 is CRITICAL


DROPPED_LINES = (b'pod_name=""', b'pod=""')
_TEXT = {"Accept": "text/plain", "Accept-Encoding": "gzip"}
_RAISES = {"else": Effect.STOP}
_LOGS = {"else": Effect.LOG}
_READS = {"error": Effect.WARN, "else": Effect.READ}
_WARNS = {"else": Effect.WARN}
_CONNECTS = {"401": Effect.STOP, "error": Effect.STOP, "else": Effect.SKIP, "2xx": Effect.SKIP}

_STOPS_UNREADABLE = {Flaw.UNREADABLE: Effect.STOP}
_WARNS_UNREADABLE = {Flaw.UNREADABLE: Effect.WARN}

PYTHON_10 = Rules(
    name="kubelet check 10.0.1 (Python)",
    parser=Parser.LENIENT,
    reports_pods_after=Endpoint.SPEC,
    says="{cause}",
    says_status="{status} {side} Error: {phrase} for url: {target}",
    health_by_status=False,
    steps=(
        Step(
            Endpoint.CONNECTION,
            "/healthz",
            _CONNECTS,
            says="Unable to detect the kubelet URL automatically: {cause}",
        ),
        Step(
            Endpoint.HEALTH,
            "/healthz?verbose=True",
            {"error": Effect.LOG, "else": Effect.READ},
            {Flaw.NOT_DECODED: Effect.LOG},
            says="kubelet check {target} failed: {cause}",
        ),
        Step(
            Endpoint.PROBES_OFFERED,
            "/metrics/probes",
            {"404": Effect.SKIP, "error": Effect.SKIP, "else": Effect.READ},
            method="HEAD",
        ),
        Step(
            Endpoint.PODS,
            "/pods?verbose=True",
            {"error": Effect.LOG, "else": Effect.READ},
            {Flaw.COMPRESSED: Effect.LOG, Flaw.UNREADABLE: Effect.LOG, Flaw.ITEM_NULL: Effect.STOP},
            says="failed to retrieve pod list from the kubelet at {target} : {cause}",
        ),
        Step(
            Endpoint.SPEC,
            "/spec?verbose=True",
            {"404": Effect.SKIP, "else": Effect.STOP},
            _STOPS_UNREADABLE,
        ),
        Step(
            Endpoint.SUMMARY,
            "/stats/summary?verbose=True",
            _LOGS,
            {
                Flaw.UNREADABLE: Effect.LOG,
                Flaw.PODS_NULL: Effect.STOP,
                Flaw.NODE_FS_PARTIAL: Effect.STOP,
            },
            says="GET on kubelet s `/stats/summary` failed: {cause}",
        ),
        Step(
            Endpoint.CADVISOR,
            "/metrics/cadvisor",
            _RAISES,
            _STOPS_UNREADABLE,
            headers=_TEXT,
            drops=DROPPED_LINES,
        ),
        Step(Endpoint.METRICS, "/metrics", _RAISES, _STOPS_UNREADABLE, headers=_TEXT),
        Step(
            Endpoint.PROBES,
            "/metrics/probes",
            _RAISES,
            _STOPS_UNREADABLE,
            headers=_TEXT,
            needs=Endpoint.PROBES_OFFERED,
        ),
    ),
)
"""Measured: Datadog's check was run against recordings and faults."""

GO_7 = Rules(
    name="kubelet core check 7 (Go)",
    parser=Parser.EXPFMT,
    reports_pods_after=Endpoint.PODS,
    says="Error reporting metrics: {cause}",
    says_status="unexpected status code {status} on {target}",
    health_by_status=True,
    steps=(
        Step(Endpoint.CONNECTION, "/healthz", _CONNECTS, says="Error initialising check: {cause}"),
        Step(Endpoint.HEALTH, "/healthz?verbose", _READS),
        Step(Endpoint.PODS, "/pods", _WARNS, {**_WARNS_UNREADABLE, Flaw.ITEMS_NULL: Effect.WARN}),
        Step(Endpoint.SPEC, "/spec/", {"404": Effect.SKIP, **_READS}, _WARNS_UNREADABLE),
        Step(Endpoint.SUMMARY, "/stats/summary", _WARNS, _WARNS_UNREADABLE),
        Step(Endpoint.CADVISOR, "/metrics/cadvisor", _READS, _WARNS_UNREADABLE, drops=DROPPED_LINES),
        Step(Endpoint.METRICS, "/metrics", _READS, _WARNS_UNREADABLE),
        Step(Endpoint.PROBES, "/metrics/probes", {"404": Effect.SKIP, **_READS}, _WARNS_UNREADABLE),
        Step(Endpoint.SLIS, "/metrics/slis", {"404": Effect.SKIP, **_READS}, _WARNS_UNREADABLE),
    ),
)
"""Read in the agent's source, not run: versions before the change of parser. Newer ones word text faults otherwise."""
