"""A cluster that is a folder, behind a kubectl of our own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubesieve.lab.cluster import Images, Kubectl, Plan
from kubesieve.lab.cluster.plan import Node

PLAN = Plan(Images(), Node("worker-1", "worker-1.example", "10.0.0.7", 10250, fine_grained=True))


def node_object(name: str = "worker-1", version: str = "v1.35.0", **spec: Any) -> dict[str, Any]:
    """A node as an API server has it."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": f"{name}.example"}},
        "spec": spec,
        "status": {
            "addresses": [{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": "10.0.0.7"}],
            "conditions": [{"type": "Ready", "status": "True"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"kubeletVersion": version},
        },
    }


@dataclass(frozen=True, slots=True)
class FakeCluster:
    """``folder`` holds what fake_kubectl says it does."""

    folder: Path
    kubectl: Kubectl

    @property
    def objects(self) -> dict[str, Any]:
        path = self.folder / "objects"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    def put(self, key: str, item: dict[str, Any]) -> None:
        (self.folder / "objects").write_text(json.dumps({**self.objects, key: item}))

    def fail(self, words: str) -> None:
        (self.folder / "fail").write_text(words)

    def said(self, verb: str) -> list[str]:
        """Command lines that begin with a verb."""
        return [" ".join(call["words"]) for call in self.calls if call["words"][0] == verb]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    binary = tmp_path / "kubectl"
    script = Path(__file__).with_name("fake_kubectl").read_text()
    binary.write_text(f"#!{sys.executable} -ISE\n{script}")
    binary.chmod(0o755)
    folder = tmp_path / "cluster"
    folder.mkdir()
    monkeypatch.setenv("FAKE_CLUSTER", str(folder))
    fake = FakeCluster(folder, Kubectl(binary=str(binary)))
    fake.put("node//worker-1", node_object())
    return fake
