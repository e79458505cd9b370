"""Evidence in, a diagnosis out. Pure: the same evidence gives the same words, today and from a bundle next year."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from kubesieve.agents import Dash, Key, Measure
from kubesieve.doctor.dashes import CODE_OF
from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis, EndpointFacts, ViewFacts
from kubesieve.doctor.evidence import Evidence, Exchange
from kubesieve.doctor.finding import Finding, Severity, Unknown
from kubesieve.doctor.rules.agent import agent, unexplained
from kubesieve.doctor.rules.altered import altered, relabelled
from kubesieve.doctor.rules.bodies import bodies
from kubesieve.doctor.rules.freshness import freshness
from kubesieve.doctor.rules.healthy import as_expected, healthy
from kubesieve.doctor.rules.identity import identity
from kubesieve.doctor.rules.limits import limits, without_usage
from kubesieve.doctor.rules.members import members
from kubesieve.doctor.rules.no_numbers import on_the_way, with_every_dash
from kubesieve.doctor.rules.not_offered import not_offered
from kubesieve.doctor.rules.our_refusals import our_refusals
from kubesieve.doctor.rules.overfiltering import overfiltering, shown
from kubesieve.doctor.rules.transport import transport
from kubesieve.doctor.telling import counts, severity_of
from kubesieve.doctor.verdicts import VERDICTS
from kubesieve.doctor.views.case import Case, make_case
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View

RULES: tuple[Callable[[Case], Iterable[Finding]], ...] = (
    transport,
    our_refusals,
    bodies,
    members,
    relabelled,
    identity,
    overfiltering,
    not_offered,
    altered,
    without_usage,
    freshness,
    agent,
    limits,
    as_expected,
)
"""In the order of likelihood: what explains everything first."""

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_CAUSE_FIRST = ("KS01", "KS02", "KS0606", "KS0609", "KS0608")
_BY_DESIGN = {Dash.NO_LIMIT}
_NO_LIMITS = ("KS0501", "KS0502", "KS0503")
_CHURN = "KS0904"
_CONCLUDE = frozenset({"KS0901"})
"""What says that all is well; where it is not said, and nothing else, nobody has looked."""


def diagnose(evidence: Evidence) -> Diagnosis:
    """Never raises on account of what the evidence holds."""
    case = make_case(evidence)
    found = [*with_every_dash(case, [finding for rule in RULES for finding in rule(case)])]
    found += unexplained(case, frozenset(finding.code for finding in found if counts(finding)))
    if not any(counts(finding) for finding in found):
        found += healthy(case)
    ordered = sorted(once(found), key=likelihood)
    return Diagnosis(
        findings=tuple(ordered),
        unknowns=tuple(_unknowns(case)),
        containers=tuple(_containers(case, ordered)),
        views={view.source.value: facts(view) for view in case.views()},
        looked=any(counts(one) or one.code in _CONCLUDE for one in ordered),
    )


def likelihood(finding: Finding) -> tuple[int, bool, int, bool]:
    """Severity, then what explains the most; faults on the way come before what they let through."""
    basic = finding.code.startswith(_CAUSE_FIRST)
    explains = len(finding.explains)
    return (_WEIGHT[severity_of(finding)], not (basic and explains), -explains, not basic)


def once(found: Iterable[Finding]) -> Iterator[Finding]:
    """A container is explained by its first cause among the findings that count; a cause left with none is no cause.

    Findings that explain no container from the start stay.
    """
    explained: set[Key] = set()
    for finding in found:
        if not finding.explains or not counts(finding):
            yield finding
            continue
        left = tuple(key for key in finding.explains if key not in explained)
        explained.update(left)
        if left:
            yield replace(finding, explains=left)


def _containers(case: Case, findings: Sequence[Finding]) -> Iterator[ContainerLine]:
    reasons = _Reasons(case, findings)
    for key, row in case.rows.items():
        yield ContainerLine(key, row.cpu.value, row.memory.value, reasons.of(key, row.cpu), reasons.of(key, row.memory))


class _Reasons:
    """The code that stands behind a dash: never a fault that no finding speaks of."""

    def __init__(self, case: Case, findings: Sequence[Finding]) -> None:
        self._running = case.running
        self._codes = {finding.code for finding in findings}
        self._cause = next((finding.code for finding in findings if on_the_way(finding)), None)
        self._told: dict[Key, str] = {}
        for finding in filter(counts, findings):
            for key in finding.explains:
                self._told.setdefault(key, finding.code)
        self._by_design = {key: one.code for one in findings if one.code in _NO_LIMITS for key in one.explains}
        self._churned = {key for finding in findings if finding.code == _CHURN for key in finding.explains}

    def of(self, key: Key, measure: Measure) -> str | None:
        if measure.dash is None:
            return None
        if measure.dash in _BY_DESIGN:
            return self._by_design.get(key) or self._told.get(key, CODE_OF[measure.dash])
        code = self._told.get(key, CODE_OF[measure.dash])
        if code in self._codes or VERDICTS[code].severity is Severity.INFO:
            return code
        if key in self._churned:
            return _CHURN
        stopped = "KS0705" in self._codes and key not in self._running
        return "KS0705" if stopped else self._cause or code


def _unknowns(case: Case) -> Iterator[Unknown]:
    """What was not looked at, where that leaves a question open."""
    if case.seen is None:
        yield Unknown("what does an agent see?", "nobody looked: add --proxy URL, --direct URL or --node NAME")
    if case.proxy is not None and case.direct is None:
        yield Unknown(
            "does the kubelet itself show what the proxied view lacks?",
            "nobody looked at it: add --direct URL or --node NAME, or let somebody with the right do it",
        )
    if case.direct is not None and case.proxy is None:
        yield Unknown("does a proxy in between leak or over-filter?", "none was named: add --proxy URL")
    if case.unusable:
        yield Unknown("what does the list of pods say that was given?", f"{case.unusable}; it was left out")
    if case.truth is None:
        yield Unknown("which containers should be seen?", "no pod list could be read: add --pods FILE")
    elif case.known is None and case.direct is None:
        yield Unknown(
            "are pods missing from the proxied pod list?",
            "it was compared with nothing: add --pods FILE or --direct URL",
        )
    for view in case.views():
        if not view.before and view.text(CADVISOR):
            yield Unknown(
                f"do the {view.source.value} numbers move?", "there is one look only: let --interval be above 0"
            )


def facts(view: View) -> ViewFacts:
    exchanges = tuple(_endpoint(view, one) for one in view.all())
    namespaces = {path: tuple(sorted(found)) for path, found in shown(view).items()}
    return ViewFacts(view.door.url, exchanges, namespaces)


def _endpoint(view: View, exchange: Exchange) -> EndpointFacts:
    text = view.texts.get(exchange.path)
    flawed = {PODS: view.pods, SUMMARY: view.summary}.get(exchange.path)
    fault = exchange.failure.reason if exchange.failure else None
    fault = fault or (text.fault.reason if text and text.fault else None)
    fault = fault or (flawed.flaw.value if flawed and flawed.flaw else None)
    return EndpointFacts(exchange.target, exchange.status, exchange.content_type, len(exchange.body), fault)
