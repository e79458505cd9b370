"""01xx, too: what kubesieve itself refuses, in its own words: the reason code says what is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.doctor.finding import Finding, Severity
from kubesieve.doctor.rules.proofs import answered, listed
from kubesieve.doctor.rules.tokens import cause_of, issuers_of, said_by
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY

_OURS = re.compile(rb"\Akubesieve: ([a-z]+(?:-[a-z]+){0,5}): ")
_NEEDED = frozenset({PODS, SUMMARY, CADVISOR})
_SEE = "kubesieve can-see --config FILE --as USER says what a caller is granted, and why"
TOKEN_REFUSED = "token-refused"  # noqa: S105 - a reason code
REMEDIES = {
    "no-grant": f"add the caller to a tenant of the configuration, or let RBAC open a namespace to it. {_SEE}",
    "selector-picks-nothing": "label a namespace as the namespaceSelector of the tenant wants it, or mend that: "
    f"kubectl get namespaces --show-labels. {_SEE}",
    TOKEN_REFUSED: "show a token of this cluster that is still good, for an audience of "
    "identity.tokenReview.audiences, as a projected volume has it with serviceAccountToken.audience",
    "certificate-expired": "renew the client certificate, and connect again",
    "certificate-outdated": "connect again: a CA of client certificates was taken away since this connection was made",
    "certificate-unusable": "show a client certificate with one common name",
    "namespaces-unknown": "let the account of kubesieve list and watch namespaces: kubesieve check-config FILE --rbac",
    "nodes-unknown": "let the account of kubesieve list and watch nodes: kubesieve check-config FILE --rbac",
    "node-unknown": "end the URL in /api/v1/nodes/NAME/proxy with the name of a node that there is, and that "
    "kubelet.nodes.selector picks",
    "node-address-refused": "see which addresses the status of the node has, and whether kubelet.nodes.addressTypes "
    "and addressRanges have one of them",
    "path-without-node": "end the URL in /api/v1/nodes/NAME/proxy: this kubesieve stands before many nodes",
    "api-server-refused": "let the account of kubesieve create the reviews it needs: kubesieve check-config "
    "FILE --rbac",
    "kubelet-refused-us": "let the account of kubesieve read what the kubelet is asked for: kubesieve check-config "
    "FILE --rbac says which rights those are",
    "api-server-unavailable": "see whether kubesieve reaches the API server: its log, NetworkPolicies, its CA",
    "too-fast": "ask less often, or raise limits.callerRequestsPerSecond and limits.callerMebibytesPerSecond",
    "too-many-requests": "ask one after the other, or raise limits.requestsPerToken",
    "too-many-reviews": "name the namespaces in a tenant of the configuration: RBAC costs a question for each of them",
    "too-many-new-tokens": "let the agent keep its token for as long as it is good",
}
"""By reason code: what to do about it, in characters that a shell leaves alone: it stands where commands are pasted."""


def our_refusals(case: Case) -> Iterator[Finding]:
    view = case.proxy
    groups: dict[str, list[Exchange]] = {}
    accepted = issuers_of(case.views())
    for exchange in view.all() if view else ():
        reason = our_reason(exchange)
        if view and reason == TOKEN_REFUSED and cause_of(view.door, exchange, accepted):
            continue  # told by what the token says of itself
        if reason:
            groups.setdefault(reason, []).append(exchange)
    for reason, exchanges in groups.items():
        targets = listed(one.target for one in exchanges)
        needed = _NEEDED & {one.path for one in exchanges}
        yield Finding(
            "KS0119",
            f"{reason}: {targets}",
            tuple(map(answered, exchanges)),
            endpoint=exchanges[0].path,
            explains=tuple(case.running) if needed else (),
            values={
                "reason": reason,
                "targets": targets,
                "url": view.door.url if view else "",
                "remedy": REMEDIES[reason],
                "says": said_by(view.door) if view and reason == TOKEN_REFUSED else "",
            },
            severity=None if needed else Severity.WARNING,
        )


def our_reason(exchange: Exchange) -> str | None:
    """The reason code in a refusal of kubesieve's own, where something is to be done about it; else None."""
    if exchange.source is not Source.PROXY or (exchange.status or 0) < 400:
        return None
    match = _OURS.match(exchange.body)
    reason = match[1].decode() if match else ""
    return reason if reason in REMEDIES else None
