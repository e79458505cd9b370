"""What is the caller's own and did not come, beyond what the doctor's rules tell of containers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from kubesieve.doctor.audit.compare import Bodies, Difference, Part, compare
from kubesieve.doctor.audit.known import Known
from kubesieve.doctor.audit.observed import Looks, Observed, look_of
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.doctor.finding import Finding, Proof, Severity
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.text import CPU, CPU_QUOTA, MEMORY, MEMORY_LIMIT, WORKING_SET
from kubesieve.doctor.views.view import CADVISOR
from kubesieve.kubelet.endpoints import ENDPOINTS, Endpoint

_OF_NAMESPACES = ("KS0301", "KS0302", "KS0303", "KS0304")
_COUNTED = frozenset(name.decode() for name in (CPU, MEMORY, WORKING_SET, MEMORY_LIMIT, CPU_QUOTA))
_BY_CHOICE = "container_network_"
"""Families that a proxy may well withhold whole, or of hostNetwork pods: there they are the node's (KS0407)."""


def held_back(seen: Observed, known: Known, told: Collection[Finding]) -> Iterator[Finding]:
    """``told`` is what the doctor's rules found already: said once."""
    for endpoint in ENDPOINTS:
        difference = _lasting(endpoint, seen)
        missing = [part for part in difference.missing if not _is_told(part, endpoint.path, told)]
        chosen = bool(missing) and all(_of_choice(part, difference, known) for part in missing)
        yield from _finding("KS0314", endpoint.path, missing, Severity.INFO if chosen else None)
        altered = [part for part in difference.altered if not _is_told(part, endpoint.path, told)]
        yield from _finding("KS0315", endpoint.path, altered)


def _lasting(endpoint: Endpoint, seen: Observed) -> Difference:
    """What differs in every proxied look: the kubelet's own answers flicker while pods start, end and crash."""
    direct = [look_of(one) for one in _plain(seen, Source.DIRECT)]
    before = _body((*direct, *seen.running_pods[1:]), endpoint.path)
    after = _body(seen.after, endpoint.path)
    if before is None or after is None:
        return Difference()
    found: Difference | None = None
    for through in _proxied(seen, endpoint.path):
        one = compare(endpoint, Bodies(before, through, after), seen.allowed)
        found = one if found is None else found.and_in(one)
        if found == Difference():
            break
    return found or Difference()


def _proxied(seen: Observed, path: str) -> Iterator[bytes]:
    """The latest first."""
    looks = (*(look_of(one) for one in _plain(seen, Source.PROXY)), *seen.running_pods[:1])
    yield from (look.reply.body for look in reversed(looks) if look.probe.meant == path and look.good)


def _plain(seen: Observed, source: Source) -> Iterator[Exchange]:
    return (one for one in seen.evidence.exchanges if one.source is source and not one.sent_gzip)


def _body(looks: Looks, path: str) -> bytes | None:
    return next((look.reply.body for look in looks if look.probe.meant == path and look.good), None)


def _is_told(part: Part, path: str, told: Iterable[Finding]) -> bool:
    for finding in told:
        if finding.code in _OF_NAMESPACES and part.namespace in {key.namespace for key in finding.explains}:
            return True
        if finding.code == "KS0313" and (part.namespace, part.pod) in {(key[0], key[1]) for key in finding.explains}:
            return True
        if finding.endpoint == path and finding.code in ("KS0310", "KS0315"):
            return True
        if (
            finding.endpoint == path
            and finding.code == "KS0314"
            and part.namespace in finding.values["pods"].split(", ")
        ):
            return True
        if finding.code == "KS0307" and path == CADVISOR and part.what in _COUNTED:
            return True
    return False


def _of_choice(part: Part, difference: Difference, known: Known) -> bool:
    hosted = (part.namespace, part.pod) in known.own_hosts
    return part.what.startswith(_BY_CHOICE) and (hosted or part.what in difference.whole)


def _finding(code: str, path: str, parts: list[Part], severity: Severity | None = None) -> Iterator[Finding]:
    if not parts:
        return
    pods = listed(_owner(part) for part in parts)
    what = listed(part.what for part in parts)
    values = {"endpoint": path, "count": str(len(parts)), "pods": pods, "parts": what}
    grouped: dict[str, list[str]] = {}
    for part in parts:
        grouped.setdefault(_owner(part), []).append(part.what)
    proofs = tuple(Proof(f"{owner}: {listed(found)}", Source.PROXY, path) for owner, found in grouped.items())
    yield Finding(code, f"{path}: {what} of {pods}", proofs, endpoint=path, values=values, severity=severity)


def _owner(part: Part) -> str:
    return f"{part.namespace}/{part.pod}" if part.pod else part.namespace
