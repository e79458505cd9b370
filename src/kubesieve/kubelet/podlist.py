"""The shape of /pods and /runningpods/: a PodList (core/v1), its items as the very bytes that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubesieve.faults import BodyFault
from kubesieve.kubelet.strict_json import fields, items, member, parse, wrong_type

KEPT_FIELDS = ("kind", "apiVersion", "metadata")


@dataclass(frozen=True, slots=True)
class Item:
    """One pod: the namespace that decides, and its JSON as it came."""

    namespace: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class PodList:
    """``head``: kind, apiVersion and metadata as they came, in order; anything else beside them is left out."""

    head: tuple[tuple[str, bytes], ...]
    items: tuple[Item, ...]


def read_podlist(body: bytes) -> PodList:
    """Reads a whole body. ``items: null``, as a kubelet says while it starts, is an empty list. Raises BodyFault."""
    value = parse(body)
    kind = member(value, "kind", str, "the body")
    if kind != "PodList":
        raise BodyFault("json-wrong-kind", expected="kind PodList", got="another kind")
    _check_head(value)
    raw = fields(body)
    head = tuple((name, bytes(raw[name])) for name in raw if name in KEPT_FIELDS)
    pods = list_or_null(value, "items", "the body")
    return PodList(head, read_items(pods, items(raw["items"]) if pods else [], "items", "metadata"))


def _check_head(value: dict[str, Any]) -> None:
    """What passes beside the items must be too plain to hold one."""
    metadata = value.get("metadata", {})
    if not isinstance(value.get("apiVersion", ""), str) or not isinstance(metadata, dict):
        raise BodyFault("json-wrong-type", expected="a text as apiVersion, an object as metadata", got="another kind")
    if any(isinstance(field, list | dict) for field in metadata.values()):
        raise BodyFault("json-wrong-type", expected="plain values in the list's metadata", got="something nested")


def list_or_null(value: Any, name: str, where: str) -> list[Any]:
    """A list; null (what Go writes for a list that was never made) counts as empty, absence does not."""
    found = member(value, name, object, where)
    if found is None:
        return []
    if not isinstance(found, list):
        wrong_type(f"{where}.{name}", "an array", found)
    return found


def read_items(values: list[Any], raws: list[Any], name: str, reference: str) -> tuple[Item, ...]:
    """Pairs each item's bytes with the namespace in its ``reference`` member. Raises BodyFault where one has none."""
    return tuple(
        Item(_namespace(value, f"{name}[{index}]", reference), bytes(raw))
        for index, (value, raw) in enumerate(zip(values, raws, strict=True))
    )


def _namespace(value: Any, where: str, reference: str) -> str:
    namespace: str = member(member(value, reference, dict, where), "namespace", str, f"{where}.{reference}")
    if not namespace:
        raise BodyFault("json-missing", expected=f"a namespace in {where}.{reference}", got="an empty string")
    return namespace
