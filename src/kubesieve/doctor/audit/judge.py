"""What was observed, judged: leaks by the audit's own search, over-filtering by the doctor's rules. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.doctor.audit.found import in_bodies, unanswered
from kubesieve.doctor.audit.known import Known, learn
from kubesieve.doctor.audit.observed import Observed
from kubesieve.doctor.audit.paths import by_asking
from kubesieve.doctor.diagnose import facts, likelihood
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof, Severity, Unknown
from kubesieve.doctor.rules.altered import altered
from kubesieve.doctor.rules.bodies import bodies
from kubesieve.doctor.rules.freshness import gone_back
from kubesieve.doctor.rules.not_offered import not_offered
from kubesieve.doctor.rules.overfiltering import overfiltering
from kubesieve.doctor.rules.transport import transport
from kubesieve.doctor.telling import severity_of
from kubesieve.doctor.views.case import Case, make_case
from kubesieve.kubelet.endpoints import ENDPOINTS, Kind

SOME_HAVE = ("/metrics/slis", "/metrics/probes")
RULES = (transport, bodies, overfiltering, not_offered, altered, gone_back)
"""Of the doctor's: those that speak of a proxy."""

_LISTS = tuple(endpoint.path for endpoint in ENDPOINTS if endpoint.kind in (Kind.PODS, Kind.SUMMARY))
_TEXTS = tuple(endpoint.path for endpoint in ENDPOINTS if endpoint.kind is Kind.TEXT)


def judge(seen: Observed) -> Diagnosis:
    """Never raises on account of what came. Leaks come before what the proxy holds back."""
    known = learn(seen.allowed, seen.bodies(*_LISTS), seen.bodies(*_TEXTS))
    common = {"url": seen.url, "allowed": ",".join(sorted(seen.allowed))}
    case = make_case(seen.evidence)
    told = [*in_bodies(seen.base, known, common), *by_asking(seen, known, common), *_of_proxy(case)]
    findings = sorted((one for one in told if isinstance(one, Finding)), key=_order)
    if answered(seen) and all(severity_of(one) is Severity.INFO for one in findings):
        findings = [_passed(seen, case), *findings]
    open_ones = [one for one in told if isinstance(one, Unknown)]
    unknowns = [*unanswered(seen.base, _absent(case)), *open_ones, *_untold(seen, case, known), *seen.unasked]
    return Diagnosis(
        tuple(findings),
        tuple(dict.fromkeys(unknowns)),
        views={view.source.value: facts(view) for view in case.views()},
    )


def _absent(case: Case) -> frozenset[str]:
    """Paths that the kubelet itself answers 404, or that some kubelets have and nobody looked."""
    if case.direct is None:
        proxied = case.proxy.now if case.proxy else {}
        return frozenset(path for path in SOME_HAVE if path in proxied and proxied[path].status == 404)
    return frozenset(path for path, one in case.direct.now.items() if one.status == 404)


def _order(finding: Finding) -> tuple[object, ...]:
    weight, *rest = likelihood(finding)
    return weight, not finding.code.startswith("KS04"), *rest


def _of_proxy(case: Case) -> Iterator[Finding | Unknown]:
    """A fault of the kubelet's own is nobody's leak, and leaves open what it would have shown."""
    for rule in RULES:
        for finding in rule(case):
            if finding.proofs and all(proof.source is Source.DIRECT for proof in finding.proofs):
                yield Unknown("what does the kubelet itself show?", f"{finding.code}: {finding.seen}")
            else:
                yield finding


def answered(seen: Observed) -> bool:
    """Whether the proxy gave any good answer; without one nothing can be said of it."""
    return any(look.good for look in seen.base)


def _untold(seen: Observed, case: Case, known: Known) -> Iterator[Unknown]:
    if not answered(seen):
        yield Unknown("does the proxy leak?", "it gave no good answer to any plain request")
    if case.direct is not None and not known.namespaces:
        yield Unknown(
            "would a leak have been seen?",
            "no namespace but those allowed runs anything on this node: look at a node that others share",
        )


def _passed(seen: Observed, case: Case) -> Finding:
    asked = len(seen.proxied)
    good = [look.probe.meant for look in seen.base if look.good and look.probe.meant]
    also = ", and nothing is held back" if case.direct and case.direct.list else ""
    values = {"also": also, "count": str(asked), "endpoints": ", ".join(dict.fromkeys(good)), "url": seen.url}
    proofs = tuple(Proof("nothing foreign", Source.PROXY, path) for path in dict.fromkeys(good))
    return Finding("KS0907", f"{asked} answers of {seen.url}", proofs, values=values)
