"""A cluster of several nodes whose kubelets are on loopback, and our gateway before all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import build_nodes
from tests.gateway.cluster import Cluster
from tests.gateway.conftest import Gateway, wait_until

LOOPBACK = {"addressRanges": ["127.0.0.0/8"]}


class ManyNodes(Cluster):
    """``kubelets`` by the names of their nodes; ``put`` tells the API server of one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kubelets: dict[str, FakeKubelet] = {}
        for node in build_nodes(3):
            kubelet = FakeKubelet(node, directory=self.directory, authority=self.kubelet.authority)
            self.kubelets[node.name] = kubelet
            self.put(node.name)

    def put(self, name: str, *, to: FakeKubelet | None = None, address: str = "127.0.0.1", **more: Any) -> None:
        """As the node's kubelet would: at its own place, or at that of another."""
        kubelet = to or self.kubelets[name]
        self.api.nodes.put(name, kubelet.port, [("InternalIP", address)], **more)

    @contextmanager
    def running(self) -> Iterator[ManyNodes]:
        with self.api:
            for kubelet in self.kubelets.values():
                kubelet.start()
            try:
                yield self
            finally:
                for kubelet in self.kubelets.values():
                    kubelet.stop()

    @contextmanager
    def gateway(self, nodes: dict[str, Any] | None = None, **more: Any) -> Iterator[Gateway]:
        """Our gateway, once it knows the nodes."""
        access = self._access("kubelet.crt")
        if more.get("identity") == {"forward": True}:
            del access["tokenFile"]
        kubelet = {"nodes": LOOPBACK if nodes is None else nodes, "timeout": 2, **access}
        with self.serving(kubelet=kubelet, **more) as gateway:
            assert wait_until(lambda: b"kubesieve_nodes 3.0" in gateway.admin("/-/metrics").body)
            yield gateway

    def forget(self) -> None:
        for kubelet in self.kubelets.values():
            kubelet.mend()
            kubelet.forget()

    def asked(self) -> list[str]:
        """The nodes whose kubelets were asked, a name for each request."""
        return [name for name, kubelet in self.kubelets.items() for _ in kubelet.requests]


def at(node: str, path: str = "/pods") -> str:
    return f"/api/v1/nodes/{node}/proxy{path}"
