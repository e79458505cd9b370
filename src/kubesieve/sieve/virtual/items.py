"""Items of /pods and of /stats/summary under a virtual cluster's own names; every byte but those names stays.

Replaced are name, namespace and uid of ``metadata`` or ``podRef``, and the names of volume claims, since agents join
them with the series of volumes. All else a pod holds stays as the host has it: host name, owner, volumes of secrets
and configmaps, status, the annotations themselves. No agent joins on those.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kubesieve.faults import BodyFault
from kubesieve.kubelet.listed import Item
from kubesieve.kubelet.spans import Edit, Span, edited, item_spans, member_spans
from kubesieve.sieve.virtual.names import Names, PodId, VirtualPod

Members = dict[str, Span]
Said = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an item says who it is, and what else of it is renamed."""

    reference: str
    claims: Callable[[bytes, VirtualPod], Iterable[Edit]]


def translate_items(
    items: Iterable[Item], names: Names, shape: Shape, keep: Callable[[str], bool]
) -> tuple[bytes, ...]:
    """The items that pass, in order: those of ``names`` renamed, others as they came where their namespace is kept.

    Raises BodyFault where one of either kind would go out under the same name.
    """
    shown: list[bytes] = []
    concerned = names.host_namespaces | names.own_namespaces
    own, plain = set[Said](), set[Said]()
    for item in items:
        host = _identity(item.raw, shape.reference) if item.namespace in concerned else None
        pod = names.of_host(*host) if host else None
        if pod is not None:
            own |= _said(pod.own)
            shown.append(edited(item.raw, [*_renamed(item.raw, shape, pod), *shape.claims(item.raw, pod)]))
        elif keep(item.namespace):
            plain |= _said(host) if host else set()
            shown.append(item.raw)
    if own & plain:
        raise BodyFault("json-names-meet", expected="two pods to stay two under own names", got="one")
    return tuple(shown)


def _said(pod: PodId) -> set[Said]:
    """What a pod must share with no other in an answer."""
    return {(pod.namespace, pod.name), (pod.uid,)}


def mounted_claims(raw: bytes, pod: VirtualPod) -> Iterator[Edit]:
    """/pods: spec.volumes[].persistentVolumeClaim.claimName; a claim whose own name is not certain stays."""
    spec = _members(raw, member_spans(raw).get("spec"))
    for volume in _items(raw, spec.get("volumes")):
        source = _members(raw, _members(raw, volume).get("persistentVolumeClaim"))
        own = pod.own_claim(_text(raw, source, "claimName") or "")
        if own is not None:
            yield _edit(source["claimName"], own)


def measured_claims(raw: bytes, pod: VirtualPod) -> Iterator[Edit]:
    """/stats/summary: volume[].pvcRef; where the claim's own name is not certain, the volume loses it."""
    for volume in _items(raw, member_spans(raw).get("volume")):
        members = _members(raw, volume)
        alike = [name for name in members if name.casefold() == "pvcref"]
        if alike not in ([], ["pvcRef"]):
            raise BodyFault("json-ambiguous-name", expected="one member pvcRef", got="another in other case")
        if alike:
            yield from _measured_claim(raw, members, pod)


POD_ITEM = Shape("metadata", mounted_claims)
STATS_ITEM = Shape("podRef", measured_claims)


def _measured_claim(raw: bytes, volume: Members, pod: VirtualPod) -> Iterator[Edit]:
    claim = _members(raw, volume["pvcRef"])
    own = pod.own_claim(_text(raw, claim, "name") or "")
    if own is None or _text(raw, claim, "namespace") != pod.host.namespace:
        yield _without(volume, "pvcRef")
    else:
        yield _edit(claim["name"], own)
        yield _edit(claim["namespace"], pod.own.namespace)


def _identity(raw: bytes, reference: str) -> PodId | None:
    """Who an item is; None where the name or the uid is no text, or given twice."""
    where = _reference(raw, reference)
    namespace, name, uid = (_text(raw, where, field) for field in PodId._fields)
    return None if namespace is None or name is None else PodId(namespace, name, uid or "")


def _renamed(raw: bytes, shape: Shape, pod: VirtualPod) -> Iterator[Edit]:
    where = _reference(raw, shape.reference)
    for name, value in pod.own._asdict().items():
        yield _edit(where[name], value)


def _reference(raw: bytes, reference: str) -> Members:
    return _members(raw, member_spans(raw).get(reference))


def _without(members: Members, name: str) -> Edit:
    """Takes a member away, with the comma on one side of it."""
    order = list(members)
    at, gone = order.index(name), members[name]
    if at + 1 < len(order):
        return Edit(gone.name, members[order[at + 1]].name, b"")
    return Edit(members[order[at - 1]].end if at else gone.name, gone.end, b"")


def _edit(span: Span, value: str) -> Edit:
    return Edit(span.start, span.end, f'"{value}"'.encode())


def _members(raw: bytes, span: Span | None) -> Members:
    """An object's members; none where it is no object."""
    return member_spans(raw, span) if span and raw.startswith(b"{", span.start) else {}


def _items(raw: bytes, span: Span | None) -> list[Span]:
    return item_spans(raw, span) if span and raw.startswith(b"[", span.start) else []


def _text(raw: bytes, members: Members, name: str) -> str | None:
    """A text; None where there is none, or where a reader that ignores case could take another member for it."""
    if name not in members or sum(other.casefold() == name.casefold() for other in members) != 1:
        return None
    value: Any = json.loads(raw[members[name].start : members[name].end])
    return value if isinstance(value, str) else None
