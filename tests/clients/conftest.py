"""An embedded node, and ``kubesieve serve`` as a process in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.stage.node import build_nodes
from kubesieve.stage.pki import Authority
from kubesieve.stage.service import EmbeddedNode
from tests.clients.programs import Curl, Serving, UnreadServing

ANY_PORT = ("--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")


@pytest.fixture(scope="session")
def shared_stage() -> Iterator[EmbeddedNode]:
    with EmbeddedNode() as stage:
        yield stage


@pytest.fixture
def stage(shared_stage: EmbeddedNode) -> EmbeddedNode:
    """An embedded node that is healthy and has seen no request."""
    shared_stage.kubelet.mend()
    shared_stage.kubelet.forget()
    return shared_stage


@pytest.fixture(scope="session")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.crt, tls.crt and tls.key, for the proxy's own port."""
    folder, authority = tmp_path_factory.mktemp("tls"), Authority("proxy-ca")
    pair = authority.issue()
    for name, content in (("ca.crt", authority.pem), ("tls.crt", pair.cert), ("tls.key", pair.key)):
        (folder / name).write_bytes(content)
    return folder


def upstream(stage: EmbeddedNode) -> tuple[str, ...]:
    """The options that point at the embedded kubelet."""
    return ("--kubelet", stage.url, "--kubelet-ca", str(stage.ca_file))


def own_tls(folder: Path) -> tuple[str, ...]:
    return ("--tls-cert", str(folder / "tls.crt"), "--tls-key", str(folder / "tls.key"))


@pytest.fixture(scope="session")
def shared_serving(
    shared_stage: EmbeddedNode, tls_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    options = ("--namespaces", "sandbox,tenant-b", "--cache-ttl", "60")
    records = tmp_path_factory.mktemp("serve") / "records"
    serving = Serving([*ANY_PORT, *upstream(shared_stage), *own_tls(tls_folder), *options], records)
    yield serving
    serving.stop()


@pytest.fixture
def serving(shared_serving: Serving, stage: EmbeddedNode) -> Serving:
    """Over TLS, for sandbox and tenant-b; what was scraped stays for a minute, so that bodies can be compared."""
    return shared_serving


Start = Callable[..., Serving]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``serve`` with all its options given; ends it after the test."""
    made: list[Serving] = []

    def begin(*options: str, environment: dict[str, str] | None = None, unread: bool = False) -> Serving:
        arguments, records = [*ANY_PORT, *options], tmp_path / f"records-{len(made)}"
        made.append(UnreadServing(arguments) if unread else Serving(arguments, records, environment))
        return made[-1]

    yield begin
    for serving in made:
        serving.stop()


@pytest.fixture
def serve(start: Start, stage: EmbeddedNode, tls_folder: Path) -> Start:
    """The same over TLS in front of the embedded node, for sandbox unless told otherwise."""

    def begin(*options: str, namespaces: str = "sandbox", **how: Any) -> Serving:
        return start(*upstream(stage), *own_tls(tls_folder), "--namespaces", namespaces, *options, **how)

    return begin


MakeCurl = Callable[..., Curl]


@pytest.fixture
def make_curl(curl: str, stage: EmbeddedNode, tls_folder: Path) -> MakeCurl:
    """curl with the agent's token and the right CA, or others."""

    def make(serving: Serving, **changes: Any) -> Curl:
        usual = {"ca": tls_folder / "ca.crt", "authorization": f"Bearer {stage.tokens['datadog']}"}
        return Curl(curl, serving.address, **{**usual, **changes})

    return make


@pytest.fixture
def client(make_curl: MakeCurl, serving: Serving) -> Curl:
    """curl, pointed at ``serving``."""
    return make_curl(serving)


OWN = "tenant-a"
"""Whose agent may see itself, and nothing else, through the gateway of many nodes."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedNode]:
    """Three nodes with pods of equal names."""
    first, *others = build_nodes(3)
    with EmbeddedNode(first, others=others) as stage:
        yield stage


@pytest.fixture(scope="module")
def gateway(cluster: EmbeddedNode, tls_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """``serve --config`` over TLS in front of all three."""
    folder = tmp_path_factory.mktemp("gateway")
    serving = Serving(["--config", str(gateway_file(folder, cluster, tls_folder))], folder / "records")
    yield serving
    serving.stop()


def gateway_file(folder: Path, stage: EmbeddedNode, tls: Path) -> Path:
    ours = {"caFile": str(stage.ca_file), "tokenFile": str(stage.token_file("kubelet-proxy"))}
    pair = {"certFile": str(tls / "tls.crt"), "keyFile": str(tls / "tls.key")}
    agent = {"kind": "ServiceAccount", "namespace": OWN, "name": "agent"}
    whole = {
        "apiVersion": "kubesieve.io/v1alpha1",
        "kind": "Configuration",
        "listen": {"address": "127.0.0.1:0", "tls": pair},
        "admin": {"address": "127.0.0.1:0"},
        "kubelet": {"nodes": {"addressRanges": ["127.0.0.0/8"]}, **ours},
        "apiServer": {"url": stage.apiserver.url, **ours},
        "grants": {"tenants": [{"name": "a", "subjects": [agent], "namespaces": [OWN]}]},
    }
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump(whole))
    return file
