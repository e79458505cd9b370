"""The shape of /pods and /runningpods/: a PodList (core/v1), its items as the very bytes that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubesieve.faults import BodyFault
from kubesieve.kubelet.listed import Item, read_list
from kubesieve.kubelet.strict_json import member

KEPT_FIELDS = ("kind", "apiVersion", "metadata")


@dataclass(frozen=True, slots=True)
class PodList:
    """``head``: kind, apiVersion and metadata as they came, in order; anything else beside them is left out."""

    head: tuple[tuple[str, bytes], ...]
    items: tuple[Item, ...]


def read_podlist(body: bytes) -> PodList:
    """Reads a whole body. ``items: null``, as a kubelet says while it starts, is an empty list. Raises BodyFault."""
    listed = read_list(body, "items", "metadata", _check_head)
    return PodList(tuple((name, raw) for name, raw in listed.members if name in KEPT_FIELDS), listed.items)


def _check_head(value: dict[str, Any]) -> None:
    """What passes beside the items must be too plain to hold one."""
    if member(value, "kind", str, "the body") != "PodList":
        raise BodyFault("json-wrong-kind", expected="kind PodList", got="another kind")
    metadata = value.get("metadata", {})
    if not isinstance(value.get("apiVersion", ""), str) or not isinstance(metadata, dict):
        raise BodyFault("json-wrong-type", expected="a text as apiVersion, an object as metadata", got="another kind")
    if any(isinstance(field, list | dict) for field in metadata.values()):
        raise BodyFault("json-wrong-type", expected="plain values in the list's metadata", got="something nested")
