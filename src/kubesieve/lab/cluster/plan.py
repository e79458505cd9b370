"""What the lab makes on a cluster, decided before anything is made: images, node, and how the kubelet is known."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kubesieve import __version__
from kubesieve.faults import OwnFault
from kubesieve.kubelet.endpoints import FINE_GRAINED_MINOR
from kubesieve.lab.cluster.kubectl import Kubectl


@dataclass(frozen=True, slots=True)
class Images:
    """Published names by default. ``app`` is what the two pods of the story run, ``python`` the naive proxy."""

    kubesieve: str = f"kubesieve/kubesieve:{__version__}"
    app: str = "nginx:1.27"
    python: str = "python:3.13-slim"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Images:
        """By name. Raises OwnFault where a name is none of these."""
        unknown = sorted(set(given) - set(cls.__slots__))
        if unknown:
            raise OwnFault("image-unknown", f"expected an image of {', '.join(cls.__slots__)}; got {unknown[0]!a}")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Node:
    """A node whose kubelet is looked at. ``host`` is its address as a URL has it; ``hostname`` the label that pods are
    placed by; ``fine_grained``: it has smaller rights than nodes/proxy.
    """

    name: str
    hostname: str
    host: str
    port: int
    fine_grained: bool

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the story is set up. Without ``kubelet_ca`` (PEM) nobody here verifies the kubelet, as agents that were told
    ``kubelet_tls_verify: false`` do.
    """

    images: Images
    node: Node
    kubelet_ca: str | None = None
    kubelet_name: str | None = None

    def text(self) -> str:
        """As JSON, for ``of_text``."""
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> Plan:
        """Raises OwnFault where another version wrote it."""
        try:
            record = json.loads(text)
            return cls(**{**record, "images": Images(**record["images"]), "node": Node(**record["node"])})
        except (ValueError, LookupError, TypeError):
            raise OwnFault(
                "lab-unreadable", "expected a plan as this version writes it; got another. Run lab down, then lab up"
            ) from None

    @classmethod
    async def make(
        cls,
        kubectl: Kubectl,
        images: Images,
        node: str | None = None,
        kubelet_ca: str | None = None,
        kubelet_name: str | None = None,
    ) -> Plan:
        """Asks the cluster for its nodes. ``node`` names one; else the first that is ready and takes pods, one without
        taints before others: the lab's pods tolerate them.

        Raises OwnFault where there is none.
        """
        nodes = (await kubectl.get("nodes"))["items"]
        fit = [one for one in nodes if (one["metadata"]["name"] == node if node else _takes_pods(one))]
        fit.sort(key=_is_tainted)
        if not fit:
            names = ", ".join(one["metadata"]["name"] for one in nodes) or "none"
            expected = f"a node {node}" if node else "a node that is ready and takes pods"
            raise OwnFault("node-missing", f"expected {expected}; got {names}")
        return cls(images, _node(fit[0]), kubelet_ca, kubelet_name)


def _takes_pods(node: Mapping[str, Any]) -> bool:
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"]["conditions"])
    linux = node["status"]["nodeInfo"].get("operatingSystem", "linux") == "linux"
    return ready and linux and not node["spec"].get("unschedulable")


def _is_tainted(node: Mapping[str, Any]) -> bool:
    return any(one["effect"] != "PreferNoSchedule" for one in node["spec"].get("taints", ()))


def _node(node: Mapping[str, Any]) -> Node:
    status = node["status"]
    addresses = [one["address"] for one in status["addresses"] if one["type"] == "InternalIP"]
    if not addresses:
        raise OwnFault("node-missing", f"expected an InternalIP of node {node['metadata']['name']}; got none")
    port = status.get("daemonEndpoints", {}).get("kubeletEndpoint", {}).get("Port") or 10250
    version = re.match(r"v1\.(\d+)", status["nodeInfo"]["kubeletVersion"])
    host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    name = node["metadata"]["name"]
    hostname = node["metadata"].get("labels", {}).get("kubernetes.io/hostname", name)
    return Node(name, hostname, host, port, fine_grained=version is None or int(version[1]) >= FINE_GRAINED_MINOR)
