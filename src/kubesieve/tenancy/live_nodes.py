"""The cluster's nodes with the addresses of their kubelets, as they come, move and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from kubesieve.tenancy.live import Kind, Listing, Live
from kubesieve.tenancy.live_namespaces import labels_of
from kubesieve.tenancy.node_addresses import NodeStatus
from kubesieve.tenancy.values import Selector

PAGE = 100
"""A node's object lists the images that it has: tens of kilobytes."""


def node_of(item: dict[str, Any]) -> NodeStatus | None:
    """What an object tells of a node; None without a uid. A status that cannot be read has no address."""
    uid = item["metadata"].get("uid")
    if not isinstance(uid, str) or not uid:
        return None
    status = item.get("status")
    listed = status.get("addresses") if isinstance(status, dict) else None
    pairs = [(one.get("type"), one.get("address")) for one in _items(listed) if isinstance(one, dict)]
    addresses = tuple((kind, at) for kind, at in pairs if isinstance(kind, str) and isinstance(at, str))
    return NodeStatus(uid, addresses, _port(status))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _port(status: Any) -> int:
    for name in ("daemonEndpoints", "kubeletEndpoint", "Port"):
        status = status.get(name) if isinstance(status, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else 0


def nodes(selector: Selector | None) -> Kind[NodeStatus]:
    """The nodes whose labels the selector matches; all without one."""

    def read(item: dict[str, Any]) -> NodeStatus | None:
        labels = labels_of(item)
        matches = selector is None or (labels is not None and selector.matches(labels))
        return node_of(item) if matches else None

    return Kind("nodes", "/api/v1/nodes", read, PAGE)


class LiveNodes(Live[NodeStatus]):
    """``nodes()`` is what stands now; ``changed`` is called after each change, with a node's name or None for any."""

    def __init__(
        self,
        selector: Selector | None,
        api: Listing,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        super().__init__(nodes(selector), api, report, clock, changed)

    def nodes(self) -> Mapping[str, NodeStatus]:
        """Nodes by name. Raises OwnFault (503) where nothing was heard of them, or not for a minute."""
        return self.known()
