"""doctor, audit and agent look at one node through a gateway of many: a URL with a path."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import OWN
from tests.clients.programs import KUBESIEVE, Serving, clean_environment

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(cluster: EmbeddedNode, tls_folder: Path) -> Run:
    """A command of ours: its exit code, and its JSON."""

    def of(*words: str) -> tuple[int, Any]:
        access = ["--ca", str(tls_folder / "ca.crt"), "--ca", str(cluster.ca_file)]
        command = [*KUBESIEVE, *words, *access, "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment())
        return done.returncode, json.loads(done.stdout)

    return of


def node(gateway: Serving, name: str) -> str:
    return f"{gateway.address}/api/v1/nodes/{name}/proxy"


def audited(cluster: EmbeddedNode, gateway: Serving, name: str, index: int) -> tuple[str, ...]:
    """A node by the gateway's name for it, and a kubelet asked directly, which the tenant may not."""
    tokens = ("--token-file", str(cluster.token_file(OWN)), "--direct-token-file", str(cluster.token_file("admin")))
    there = ("--proxy", node(gateway, name), "--direct", cluster.kubelets[index].url)
    return (*there, *tokens, "--allowed", OWN, "--interval", "0.2")


def diagnosed(cluster: EmbeddedNode, url: str, index: int) -> tuple[str, ...]:
    tokens = ("--proxy-token-file", str(cluster.token_file(OWN)), "--token-file", str(cluster.token_file("admin")))
    return ("--proxy", url, "--direct", cluster.kubelets[index].url, *tokens, "--interval", "0.2")


def codes(told: Any) -> set[str]:
    return {one["code"] for one in told["findings"]}


def test_the_audit_finds_no_leak_and_nothing_held_back(cluster: EmbeddedNode, gateway: Serving, run: Run) -> None:
    """Odd spellings of paths, other nodes' names among them, are tried behind the node's own path."""
    exit_code, told = run("audit", *audited(cluster, gateway, "stage-node-2", 1))
    assert (exit_code, codes(told)) == (0, {"KS0907"})


def test_the_audit_tells_one_node_from_another(cluster: EmbeddedNode, gateway: Serving, run: Run) -> None:
    exit_code, told = run("audit", *audited(cluster, gateway, "stage-node-2", 2))
    assert exit_code != 0
    assert "KS0907" not in codes(told)


def test_the_doctor_compares_the_node_with_its_kubelet(cluster: EmbeddedNode, gateway: Serving, run: Run) -> None:
    there = diagnosed(cluster, node(gateway, "stage-node-3"), 2)
    exit_code, told = run("doctor", *there, "--namespaces", f"{OWN},sandbox")
    assert exit_code == 1
    assert {one["namespace"] for one in told["findings"] if one["code"] == "KS0301"} == {"sandbox"}


WRONG = [
    pytest.param("/api/v1/nodes/nowhere/proxy", "node-unknown", id="a node that there is not"),
    pytest.param("", "path-without-node", id="no node at all"),
]


@pytest.mark.parametrize(("path", "reason"), WRONG)
def test_the_doctor_says_what_is_wrong_with_the_url(
    cluster: EmbeddedNode, gateway: Serving, run: Run, path: str, reason: str
) -> None:
    there = diagnosed(cluster, f"{gateway.address}{path}", 0)
    _, told = run("doctor", *there, "--namespaces", OWN)
    [found] = [one for one in told["findings"] if one["code"] == "KS0119"]
    assert reason in found["title"]
    assert "/api/v1/nodes/NAME/proxy" in found["fix"]


def test_the_agent_reads_the_node(cluster: EmbeddedNode, gateway: Serving, run: Run) -> None:
    token = str(cluster.token_file(OWN))
    _, told = run("agent", "kubelet", "--url", node(gateway, "stage-node"), "--token-file", token, "--interval", "0")
    assert f'"{OWN}"' in json.dumps(told)
    assert '"tenant-b"' not in json.dumps(told)
