"""01xx: each exchange that gave no good answer is put under one cause; a cause is told once for each source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Exchange, Failure, Source
from kubesieve.doctor.finding import Blame, Finding, Severity
from kubesieve.doctor.rules.not_offered import IN_EVERY_KUBELET, is_refused, is_wrong_404
from kubesieve.doctor.rules.our_refusals import TOKEN_REFUSED, our_reason
from kubesieve.doctor.rules.proofs import answered, listed
from kubesieve.doctor.rules.tokens import Issuers, cause_of, issuers_of, said_by
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.certificate import covers
from kubesieve.doctor.views.refusal import Refusal, read_refusal
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View

_BY_REASON: Mapping[str, str | None] = {
    "upstream-timeout": "KS0112",
    "upstream-unreachable": "KS0101",
    "upstream-disconnected": "KS0101",
    "upstream-malformed": "KS0115",
    "upstream-too-large": "KS0117",
    "upstream-truncated": None,  # KS0202
}
_TLS_ANSWER = b"HTTP request to an HTTPS server"
_NODE_PROXY = re.compile(rb'"message":"(error trying to reach service: [^"\\]{1,300})')
"""What an API server says, in a Status, of a kubelet that it cannot reach."""
_NOT_NAMED = ("does not name", "mismatch")
CAUTION = (
    "; beware: nodes/proxy, the only right that kubelets before 1.33 ask for on /pods and /healthz, lets its holder "
    "run commands in every container of the node: give it to a proxy's account, not to a tenant's agent"
)
_SPARED = frozenset({"/metrics/slis", "/metrics/probes"})
"""An agent that gets nothing there warns, and has all its numbers."""
_ACCOUNT = re.compile(r"system:serviceaccount:([a-z0-9.-]+:[a-z0-9.-]+)")
_OPTIONAL = frozenset({"/spec", "/spec/"})


def transport(case: Case) -> Iterator[Finding]:
    """Direct before proxied: what the kubelet itself answers so is not told of the proxy again."""
    upstream: set[tuple[str, str]] = set()
    accepted = issuers_of(case.views())
    for view in case.views():
        for (code, user), exchanges in _grouped(view, accepted).items():
            fresh = [
                one for one in exchanges if (code, one.path) not in upstream and not _told_elsewhere(case, code, one)
            ]
            if fresh:
                yield _finding(case, view, code, user, fresh)
        yield from _now_and_then(case, view)
        if view.source is Source.DIRECT:
            upstream = {(code, one.path) for (code, _), some in _grouped(view, accepted).items() for one in some}


def _now_and_then(case: Case, view: View) -> Iterator[Finding]:
    """Paths that answered well at last, and badly before or when gzip was offered."""
    asked = {path: [one for one in (view.before.get(path), view.zipped.get(path)) if one] for path in view.now}
    failed = [one for path, some in asked.items() if view.good(path) for one in some if _failed(one)]
    direct = case.direct.before if case.direct and view.source is Source.PROXY else {}
    failed = [one for one in failed if not (one.path in direct and _failed(direct[one.path]))]
    if failed:
        targets = listed(one.target for one in failed)
        answers = listed([*(_came(one) for one in failed), *(_came(view.now[one.path]) for one in failed)])
        proofs = tuple(map(answered, failed))
        values = {"url": view.door.url, "targets": targets, "answers": answers}
        blame = Blame.UPSTREAM if view.source is Source.DIRECT else None
        yield Finding("KS0118", answers, proofs, endpoint=failed[0].path, values=values, blame=blame)


def _failed(exchange: Exchange) -> bool:
    return exchange.failure is not None or (exchange.status or 0) >= 400


def _told_elsewhere(case: Case, code: str, exchange: Exchange) -> bool:
    """An error in place of the kubelet's 404 is KS0309, a path that the proxy alone refuses KS0306."""
    proxied = code == "KS0111" and exchange.source is Source.PROXY
    return proxied and (is_wrong_404(case, exchange) or is_refused(case, exchange))


def _grouped(view: View, accepted: Issuers) -> dict[tuple[str, str], list[Exchange]]:
    """By code, and by who was refused where that is the cause."""
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in view.all():
        code = _cause(view, exchange, accepted)
        if code:
            user = _refusal(exchange).user if code == "KS0105" else ""
            groups.setdefault((code, user), []).append(exchange)
    return groups


def _cause(view: View, exchange: Exchange, accepted: Issuers) -> str | None:
    """The code for an exchange, None where it is none of this group's."""
    if exchange.failure is not None:
        return _of_failure(exchange)
    status = exchange.status or 0
    if status == 200 or exchange.path in _OPTIONAL:
        return None
    reason = our_reason(exchange)
    if reason:
        return cause_of(view.door, exchange, accepted) if reason == TOKEN_REFUSED else None
    if status == 400 and _TLS_ANSWER in exchange.body:
        return "KS0109"
    if view.door.url.startswith("http://") and not exchange.sent_token and status in (401, 403, 500, 502):
        return "KS0107"
    if status == 401:
        return cause_of(view.door, exchange, accepted) or "KS0104"
    return _of_status(view, exchange, status)


