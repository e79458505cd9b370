"""The third way out: a report for whoever runs the proxy, made of what this run saw."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kubesieve.agents import Dash, UiRow
from kubesieve.lab.judged import Case
from kubesieve.lab.scene import ALLOWED, DIRECT, NAIVE, NAIVE_TOKEN, SANDBOX

WIDTH = 110
HEAD = "For the team that runs the kubelet proxy: why containers show “—”, as measured"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen, in three sentences."""

    seen: str
    why: str
    todo: str


def findings(case: Case) -> tuple[Finding, ...]:
    """In the order in which they should be mended. Only what this run saw."""
    return tuple(finding for look in _LOOKS for finding in look(case))


def report(case: Case) -> str:
    """Plain text to pass on."""
    found = findings(case)
    parts = [_paragraph(number, finding) for number, finding in enumerate(found, 1)]
    return "\n".join([HEAD, "", *(parts or ["Nothing was found."])])


def _paragraph(number: int, finding: Finding) -> str:
    lines = ((f"{number}. seen  ", finding.seen), ("   why   ", finding.why), ("   to do ", finding.todo))
    return "\n".join(
        textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) for head, text in lines
    )


def _no_access(case: Case) -> Iterator[Finding]:
    view, refused = case.views[NAIVE], case.access[NAIVE].refused
    if refused.status in (None, 200, 401):
        return
    body = refused.body.decode("utf-8", "replace").strip()
    reports = "; ".join(f"{one.agent}: {one.status.value}, {one.samples} samples" for one in view.reports)
    yield Finding(
        f"Through the proxy the agent gets {refused.status} “{body}” ({reports}). Every container of the node is "
        "blank.",
        "The proxy listens on plain http. Agents show their token on https only, so the kubelet is asked without one, "
        "and its 401 is passed on as an error of the proxy's own.",
        "Serve https (a certificate with the address the agent uses, its CA as kubelet_client_ca) and pass a 401 on "
        "as a 401.",
    )


def _filtered(case: Case) -> Iterator[Finding]:
    direct, seen = (case.views[way].seen["/metrics/cadvisor"] for way in (DIRECT, NAIVE_TOKEN))
    missing = sorted((direct or frozenset()) - (seen or frozenset()))
    if seen is None or SANDBOX not in missing:
        return
    yield Finding(
        f"Shown a token, the proxy's /metrics/cadvisor holds {', '.join(sorted(seen))}; the node itself also has "
        f"{', '.join(missing)}.",
        f"The proxy allows {', '.join(ALLOWED)} only. Without a namespace's series there is no usage of its "
        "containers, and so no percentage.",
        f"Allow {SANDBOX} at the proxy ({','.join(ALLOWED)},{SANDBOX}), or give the tenant an agent of its own behind "
        "a proxy that allows its namespaces only.",
    )


def _leaks(case: Case) -> Iterator[Finding]:
    foreign = {
        endpoint: sorted((seen or frozenset()) - frozenset(ALLOWED))
        for endpoint, seen in case.views[NAIVE_TOKEN].seen.items()
    }
    leaking = {endpoint: names for endpoint, names in foreign.items() if names}
    if not leaking:
        return
    names = sorted({name for found in leaking.values() for name in found})
    yield Finding(
        f"{' and '.join(leaking)} show {', '.join(names)} to a caller who may see {', '.join(ALLOWED)} only.",
        "The proxy filters lines of /metrics* and passes everything else as it came: pod specs, environment and all.",
        "One set of namespaces for every endpoint, and nothing passed that is not filtered.",
    )


def _waiting(case: Case) -> Iterator[Finding]:
    waited = case.access[NAIVE].waited
    if waited.status is not None:
        return
    yield Finding(
        f"While one client is stuck in its request header, another gets no answer in {waited.seconds:.1f} s.",
        "The proxy serves one connection at a time and gives a client no time limit.",
        "Serve connections side by side, with a time limit for headers.",
    )


def _by_design(case: Case) -> Iterator[Finding]:
    view = case.views[DIRECT]
    rows = [view.row(view.go, row.key) for row in view.go.rows if row.namespace == SANDBOX]
    names = [row.key.pod for row in rows if _no_limit(row)]
    if names:
        yield Finding(
            f"{', '.join(names)} shows “—” even on the kubelet itself.",
            "No limit is set, so there is no percentage to show. This is as it should be.",
            "Nothing, or set limits for its containers.",
        )


def _no_limit(row: UiRow) -> bool:
    return {row.cpu.dash, row.memory.dash} == {Dash.NO_LIMIT}


_LOOKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (_no_access, _filtered, _leaks, _waiting, _by_design)
