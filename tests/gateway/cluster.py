"""A small cluster on loopback: a kubelet and an API server that know the same callers, and configurations for it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from kubesieve.gateway.configuration import load
from kubesieve.gateway.configured import Configured, settings_of
from kubesieve.stage.apiserver import FakeApiserver
from kubesieve.stage.http_values import Request
from kubesieve.stage.identity import Directory
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.model import Node
from kubesieve.stage.node import story_node
from kubesieve.stage.pki import Authority
from tests.gateway.conftest import Answered, Gateway, read_all, write_pair

AGENT = "system:serviceaccount:{}:agent"


@dataclass
class Cluster:
    """``serving(…)`` starts our gateway with a configuration file made of ``identity`` and ``grants``."""

    folder: Path
    directory: Directory = field(default_factory=Directory.fresh)
    clients: Authority = field(default_factory=lambda: Authority("clients"))

    _numbers: Iterator[int] = field(default_factory=count)

    node: Node = field(default_factory=lambda: story_node(seed=1))

    def __post_init__(self) -> None:
        self.kubelet = FakeKubelet(self.node, directory=self.directory)
        self.api = FakeApiserver(self.directory)
        for name in self.kubelet.node.namespaces:
            self.api.namespaces.put(name, {})

    def token(self, name: str) -> str:
        return self.directory.tokens[name]

    def kubelet_body(self, path: str) -> bytes:
        """What the kubelet says to whoever may everything."""
        request = Request("GET", path, (("Authorization", f"Bearer {self.token('admin')}"),))
        return self.kubelet.answer(request).body

    @contextmanager
    def running(self) -> Iterator[Cluster]:
        with self.kubelet, self.api:
            yield self

    def write(self, path: Path, **more: Any) -> None:
        """A configuration file that works, with some of its keys changed, or left out where they are None."""
        files = {"kubelet.crt": self.kubelet.ca_pem, "api.crt": self.api.ca_pem, "clients.crt": self.clients.pem}
        files["token"] = self.token("kubelet-proxy").encode()
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        cert, key = self.folder / "tls.crt", self.folder / "tls.key"
        if not cert.exists():
            write_pair(self.folder, Authority())
        tls = {"certFile": str(cert), "keyFile": str(key), "clientCAFile": str(self.folder / "clients.crt")}
        whole = {
            "apiVersion": "kubesieve.io/v1alpha1",
            "kind": "Configuration",
            "listen": {"address": "127.0.0.1:0", "tls": tls},
            "admin": {"address": "127.0.0.1:0"},
            "kubelet": {"url": self.kubelet.url, **self._access("kubelet.crt")},
            "apiServer": {"url": self.api.url, **self._access("api.crt")},
            "identity": {"tokenReview": {}, "clientCertificates": True},
            "sharing": {"ttl": "5s"},
            **more,
        }
        new = path.with_suffix(".new")
        new.write_text(yaml.safe_dump({name: value for name, value in whole.items() if value is not None}))
        new.replace(path)

    def _access(self, ca: str) -> dict[str, str]:
        return {"caFile": str(self.folder / ca), "tokenFile": str(self.folder / "token")}

    @contextmanager
    def serving(self, **more: Any) -> Iterator[Gateway]:
        path = self.folder / f"kubesieve-{next(self._numbers)}.yaml"
        self.write(path, **more)
        configured = Configured(path, load(path))
        gateway = Gateway(settings_of(configured.configuration), configured)
        try:
            gateway.path = path
            yield gateway
        finally:
            gateway.stop()

    def by_certificate(self, gateway: Gateway, target: str, user: str, *groups: str, expired: bool = False) -> Answered:
        """Asks with a client certificate and no token."""
        pair = self.clients.issue_client(user, groups, expired=expired)
        chain = self.folder / "client.pem"
        chain.write_bytes(pair.chain)
        context = ssl._create_unverified_context()
        context.load_cert_chain(chain)
        with gateway.connect(context=context) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return Answered(read_all(connection))


def tenant(name: str, *subjects: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"name": name, "subjects": list(subjects), **more}


def account(namespace: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": "agent"}
