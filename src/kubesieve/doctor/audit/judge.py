"""What was observed, judged: leaks by the audit's own search, over-filtering by the doctor's rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubesieve.doctor.audit.found import UNREAD, in_bodies, is_data, unanswered
from kubesieve.doctor.audit.held_back import held_back
from kubesieve.doctor.audit.known import Known, learn
from kubesieve.doctor.audit.observed import Observed
from kubesieve.doctor.audit.paths import by_asking
from kubesieve.doctor.diagnose import facts, likelihood, once
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof, Unknown
from kubesieve.doctor.rules.altered import altered, relabelled
from kubesieve.doctor.rules.bodies import bodies
from kubesieve.doctor.rules.freshness import gone_back
from kubesieve.doctor.rules.not_offered import not_offered
from kubesieve.doctor.rules.our_refusals import our_refusals
from kubesieve.doctor.rules.overfiltering import overfiltering
from kubesieve.doctor.rules.transport import transport
from kubesieve.doctor.telling import counts
from kubesieve.doctor.views.case import Case, make_case
from kubesieve.kubelet.endpoints import ENDPOINTS, Kind

SOME_HAVE = ("/metrics/slis", "/metrics/probes")
RULES = (transport, our_refusals, bodies, relabelled, overfiltering, not_offered, altered, gone_back)
"""Of the doctor's: those that speak of a proxy."""

_LISTS = tuple(endpoint.path for endpoint in ENDPOINTS if endpoint.kind in (Kind.PODS, Kind.SUMMARY))
_TEXTS = tuple(endpoint.path for endpoint in ENDPOINTS if endpoint.kind is Kind.TEXT)


def judge(seen: Observed) -> Diagnosis:
    """Never raises on account of what came. Leaks come before what the proxy holds back.

    ``looked`` is False where nothing was found and nothing could have been: that is no pass.
    """
    known = learn(seen.allowed, seen.bodies(*_LISTS), seen.bodies(*_TEXTS))
    case = make_case(seen.evidence)
    told = list(_told(seen, case, known))
    findings = [one for one in told if isinstance(one, Finding)]
    open_ones = [one for one in told if isinstance(one, Unknown)]
    blind = tuple(_blind(seen, case, known, unread=any(one.question.startswith(UNREAD) for one in open_ones)))
    if not any(map(counts, findings)):
        findings.append(_proves_nothing(blind) if blind else _passed(seen, case, findings))
    open_ones = [*unanswered(seen.base, _absent(case)), *open_ones]
    unseen = (Unknown("would a leak have been seen?", because) for because, _ in blind)
    return Diagnosis(
        tuple(sorted(findings, key=order)),
        tuple(dict.fromkeys((*open_ones, *unseen, *seen.unasked))),
        views={view.source.value: facts(view) for view in case.views()},
        looked=_leaks(findings) or (answered(seen) and (not blind or _concludes(findings))),
    )


def _told(seen: Observed, case: Case, known: Known) -> Iterator[Finding | Unknown]:
    common = {"url": seen.url, "allowed": ",".join(sorted(seen.allowed))}
    latest = list(in_bodies(seen.base, known, common))
    told = {(one.code, one.endpoint) for one in latest if isinstance(one, Finding)}
    yield from latest
    for one in in_bodies(seen.earlier, known, common):
        if isinstance(one, Finding) and (one.code, one.endpoint) not in told:
            told.add((one.code, one.endpoint))
            yield one
    yield from by_asking(seen, known, common)
    ruled = list(_of_proxy(case))
    yield from ruled
    yield from held_back(seen, known, [one for one in ruled if isinstance(one, Finding)])


def _leaks(findings: Iterable[Finding]) -> bool:
    return any(one.code.startswith("KS04") and counts(one) for one in findings)


def _concludes(findings: Iterable[Finding]) -> bool:
    """Whether any says something of the proxy: that the kubelet's own answer failed does not, nor KS0116."""
    counting = (one for one in findings if counts(one) and one.code != "KS0116")
    return any(one.code >= "KS03" or not _of_kubelet(one) for one in counting)


def _absent(case: Case) -> frozenset[str]:
    """Paths that the kubelet itself answers 404, or that some kubelets have and nobody looked."""
    if case.direct is None:
        proxied = case.proxy.now if case.proxy else {}
        return frozenset(path for path in SOME_HAVE if path in proxied and proxied[path].status == 404)
    return frozenset(path for path, one in case.direct.now.items() if one.status == 404)


def order(finding: Finding) -> tuple[object, ...]:
    """By likelihood; of those alike, leaks first."""
    weight, *rest = likelihood(finding)
    return weight, finding.code != "KS0907", not finding.code.startswith("KS04"), *rest


def _of_kubelet(finding: Finding) -> bool:
    return bool(finding.proofs) and all(proof.source is Source.DIRECT for proof in finding.proofs)


def _of_proxy(case: Case) -> Iterator[Finding | Unknown]:
    """A fault of the kubelet's own is nobody's leak, and leaves open what it would have shown; without its pod list it
    has to be mended first.
    """
    lost = case.direct is not None and case.direct.list is None
    for finding in once(finding for rule in RULES for finding in rule(case)):
        if _of_kubelet(finding) and not (lost and finding.code.startswith("KS01")):
            yield Unknown("what does the kubelet itself show?", f"{finding.code}: {finding.seen}")
        else:
            yield finding


def answered(seen: Observed) -> bool:
    """Whether the proxy gave anything that a kubelet gives; without that nothing can be said of it."""
    return any(map(is_data, seen.base))


Blind = tuple[str, str]
"""Why a search could find nothing, and what to do about it."""


def _blind(seen: Observed, case: Case, known: Known, *, unread: bool) -> Iterator[Blind]:
    if not answered(seen):
        yield (
            "the proxy gave no good answer to any plain request",
            "see above why nothing came, and audit a proxy that answers",
        )
    elif unread:
        yield "a body came that cannot be read exactly", "see what the proxy makes of it: kubesieve filter"
    if case.direct is not None and case.direct.list is None:
        yield (
            "the kubelet's own pod list did not come, so that nobody said whose is what",
            "give --direct a token that may read it (--direct-token-file), or leave --direct out for a weaker look",
        )
    elif case.direct is not None and not known.namespaces:
        yield (
            "no namespace but those allowed runs anything on this node",
            "look at a node that others share, or allow fewer with --allowed",
        )


def _proves_nothing(blind: tuple[Blind, ...]) -> Finding:
    because, remedy = blind[0]
    proofs = tuple(Proof(one, None) for one, _ in blind)
    return Finding("KS0116", because, proofs, values={"because": because, "remedy": remedy})


def _passed(seen: Observed, case: Case, findings: Iterable[Finding]) -> Finding:
    asked = len(seen.proxied)
    good = [look.probe.meant for look in seen.base if look.good and look.probe.meant]
    all_came = case.direct is not None and not any(one.code == "KS0314" for one in findings)
    also = ", and nothing is held back" if all_came else ""
    values = {"also": also, "count": str(asked), "endpoints": ", ".join(dict.fromkeys(good)), "url": seen.url}
    proofs = tuple(Proof("nothing foreign", Source.PROXY, path) for path in dict.fromkeys(good))
    return Finding("KS0907", f"{asked} answers of {seen.url}", proofs, values=values)
