"""What a rendered pod runs, run: its arguments, environment and configuration before the embedded node."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import shared_stage, tls_folder
from tests.clients.programs import Serving
from tests.deploy.rendering import Object, Values, chart, configuration, container, overlay
from tests.deploy.scenes import DROP_IN

__all__ = ["shared_stage", "tls_folder"]

OWN_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
AGENT = {"kind": "ServiceAccount", "namespace": "tenant-a", "name": "agent"}
GRANTS = {"tenants": [{"name": "a", "subjects": [AGENT], "namespaces": ["tenant-a"]}]}


@pytest.fixture
def files(tmp_path: Path, shared_stage: EmbeddedNode, tls_folder: Path) -> Path:
    """What would be mounted at /etc/kubesieve, but for the configuration."""
    (tmp_path / "kubelet-ca.crt").write_bytes(shared_stage.ca_file.read_bytes())
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).write_bytes((tls_folder / name).read_bytes())
    return tmp_path


class _Pods:
    def __init__(self, stage: EmbeddedNode, files: Path) -> None:
        self._stage, self._files = stage, files
        self._running: list[Serving] = []

    def start(self, objects: list[Object]) -> Serving:
        """The container's program, with this machine's files, ports and addresses for the pod's."""
        one = container(objects)
        arguments = [self._here(argument) for argument in one["args"]]
        if "--config" in arguments:
            (self._files / "config.yaml").write_text(self._configuration(objects))
        else:
            arguments += ["--listen", "127.0.0.1:0"]
        environment = {entry["name"]: self._here(entry.get("value", "127.0.0.1")) for entry in one.get("env", [])}
        assert arguments[0] == "serve"
        self._running.append(Serving(arguments[1:], self._files / "records", environment))
        return self._running[-1]

    def _here(self, text: str) -> str:
        return text.replace("/etc/kubesieve", str(self._files)).replace("=:9440", "=127.0.0.1:0")

    def _configuration(self, objects: list[Object]) -> str:
        own = str(self._stage.token_file("kubelet-proxy"))
        said: dict[str, Any] = yaml.safe_load(self._here(configuration(objects)).replace(OWN_TOKEN, own))
        said["listen"]["address"] = said["admin"]["address"] = "127.0.0.1:0"
        api = {"url": self._stage.apiserver.url, "caFile": str(self._stage.ca_file), "tokenFile": own}
        return yaml.safe_dump({**said, "apiServer": api})

    def stop(self) -> None:
        for serving in self._running:
            serving.stop()


@pytest.fixture
def pods(shared_stage: EmbeddedNode, files: Path) -> Iterator[_Pods]:
    made = _Pods(shared_stage, files)
    yield made
    made.stop()


def _ask(url: str, token: str, ca: Path) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=str(ca)) if url.startswith("https") else None
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=15, context=context) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def _kubelet(stage: EmbeddedNode) -> Values:
    return {"port": int(stage.url.rpartition(":")[2]), "ca": {"configMap": "kubelet-ca"}}


@pytest.mark.parametrize("nodes", [False, True], ids=["daemonset", "gateway"])
def test_tenants_see_their_own(pods: _Pods, shared_stage: EmbeddedNode, tls_folder: Path, nodes: bool) -> None:
    values: Values = {"kubelet": _kubelet(shared_stage), "config": {"grants": GRANTS}}
    if nodes:
        values |= {"mode": "gateway"}
        values["kubelet"]["nodes"] = {"addressRanges": ["127.0.0.0/8"]}
    serving = pods.start(chart(values))
    below = f"/api/v1/nodes/{shared_stage.node.name}/proxy" if nodes else ""
    url, ca = f"{serving.address}{below}/metrics/resource", tls_folder / "ca.crt"
    status, body = _ask(url, shared_stage.tokens["tenant-a"], ca)
    assert status == 200
    assert b'namespace="tenant-a"' in body
    assert b'namespace="sandbox"' not in body
    assert _ask(url, shared_stage.tokens["tenant-b"], ca)[0] == 403
    assert _ask(serving.admin_address + "/-/ready", "", ca) == (200, b"ready\n")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_in_the_place_of_a_naive_proxy(pods: _Pods, shared_stage: EmbeddedNode, tls_folder: Path, tls: bool) -> None:
    own = {"kubelet": _kubelet(shared_stage), "tls": {"enabled": tls}, "dropIn": {"namespaces": ["sandbox"]}}
    serving = pods.start(chart({**DROP_IN, **own}))
    assert serving.address.startswith("https:" if tls else "http:")
    url, ca = f"{serving.address}/metrics/resource", tls_folder / "ca.crt"
    status, body = _ask(url, shared_stage.tokens["datadog"], ca)
    assert status == 200
    assert b'namespace="sandbox"' in body
    assert b'namespace="tenant-a"' not in body
    assert _ask(url, "nobody", ca)[0] == 401
    assert _ask(serving.admin_address + "/-/ready", "", ca) == (200, b"ready\n")


def test_the_overlays_arguments_are_the_charts() -> None:
    assert container(overlay("drop-in"))["args"] == container(chart(DROP_IN))["args"]
    assert container(overlay("daemonset"))["args"] == container(chart({}))["args"]
