"""03xx, too: what belongs to no namespace, and what the proxy does not offer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.text import TextView
from kubesieve.doctor.views.view import CADVISOR, PODS, RESOURCE, SUMMARY, View

_SPEC = ("/spec", "/spec/")
IN_EVERY_KUBELET = frozenset({PODS, SUMMARY, CADVISOR, "/metrics"})
_ALWAYS_THERE = {
    CADVISOR: (b"machine_cpu_cores", b"machine_memory_bytes"),
    RESOURCE: (b"node_cpu_usage_seconds_total", b"node_memory_working_set_bytes"),
}
_KEPT_BY_DEFAULT = re.compile(rb"machine_.*|cadvisor_version_info|node_.*|.*scrape_error")


def not_offered(case: Case) -> Iterator[Finding]:
    view = case.proxy
    if view is None:
        return
    yield from _node_families(case, view)
    yield from _endpoints(case, view)
    yield from _summary_node(case, view)
    yield from _instead_of_404(case, view)


def _node_families(case: Case, view: View) -> Iterator[Finding]:
    """Families without a namespace label that the direct view has, or that every kubelet has."""
    for path in (CADVISOR, RESOURCE):
        text, direct = view.text(path), case.direct.text(path) if case.direct else None
        if text is None:
            continue
        wanted = _unlabelled(direct) if direct else frozenset(_ALWAYS_THERE[path]) if text.samples else frozenset()
        came = frozenset(name for name, facts in text.families.items() if facts.sampled)
        gone = sorted(name.decode() for name in wanted - came)
        if gone:
            yield Finding(
                "KS0305",
                f"{path} lacks {listed(gone)}",
                tuple(Proof(f"no {name}", Source.PROXY, path) for name in gone),
                endpoint=path,
                values={"families": listed(gone)},
            )


def _unlabelled(text: TextView) -> frozenset[bytes]:
    found = (name for name, facts in text.families.items() if not facts.namespaced and facts.sampled)
    return frozenset(name for name in found if _KEPT_BY_DEFAULT.fullmatch(name))


def _endpoints(case: Case, view: View) -> Iterator[Finding]:
    """Paths the kubelet answers well and the proxy refuses with a status of its own."""
    refused = [one for one in view.now.values() if is_refused(case, one)]
    if refused:
        there = "directly 200" if case.direct else "every kubelet has it"
        explains = tuple(case.running) if CADVISOR in {one.path for one in refused} else ()
        yield replace(_answered("KS0306", refused, f"; {there}"), explains=explains)


def _answered(code: str, exchanges: list[Exchange], beside: str = "") -> Finding:
    """A finding on paths, by the status of each."""
    return Finding(
        code,
        listed(f"{one.target} → {one.status}" for one in exchanges),
        tuple(Proof(f"status {one.status}{beside}", Source.PROXY, one.target) for one in exchanges),
        endpoint=exchanges[0].path,
        values={
            "targets": listed(one.target for one in exchanges),
            "statuses": listed(f"status {one.status}" for one in exchanges),
        },
    )


def is_refused(case: Case, proxied: Exchange) -> bool:
    """A status of the proxy's own on a path that the kubelet offers, while other paths are answered well."""
    if proxied.path in _SPEC or proxied.status not in (403, 404, 405, 406, 501) or not _offered(case, proxied.path):
        return False
    rbac = proxied.status == 403 and (b"Forbidden (user=" in proxied.body or b"upstream-forbidden" in proxied.body)
    return not rbac and case.proxy is not None and any(one.status == 200 for one in case.proxy.all())


def _offered(case: Case, path: str) -> bool:
    if case.direct is None:
        return path in IN_EVERY_KUBELET
    return case.direct.good(path) is not None


def _summary_node(case: Case, view: View) -> Iterator[Finding]:
    direct = case.direct.stats if case.direct else None
    if view.stats and not view.stats.node_name and (direct is None or direct.node_name):
        proof = Proof("no node.nodeName", Source.PROXY, SUMMARY)
        yield Finding("KS0308", "no node.nodeName", (proof,), endpoint=SUMMARY)


def _instead_of_404(case: Case, view: View) -> Iterator[Finding]:
    """Only where the rest works: a proxy that fails everywhere has another cause."""
    works = view.list is not None or view.text(CADVISOR) is not None
    wrong = [one for one in view.now.values() if is_wrong_404(case, one)] if works else []
    if wrong:
        yield _answered("KS0309", wrong)


def is_wrong_404(case: Case, proxied: Exchange) -> bool:
    """An error of another kind on a path that this kubelet does not have: /spec, or what it answers 404 itself."""
    direct = case.direct.now.get(proxied.path) if case.direct else None
    gone = direct.status == 404 if direct else proxied.path in _SPEC
    return gone and proxied.status is not None and proxied.status >= 400 and proxied.status != 404
