"""No dash without a finding: what no other rule explains is put under a fault on the way, or told as what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kubesieve.agents import Dash, Key, UiRow
from kubesieve.doctor.dashes import is_fault
from kubesieve.doctor.finding import Blame, Finding, Severity
from kubesieve.doctor.rules.limits import about
from kubesieve.doctor.telling import counts, severity_of
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY

_ON_THE_WAY = ("KS01", "KS02", "KS0306", "KS0603")
_NEEDED = frozenset({PODS, CADVISOR, SUMMARY})


def with_every_dash(case: Case, found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, the first fault on the way with the containers that nothing else explains; or one more."""
    explained = {key for finding in found if counts(finding) for key in finding.explains}
    left = tuple(key for key, row in case.rows.items() if key not in explained and _is_open(case, key, row))
    cause = next((finding for finding in found if on_the_way(finding)), None)
    for finding in found:
        yield replace(finding, explains=(*finding.explains, *left)) if finding is cause else finding
    if left and cause is None:
        yield _no_numbers(case, sorted(left))


def _is_open(case: Case, key: Key, row: UiRow) -> bool:
    """A dash of a container that runs, and that is not as it should be."""
    wrong = any(is_fault(dash) or _contradicts(case, key, dash) for dash in (row.cpu.dash, row.memory.dash))
    looked = case.seen is not None and CADVISOR in case.seen.now and PODS in case.seen.now
    return wrong and looked and (key in case.running or case.truth is None) and case.settled(key)


def _contradicts(case: Case, key: Key, dash: Dash | None) -> bool:
    """By the agent's view it does not run, and by the best pod list it does."""
    return dash is Dash.NOT_RUNNING and key in case.running


def on_the_way(finding: Finding) -> bool:
    """Whether it keeps numbers of everybody from an agent."""
    paths = {(proof.endpoint or "").partition("?")[0] for proof in finding.proofs}
    return (
        finding.code.startswith(_ON_THE_WAY)
        and severity_of(finding) is Severity.ERROR
        and bool(paths & _NEEDED or finding.endpoint in _NEEDED)
    )


def _no_numbers(case: Case, keys: list[Key]) -> Finding:
    if case.proxy is None:
        return replace(about("KS0316", keys, CADVISOR, whose="the kubelet's own view"), blame=Blame.UPSTREAM)
    if case.direct is None:
        whose = "the proxied view; whether the kubelet has them nobody looked"
        return replace(about("KS0316", keys, CADVISOR, whose=whose), blame=Blame.NONE)
    text = case.direct.text(CADVISOR)
    if text is not None and not any(key in text.containers for key in keys):
        return replace(about("KS0316", keys, CADVISOR, whose="either view"), blame=Blame.UPSTREAM)
    return about("KS0316", keys, CADVISOR, whose="the proxied view")
