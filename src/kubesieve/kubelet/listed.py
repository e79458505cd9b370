"""What /pods and /stats/summary are alike in: a JSON object with a list whose items name their namespace.

``read_list`` reads by the compiled reader where there is one; ``read_list_plainly`` is its specification, and says what
is wrong with a body.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kubesieve.compiled import compiled
from kubesieve.faults import BodyFault
from kubesieve.kubelet.strict_json import MAX_DEPTH, fields, items, member, parse, wrong_type

_Scanned = tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]
_scan: Callable[[bytes, bytes, bytes, int], _Scanned | None] | None = compiled("json_list")


@dataclass(frozen=True, slots=True)
class Item:
    """One pod: the namespace that decides, and its JSON as it came."""

    namespace: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """``members``: those of the body beside its list, in order, each as the very bytes of its value."""

    members: tuple[tuple[str, bytes], ...]
    items: tuple[Item, ...]


CheckHead = Callable[[dict[str, Any]], object]
"""Raises BodyFault where members beside the list, by name and understood, are not what they should be."""


def read_list(body: bytes, name: str, reference: str, check_head: CheckHead) -> Listed:
    """Reads a whole body: ``name`` is its list, ``reference`` the member of an item that says its namespace; null (what
    Go writes for a list that was never made) is an empty list, absence is not. Raises BodyFault.
    """
    scanned = _scan(body, name.encode(), reference.encode(), MAX_DEPTH) if _scan is not None else None
    if scanned is None:
        return read_list_plainly(body, name, reference, check_head)
    members, listed = scanned
    check_head({member.decode(): json.loads(raw) for member, raw in members})
    return Listed(
        tuple((member.decode(), raw) for member, raw in members),
        tuple(Item(namespace.decode(), raw) for namespace, raw in listed),
    )


def read_list_plainly(body: bytes, name: str, reference: str, check_head: CheckHead) -> Listed:
    """As ``read_list``: the specification."""
    value = parse(body)
    if not isinstance(value, dict):
        wrong_type("the body", "an object", value)
    check_head(value)
    values = member(value, name, object, "the body")
    if values is not None and not isinstance(values, list):
        wrong_type(f"the body.{name}", "an array", values)
    raws = fields(body)
    listed = items(raws[name]) if values else []
    return Listed(
        tuple((other, bytes(raw)) for other, raw in raws.items() if other != name),
        tuple(
            Item(_namespace(each, f"{name}[{index}]", reference), bytes(raw))
            for index, (each, raw) in enumerate(zip(values or (), listed, strict=True))
        ),
    )


def _namespace(value: Any, where: str, reference: str) -> str:
    namespace: str = member(member(value, reference, dict, where), "namespace", str, f"{where}.{reference}")
    if not namespace:
        raise BodyFault("json-missing", expected=f"a namespace in {where}.{reference}", got="an empty string")
    return namespace
