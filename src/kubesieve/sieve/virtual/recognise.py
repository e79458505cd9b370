"""One host pod: is it a virtual cluster's, and which of the tenant's own? All marks, or none of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from kubesieve.kubelet.strict_json import fields
from kubesieve.sieve.virtual import marks
from kubesieve.sieve.virtual.names import ClusterKey, PodId, VirtualPod

_FINISHED = frozenset({"Succeeded", "Failed"})


class Refused(StrEnum):
    """Why a pod with a virtual cluster's label is shown to nobody."""

    INCOMPLETE = "an annotation is missing"
    MALFORMED = "a name, a namespace or a uid is none"
    CONTRADICTED = "an annotation or a label says otherwise than the pod's own name or namespace"
    AMBIGUOUS = "two pods under one name"


class Life(IntEnum):
    """Of two pods under one name, the one that is further from its end is meant."""

    DELETED = 0
    FINISHED = 1
    LIVE = 2


@dataclass(frozen=True, slots=True)
class HostPod:
    """What one item of the host's list says. ``found``: the tenant's pod, why it is not shown, or None: nobody's.

    ``born`` is the host's time of creation, which nobody chooses; ``mounted``: the claims of its volumes.
    """

    id: PodId
    found: VirtualPod | Refused | None
    life: Life
    born: str = ""
    mounted: frozenset[str] = frozenset()


def recognise(raw: bytes) -> HostPod:
    """Reads one item (its bytes, which the reader has accepted). What it cannot make out is no virtual cluster's."""
    parts = fields(raw)
    found = _value(parts["metadata"]) if "metadata" in parts else None
    metadata = found if isinstance(found, dict) else {}
    host = PodId(*(_text(metadata, name) for name in PodId._fields))
    labels, notes = _texts(metadata, "labels"), _texts(metadata, "annotations")
    volumes = list(_volumes(parts))
    mounted = frozenset(claim for volume in volumes for claim in _mounted(volume, host))
    pod = HostPod(host, None, _life(metadata, parts), _text(metadata, "creationTimestamp"), mounted)
    if marks.MANAGED_BY not in labels:
        return pod
    refused = _refusal(host, labels, notes)
    if refused:
        return replace(pod, found=refused)
    own = PodId(notes[marks.OBJECT_NAMESPACE], notes[marks.OBJECT_NAME], notes[marks.OBJECT_UID])
    virtual = VirtualPod(ClusterKey(host.namespace, labels[marks.MANAGED_BY]), host, own)
    claims = tuple(claim for volume in volumes for claim in _claim(volume, virtual))
    return replace(pod, found=replace(virtual, claims=claims))


def _refusal(host: PodId, labels: dict[str, str], notes: dict[str, str]) -> Refused | None:
    if any(not notes.get(name) for name in (marks.OBJECT_NAME, marks.OBJECT_NAMESPACE, marks.OBJECT_UID)):
        return Refused.INCOMPLETE
    name, namespace, vcluster = notes[marks.OBJECT_NAME], notes[marks.OBJECT_NAMESPACE], labels[marks.MANAGED_BY]
    if not all(host) or not (
        marks.is_name(name) and marks.is_namespace(namespace) and marks.is_uid(notes[marks.OBJECT_UID])
    ):
        return Refused.MALFORMED
    made = marks.host_name(name, namespace, vcluster)
    said = (
        (made, host.name),
        (labels.get(marks.NAMESPACE_LABEL, namespace), namespace),
        (notes.get(marks.HOST_NAMESPACE, host.namespace), host.namespace),
        (notes.get(marks.HOST_NAME, made), made),
    )
    return Refused.CONTRADICTED if any(one != other for one, other in said) else None


def _life(metadata: dict[str, Any], parts: dict[str, msgspec.Raw]) -> Life:
    if metadata.get("deletionTimestamp"):
        return Life.DELETED
    status = _value(parts["status"]) if "status" in parts else None
    finished = isinstance(status, dict) and status.get("phase") in _FINISHED
    return Life.FINISHED if finished else Life.LIVE


def _volumes(parts: dict[str, msgspec.Raw]) -> Iterator[dict[str, Any]]:
    """The volumes that have a name."""
    spec = _value(parts["spec"]) if "spec" in parts else None
    volumes = spec.get("volumes") if isinstance(spec, dict) else None
    for volume in volumes if isinstance(volumes, list) else ():
        if isinstance(volume, dict) and isinstance(volume.get("name"), str):
            yield volume


def _mounted(volume: dict[str, Any], host: PodId) -> Iterator[str]:
    """The host's names of a volume's claim: its own, or the one that is made for the pod's time."""
    source = volume.get("persistentVolumeClaim")
    if isinstance(source, dict) and isinstance(source.get("claimName"), str):
        yield source["claimName"]
    if isinstance(volume.get("ephemeral"), dict):
        yield f"{host.name}-{volume['name']}"


def _claim(volume: dict[str, Any], pod: VirtualPod) -> Iterator[tuple[str, str]]:
    """A volume's claim, host name → own name, where that is certain.

    A name that was cut is guessed as controllers make it, and believed where the guess gives that name. Of a claim made
    for a pod's time nothing is certain: pod a's volume b-c has one called as pod a-b's volume c has.
    """
    source = volume.get("persistentVolumeClaim")
    host = source.get("claimName") if isinstance(source, dict) else None
    if not isinstance(host, str):
        return
    name, namespace, vcluster = volume["name"], pod.own.namespace, pod.cluster.name
    guesses = (f"{name}-{pod.own.name}", f"{pod.own.name}-{name}", name)
    guessed = next((one for one in guesses if marks.is_made_of(host, one, namespace, vcluster)), None)
    own = marks.own_name(host, namespace, vcluster) or guessed
    if own is not None and marks.is_name(own):
        yield host, own


def _value(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        return None


def _texts(metadata: dict[str, Any], name: str) -> dict[str, str]:
    """Labels or annotations."""
    found = _sole(metadata, name)
    return {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _text(metadata: dict[str, Any], name: str) -> str:
    found = _sole(metadata, name)
    return found if isinstance(found, str) else ""


def _sole(metadata: dict[str, Any], name: str) -> Any:
    """A member; None where a reader that ignores case (Go's) could take another one for it."""
    alike = [other for other in metadata if other.casefold() == name.casefold()]
    return metadata[name] if alike == [name] else None
