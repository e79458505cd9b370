"""The embedded node, or a cluster of them, as one thing: kubelets, apiserver and, if asked for, the naive proxy."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from kubesieve.stage.apiserver import FakeApiserver
from kubesieve.stage.identity import Directory
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.model import Node
from kubesieve.stage.naive import NaiveProxy
from kubesieve.stage.node import story_node
from kubesieve.stage.pki import Authority

# What the naive proxy of the story lets through.
NAIVE_ALLOWED = ("datadog", "kube-system")
_AGE = 3600.0


@dataclass(frozen=True, slots=True)
class StageOptions:
    """How an embedded node starts. ``folder`` None is a temporary one, removed at the end; ``naive`` adds the proxy."""

    address: tuple[str, int] = ("127.0.0.1", 0)
    apiserver_address: tuple[str, int] = ("127.0.0.1", 0)
    folder: Path | None = None
    naive: bool = False
    allowed: tuple[str, ...] = NAIVE_ALLOWED


class EmbeddedNode:
    """``with EmbeddedNode() as stage:`` has ``stage.kubelet``, ``stage.apiserver``, ``stage.naive`` and their files.

    ``others`` are nodes of the same cluster: ``stage.kubelets`` are all, in order, the first one at the address of the
    options. A node whose boot is still the fixed date of `node.BORN` is made one hour old, so that its counters look
    young.
    """

    def __init__(
        self, node: Node | None = None, options: StageOptions = StageOptions(), others: Sequence[Node] = ()
    ) -> None:
        born = float(int(time.time() - _AGE))
        self.node = replace(node or story_node(), born=born)
        self.authority = Authority()
        self.directory = Directory.fresh()
        shared = {"directory": self.directory, "authority": self.authority}
        self.kubelet = FakeKubelet(self.node, address=options.address, **shared)  # type: ignore[arg-type]
        elsewhere = (options.address[0], 0)
        more = [FakeKubelet(replace(one, born=born), address=elsewhere, **shared) for one in others]  # type: ignore[arg-type]
        self.kubelets = (self.kubelet, *more)
        self.apiserver = FakeApiserver(self.directory, self.authority, options.apiserver_address)
        for kubelet in self.kubelets:
            self.apiserver.nodes.put(kubelet.node.name, kubelet.port, [("InternalIP", options.address[0])])
            for name in kubelet.node.namespaces:
                self.apiserver.namespaces.put(name, {})
        self.naive = NaiveProxy(self.kubelet.url, options.allowed) if options.naive else None
        self._temporary = None if options.folder else tempfile.TemporaryDirectory(prefix="kubesieve-stage-")
        self.folder = options.folder or Path(self._temporary.name if self._temporary else "")

    @property
    def url(self) -> str:
        """The kubelet's address."""
        return self.kubelet.url

    @property
    def tokens(self) -> dict[str, str]:
        return self.directory.tokens

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.crt"

    def token_file(self, name: str) -> Path:
        """Where the token of ``datadog``, ``kubelet-proxy``, ``tenant-a``, ``tenant-b`` or ``admin`` is."""
        return self.folder / "tokens" / name

    def start(self) -> Self:
        self._write_files()
        for server in (*self.kubelets, self.apiserver):
            server.start()
        if self.naive:
            self.naive.start()
        return self

    def stop(self) -> None:
        for server in (*self.kubelets, self.apiserver):
            server.stop()
        if self.naive:
            self.naive.stop()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _write_files(self) -> None:
        (self.folder / "tokens").mkdir(parents=True, exist_ok=True)
        self.ca_file.write_bytes(self.authority.pem)
        for name, token in self.tokens.items():
            path = self.token_file(name)
            path.touch(mode=0o600)
            path.write_text(token)
