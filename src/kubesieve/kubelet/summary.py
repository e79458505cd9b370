"""The shape of /stats/summary (stats/v1alpha1): the node's own numbers and the pods' as the very bytes that came."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.kubelet.podlist import Item, list_or_null, read_items
from kubesieve.kubelet.strict_json import fields, items, member, parse


@dataclass(frozen=True, slots=True)
class Summary:
    """``node``: the node's JSON whole, ``node_fields``: its members in order, ``pods``: one item a pod."""

    node: bytes
    node_fields: tuple[tuple[str, bytes], ...]
    pods: tuple[Item, ...]


def read_summary(body: bytes) -> Summary:
    """Reads a whole body; ``pods: null`` is an empty list. Raises BodyFault."""
    value = parse(body)
    member(value, "node", dict, "the body")
    pods = list_or_null(value, "pods", "the body")
    raw = fields(body)
    node = bytes(raw["node"])
    return Summary(
        node,
        tuple((name, bytes(field)) for name, field in fields(node).items()),
        read_items(pods, items(raw["pods"]) if pods else [], "pods", "podRef"),
    )
