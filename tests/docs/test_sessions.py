"""Sessions in the docs are run, on free ports, and say what the pages say."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

WAIT = "for i in $(seq 200); do (echo > /dev/tcp/127.0.0.1/{port}) 2> /dev/null && break; sleep 0.1; done"


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def run(page: str, folder: Path, **changes: str) -> str:
    """The stdout of the page's one session; "sleep" there means: until it listens."""
    [script] = [
        block for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL) if "stage" in block
    ]
    ports = {port: _free_port() for port in ("10250", "8080", "16443")}
    waits = {"sleep 2": WAIT.format(port="10250"), "sleep 3": WAIT.format(port="8080")}
    script = script.replace("kubesieve serve --kubelet", "kubesieve serve --admin-listen 127.0.0.1:0 --kubelet")
    for old, new in {**waits, **changes}.items():
        assert old in script
        script = script.replace(old, new)
    for port, free in ports.items():
        script = script.replace(port, free)
    done = subprocess.run(
        ["bash", "-mc", script + "\nwait"],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=90,
    )
    return done.stdout


def test_the_readmes_session_runs(tmp_path: Path, curl: str) -> None:
    said = run("README.md", tmp_path)
    assert curl
    assert 'container_memory_working_set_bytes{container="nginx",namespace="sandbox"' in said
    assert '"kind":"PodList"' in said
    assert "kubesieve: path-unknown" in said
    assert "tenant-a" not in said


def test_the_doctors_session_runs(tmp_path: Path) -> None:
    said = run("docs/doctor.md", tmp_path, **{"--interval 12": "--interval 1"})
    assert "KS0301 error   the proxied view holds nothing of sandbox" in said
    assert "KS0301" in said.partition("Containers, as the agent's page")[2].partition("Seen")[0]
    assert said.count("KS0301") > 4


def test_the_audits_session_runs_and_says_what_the_page_says(tmp_path: Path) -> None:
    [says] = re.findall(r"```text\n(.*?)\n```", (ROOT / "docs/audit.md").read_text(), re.DOTALL)
    assert says in run("docs/audit.md", tmp_path)


def test_the_session_of_many_nodes_runs(tmp_path: Path, curl: str) -> None:
    said = run("docs/gateway.md", tmp_path)
    assert curl
    assert "gateway.yaml: fine" in said
    assert "list, watch nodes" in said
    first, refused = said.split("kubesieve: node-unknown: ")
    assert 'namespace="tenant-a"' in first
    assert 'namespace="tenant-b"' not in said
    assert refused.startswith("expected a node of this cluster")


def test_the_session_of_many_tenants_runs(tmp_path: Path, curl: str) -> None:
    said = run("docs/tenants.md", tmp_path)
    assert curl
    assert "tenants.yaml: fine" in said
    assert "system:serviceaccount:tenant-a:agent (system:authenticated," in said
    first, refused = said.split("kubesieve: no-grant: ")
    assert 'namespace="tenant-a"' in first
    assert 'namespace="sandbox"' in first
    assert "kube-system" not in said
    assert "tenant-b" in refused
