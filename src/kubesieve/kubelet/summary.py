"""The shape of /stats/summary (stats/v1alpha1): the node's own numbers and the pods' as the very bytes that came."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.kubelet.listed import Item, read_list
from kubesieve.kubelet.strict_json import fields, member


@dataclass(frozen=True, slots=True)
class Summary:
    """``node``: the node's JSON whole, ``node_fields``: its members in order, ``pods``: one item a pod."""

    node: bytes
    node_fields: tuple[tuple[str, bytes], ...]
    pods: tuple[Item, ...]


def read_summary(body: bytes) -> Summary:
    """Reads a whole body; ``pods: null`` is an empty list. Raises BodyFault."""
    listed = read_list(body, "pods", "podRef", lambda values: member(values, "node", dict, "the body"))
    node = dict(listed.members)["node"]
    return Summary(node, tuple((name, bytes(field)) for name, field in fields(node).items()), listed.items)
