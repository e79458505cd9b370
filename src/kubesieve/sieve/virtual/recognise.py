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
    """What one item of the host's list says. ``found``: the tenant's pod, why it is not shown, or None: nobody's."""

    id: PodId
    found: VirtualPod | Refused | None
    life: Life


def recognise(raw: bytes) -> HostPod:
    """Reads one item (its bytes, which the reader has accepted). What it cannot make out is no virtual cluster's."""
    parts = fields(raw)
    found = _value(parts["metadata"]) if "metadata" in parts else None
    metadata = found if isinstance(found, dict) else {}
    host = PodId(*(_text(metadata, name) for name in PodId._fields))
    labels, notes = _texts(metadata, "labels"), _texts(metadata, "annotations")
    life = _life(metadata, parts)
    if marks.MANAGED_BY not in labels:
        return HostPod(host, None, life)
    refused = _refusal(host, labels, notes)
    if refused:
        return HostPod(host, refused, life)
    own = PodId(notes[marks.OBJECT_NAMESPACE], notes[marks.OBJECT_NAME], notes[marks.OBJECT_UID])
    pod = VirtualPod(ClusterKey(host.namespace, labels[marks.MANAGED_BY]), host, own)
    return HostPod(host, replace(pod, claims=tuple(_claims(parts, pod))), life)


def _refusal(host: PodId, labels: dict[str, str], notes: dict[str, str]) -> Refused | None:
    if any(not notes.get(name) for name in (marks.OBJECT_NAME, marks.OBJECT_NAMESPACE, marks.OBJECT_UID)):
        return Refused.INCOMPLETE
    name, namespace, vcluster = notes[marks.OBJECT_NAME], notes[marks.OBJECT_NAMESPACE], labels[marks.MANAGED_BY]
    if not all(host) or not (
        marks.is_name(name) and marks.is_namespace(namespace) and marks.is_uid(notes[marks.OBJECT_UID])
    ):
        return Refused.MALFORMED
    said = (
        (labels.get(marks.NAMESPACE_LABEL, namespace), namespace),
        (notes.get(marks.HOST_NAMESPACE, host.namespace), host.namespace),
        (notes.get(marks.HOST_NAME, marks.host_name(name, namespace, vcluster)), host.name),
    )
    return Refused.CONTRADICTED if any(one != other for one, other in said) else None


def _life(metadata: dict[str, Any], parts: dict[str, msgspec.Raw]) -> Life:
    if metadata.get("deletionTimestamp"):
        return Life.DELETED
    status = _value(parts["status"]) if "status" in parts else None
    finished = isinstance(status, dict) and status.get("phase") in _FINISHED
    return Life.FINISHED if finished else Life.LIVE


def _claims(parts: dict[str, msgspec.Raw], pod: VirtualPod) -> Iterator[tuple[str, str]]:
    """The volume claims whose own names are certain: host name → own name."""
    spec = _value(parts["spec"]) if "spec" in parts else None
    volumes = spec.get("volumes") if isinstance(spec, dict) else None
    for volume in volumes if isinstance(volumes, list) else ():
        name = volume.get("name") if isinstance(volume, dict) else None
        if isinstance(name, str):
            yield from _claim(volume, name, pod)


def _claim(volume: dict[str, Any], name: str, pod: VirtualPod) -> Iterator[tuple[str, str]]:
    """A claim's name that was cut is guessed as controllers make it, and believed where the guess gives that name."""
    if isinstance(volume.get("ephemeral"), dict):
        yield f"{pod.host.name}-{name}", f"{pod.own.name}-{name}"
    source = volume.get("persistentVolumeClaim")
    host = source.get("claimName") if isinstance(source, dict) else None
    if not isinstance(host, str):
        return
    namespace, vcluster = pod.own.namespace, pod.cluster.name
    guesses = (f"{name}-{pod.own.name}", f"{pod.own.name}-{name}", name)
    guessed = next((one for one in guesses if marks.host_name(one, namespace, vcluster) == host), None)
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
