"""An embedded node with neighbours, and proxies in front of it: kubesieve's, the naive one, one that passes all on."""

from __future__ import annotations

import asyncio
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from yarl import URL

from kubesieve.doctor.audit.observed import Observed
from kubesieve.doctor.audit.probing import Sides, observe
from kubesieve.doctor.collect.doors import trust_for
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.entrance import Entrance
from kubesieve.gateway.settings import Settings
from kubesieve.sieve import Policy
from kubesieve.stage.http_values import Request
from kubesieve.stage.service import NAIVE_ALLOWED, EmbeddedNode, StageOptions
from tests.gateway.conftest import LOOPBACK, Gateway

ALLOWED = frozenset(NAIVE_ALLOWED)
SECONDS = 5.0


class PassThrough(socketserver.ThreadingTCPServer):
    """Passes every byte on to a kubelet, but for the token: its own, which opens everything."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, upstream: str, token: str) -> None:
        self.upstream, self.token = URL(upstream), token
        self.unverified = ssl._create_unverified_context()
        super().__init__(("127.0.0.1", 0), _Relay)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Relay(socketserver.StreamRequestHandler):
    server: PassThrough
    timeout = SECONDS

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += b"" if line.lower().startswith(b"authorization:") else line
        announced = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        body = self.rfile.read(int(announced[1])) if announced else b""
        token = f"Authorization: Bearer {self.server.token}\r\n\r\n".encode()
        try:
            self._relay(head[:-2] + token + body)
        except OSError:
            return

    def _relay(self, request: bytes) -> None:
        upstream = self.server.upstream
        with (
            socket.create_connection((upstream.host or "", upstream.port or 0), timeout=SECONDS) as plain,
            self.server.unverified.wrap_socket(plain) as secure,
        ):
            secure.sendall(request)
            while piece := secure.recv(65536):
                self.wfile.write(piece)


@pytest.fixture(scope="session")
def shared_node() -> Iterator[EmbeddedNode]:
    with EmbeddedNode(options=StageOptions(naive=True)) as node:
        yield node


@pytest.fixture
def node(shared_node: EmbeddedNode) -> EmbeddedNode:
    shared_node.kubelet.mend()
    shared_node.kubelet.forget()
    return shared_node


@pytest.fixture(scope="session")
def pass_through(shared_node: EmbeddedNode) -> Iterator[PassThrough]:
    with PassThrough(shared_node.url, shared_node.tokens["admin"]) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def passed_on(shared_node: EmbeddedNode, pass_through: PassThrough) -> Observed:
    """A whole look at the pass-through, for tests that only judge it."""
    shared_node.kubelet.mend()
    return look_at(shared_node, pass_through.url)


@pytest.fixture(scope="session")
def passed_alone(shared_node: EmbeddedNode, pass_through: PassThrough) -> tuple[Observed, list[Request]]:
    """The same without the kubelet beside it, and what the kubelet was asked meanwhile, by its own account."""
    shared_node.kubelet.mend()
    shared_node.kubelet.forget()
    seen = look_at(shared_node, pass_through.url, direct=False)
    return seen, list(shared_node.kubelet.requests)


@pytest.fixture(scope="session")
def naive_view(shared_node: EmbeddedNode) -> Observed:
    """A whole look at the naive proxy."""
    assert shared_node.naive is not None
    shared_node.kubelet.mend()
    return look_at(shared_node, shared_node.naive.url)


@pytest.fixture(scope="session")
def our_view(shared_node: EmbeddedNode) -> Observed:
    """A whole look at kubesieve's own serve, with nothing to be found in it."""
    shared_node.kubelet.mend()
    gateway = our_gateway(shared_node)
    try:
        return look_at(shared_node, gateway.url)
    finally:
        gateway.stop()


def our_gateway(node: EmbeddedNode) -> Gateway:
    return Gateway(Settings(LOOPBACK, LOOPBACK, URL(node.url), Policy(ALLOWED), kubelet_ca=node.ca_file))


@pytest.fixture
def ours(node: EmbeddedNode) -> Iterator[Gateway]:
    """kubesieve's own serve."""
    gateway = our_gateway(node)
    yield gateway
    gateway.stop()


Audit = Callable[..., Observed]


def look_at(node: EmbeddedNode, url: str | URL, *, direct: bool = True, **changes: object) -> Observed:
    """Looks at a proxy as the agent does, with the kubelet beside it unless told otherwise."""
    agent, trust = f"Bearer {node.tokens['datadog']}", trust_for((node.ca_file,), insecure=False)
    kubelet = Entrance(URL(node.url), trust, agent)
    proxy = Entrance(URL(str(url)), None, agent)
    sides = Sides(proxy, ALLOWED, kubelet if direct else None, agent, kubelet if direct else None, SECONDS, 0.1)
    return asyncio.run(observe(replace(sides, **changes)))  # type: ignore[arg-type]


@pytest.fixture
def look(node: EmbeddedNode) -> Audit:
    return partial(look_at, node)


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]
