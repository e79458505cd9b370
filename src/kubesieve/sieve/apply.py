"""The policy applied, alike to each kind of body: read once, answer for any policy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kubesieve.exposition import Partition, read
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import Endpoint, Kind
from kubesieve.kubelet.listed import Item
from kubesieve.kubelet.podlist import PodList, read_podlist
from kubesieve.kubelet.summary import Summary, read_summary
from kubesieve.sieve.policy import Policy

HEALTHY = b"ok"


@dataclass(frozen=True, slots=True)
class Healthy:
    """The kubelet said it is well, and nothing else."""


Scanned = Partition | PodList | Summary | Healthy


@dataclass(frozen=True, slots=True)
class Sieved:
    """An answer (bytes) and how many samples or pods were kept and dropped."""

    body: bytes
    kept: int
    dropped: int


def scan(endpoint: Endpoint, body: bytes) -> Scanned:
    """Reads a kubelet's whole body, for no tenant in particular. Raises BodyFault: then nothing of it may go out."""
    return _READERS[endpoint.kind](body)


def answer(endpoint: Endpoint, scanned: Scanned, policy: Policy) -> Sieved:
    """What the policy lets through of a body that was read. Kept lines and items are the very bytes that came."""
    match scanned:
        case Partition():
            selection = scanned.select(policy.keep_of(endpoint))
            return Sieved(selection.body, selection.kept, selection.dropped)
        case PodList():
            return podlist_of(scanned, _kept(scanned.items, policy))
        case Summary():
            return summary_of(scanned, policy, _kept(scanned.pods, policy))
        case Healthy():
            return Sieved(HEALTHY, 0, 0)


def sieve(endpoint: Endpoint, body: bytes, policy: Policy) -> Sieved:
    """``scan`` and ``answer`` in one: a kubelet's body in, the tenant's out."""
    return answer(endpoint, scan(endpoint, body), policy)


def podlist_of(scanned: PodList, kept: Sequence[bytes]) -> Sieved:
    """The list with these items only."""
    return _with_list(scanned.head, "items", kept, len(scanned.items), b"\n")


def summary_of(scanned: Summary, policy: Policy, kept: Sequence[bytes]) -> Sieved:
    """The summary with these pods only, and of the node what the policy says."""
    return _with_list([("node", _node(scanned, policy))], "pods", kept, len(scanned.pods))


def _with_list(
    members: Iterable[tuple[str, bytes]], name: str, kept: Sequence[bytes], of: int, end: bytes = b""
) -> Sieved:
    """An object of these members and a list of these items, which are copied once."""
    head = b"".join(_member(*member) + b"," for member in members)
    items = [part for item in kept for part in (b",", item)][1:]
    return Sieved(b"".join((b"{", head, _member(name, b"["), *items, b"]}", end)), len(kept), of - len(kept))


def _read_health(body: bytes) -> Healthy:
    if body.strip(b"\n") != HEALTHY:
        raise BodyFault("health-unexpected", expected="the text ok", got="another text")
    return Healthy()


_READERS: dict[Kind, Callable[[bytes], Scanned]] = {
    Kind.HEALTH: _read_health,
    Kind.TEXT: read,
    Kind.PODS: read_podlist,
    Kind.SUMMARY: read_summary,
}


def _kept(items: tuple[Item, ...], policy: Policy) -> list[bytes]:
    return [item.raw for item in items if policy.keeps_item(item.namespace)]


def _node(summary: Summary, policy: Policy) -> bytes:
    if all(policy.keeps_node_field(name) for name, _ in summary.node_fields):
        return summary.node
    return _object([(name, raw) for name, raw in summary.node_fields if policy.keeps_node_field(name)])


def _object(members: list[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(_member(*member) for member in members) + b"}"


def _member(name: str, raw: bytes) -> bytes:
    return b'"%s":%s' % (name.encode(), raw)