def _of_status(view: View, exchange: Exchange, status: int) -> str | None:
    """Whatever is no 200 and has no cause of its own is an error of the server's."""
    if status == 403 and (_refusal(exchange).anonymous or _says_rbac(exchange)):
        return "KS0106" if _refusal(exchange).anonymous else "KS0105"
    if status == 404:
        return "KS0108" if _no_kubelet(view) else "KS0111" if exchange.path in IN_EVERY_KUBELET else None
    if 300 <= status < 400:
        return "KS0114"
    if status >= 500 and _NODE_PROXY.search(exchange.body[:4096]):
        return "KS0101"
    return "KS0111"


def _of_failure(exchange: Exchange) -> str | None:
    failure = exchange.failure
    if failure is None or failure.reason != "upstream-tls":
        return _BY_REASON.get(failure.reason, "KS0111") if failure else None
    if "no TLS" in failure.sentence:
        return "KS0110"
    return "KS0103" if any(words in failure.sentence for words in _NOT_NAMED) else "KS0102"


def _refusal(exchange: Exchange, minor: int | None = None) -> Refusal:
    return read_refusal(exchange.path, exchange.status or 0, exchange.body, minor)


def _says_rbac(exchange: Exchange) -> bool:
    """A kubelet's own words, or a proxy that passes a 403 on; a proxy that refuses a path says something else."""
    return b"Forbidden" in exchange.body or b"upstream-forbidden" in exchange.body


def _no_kubelet(view: View) -> bool:
    asked = [view.now[path] for path in (PODS, SUMMARY, CADVISOR) if path in view.now]
    return len(asked) > 1 and all(one.status == 404 for one in asked)


def _finding(case: Case, view: View, code: str, user: str, exchanges: list[Exchange]) -> Finding:
    first = exchanges[0]
    failure = first.failure
    minor = next((one.minor for one in case.views() if one.minor is not None), None)
    grants = sorted({grant for one in exchanges if (grant := _refusal(one, minor).grant)})
    expires = view.door.token_expires or 0.0
    values = {
        "url": view.door.url,
        "host": _host(view),
        "also": _also(view, failure),
        "cause": _words(first),
        "names": listed(failure.names) if failure and failure.names else "another host",
        "targets": listed(one.target for one in exchanges),
        "statuses": listed(one.failure.reason if one.failure else f"status {one.status}" for one in exchanges),
        "user": user or "the caller",
        "grants": ", ".join(grants),
        "resources": ",".join(grants),
        "caution": CAUTION if "nodes/proxy" in grants else "",
        "account": _account(user),
        "expired": _when(expires),
        "asked": _when(first.at),
        "says": said_by(view.door),
        "issuer": view.door.issuer,
        "audiences": listed(view.door.audiences),
        "accepted": listed(sorted(issuers_of(case.views()))),
    }
    seen = f"{view.source.value}: {listed(_came(one) for one in exchanges)}"
    blame = _blame(case, view, exchanges) if code in ("KS0111", "KS0112", "KS0115", "KS0117") else None
    spared = all(one.path in _SPARED for one in exchanges)
    return Finding(
        code,
        seen,
        tuple(map(answered, exchanges)),
        endpoint=first.path,
        values=values,
        blame=blame,
        severity=Severity.WARNING if spared else None,
        explains=_explained(case, view),
    )


def _host(view: View) -> str:
    """The name that the certificate is compared with."""
    return view.door.server_name or urlsplit(view.door.url).hostname or ""


def _also(view: View, failure: Failure | None) -> str:
    """What is found next, once the certificate is trusted."""
    if failure is None or not failure.names or covers(failure.names, _host(view)):
        return ""
    return f"; nor does it name {_host(view)}, but {listed(failure.names)}"


def _words(exchange: Exchange) -> str:
    """Why no connection came about, in the words of whoever tried."""
    if exchange.failure:
        return exchange.failure.sentence.partition("; got ")[2] or exchange.failure.sentence
    found = _NODE_PROXY.search(exchange.body[:4096])
    return found[1].decode(errors="replace") if found else ""


def _came(exchange: Exchange) -> str:
    return f"{exchange.target} → {exchange.status or (exchange.failure.reason if exchange.failure else 'nothing')}"


def _account(user: str) -> str:
    """NAMESPACE:NAME of a service account; what is none is not put into a command."""
    match = _ACCOUNT.fullmatch(user)
    return match[1] if match else "NAMESPACE:NAME"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(min(max(seconds, 0.0), 4e9), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _blame(case: Case, view: View, exchanges: list[Exchange]) -> Blame:
    """The proxy's where the kubelet itself answered the same path well."""
    proxied = view.source is Source.PROXY and case.direct is not None
    good = proxied and case.direct is not None and all(case.direct.good(one.path) for one in exchanges)
    return Blame.PROXY if good else Blame.UPSTREAM


def _explained(case: Case, view: View) -> tuple[Key, ...]:
    """Every dash of the seen view, where neither pods nor series came."""
    if view is not case.seen or (view.list and view.text(CADVISOR)):
        return ()
    return tuple(case.running)
