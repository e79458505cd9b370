"""The cluster that KUBECONFIG names, through kubectl, and what a run leaves behind to read: tables in a folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.objects import Object


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment says of the cluster; ``node_hook`` is a command that does to a node what kubectl cannot."""

    image: str
    app_image: str
    python_image: str
    kubelet_ca: Path | None
    kubelet_name: str | None
    node_hook: str | None
    kubectl: str
    helm: str | None

    @classmethod
    def by_environment(cls) -> Given:
        env = os.environ
        ca = env.get("KUBESIEVE_E2E_KUBELET_CA")
        tools = Path(".venv/tools").resolve()
        search = os.pathsep.join([*([str(tools)] if tools.is_dir() else []), env["PATH"]])
        return cls(
            image=env.get("KUBESIEVE_E2E_IMAGE", "kubesieve/kubesieve:dev"),
            app_image=env.get("KUBESIEVE_E2E_APP_IMAGE", "nginx:1.27"),
            python_image=env.get("KUBESIEVE_E2E_PYTHON_IMAGE", "python:3.13-slim"),
            kubelet_ca=Path(ca) if ca else None,
            kubelet_name=env.get("KUBESIEVE_E2E_KUBELET_NAME"),
            node_hook=env.get("KUBESIEVE_E2E_NODE_HOOK"),
            kubectl=env.get("KUBESIEVE_E2E_KUBECTL") or shutil.which("kubectl", path=search) or "kubectl",
            helm=shutil.which("helm", path=search),
        )

    def do_to_node(self, what: str) -> None:
        """``kubelet-restart``, ``apiserver-stop``, ``apiserver-start``."""
        assert self.node_hook is not None
        subprocess.run([self.node_hook, what], check=True, timeout=120)


OURS = {"e2e.kubesieve.io/made": "here"}
"""The label of every namespace that these tests make."""


class Cluster:
    """Every call is a kubectl of its own; failures carry what kubectl said."""

    def __init__(self, given: Given) -> None:
        self.given = given

    def run(self, *words: str, stdin: str = "", seconds: float = 180) -> str:
        done = subprocess.run(
            [self.given.kubectl, *words], input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr.strip()}"
        return done.stdout

    def get(self, *words: str) -> Any:
        return json.loads(self.run("get", *words, "-o", "json"))

    def apply(self, *objects: Object) -> None:
        self.run("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def delete(self, *words: str) -> None:
        self.run("delete", "--ignore-not-found", *words)

    def ready(self, namespace: str, *names: str) -> None:
        for name in names:
            kind = name.partition("/")[0]
            if kind == "pod":
                self.run("wait", "--for=condition=Ready", "-n", namespace, name, "--timeout=120s")
            else:
                self.run("rollout", "status", "-n", namespace, name, "--timeout=120s")

    def token(self, namespace: str, account: str) -> str:
        """A token of an hour; `kubectl create token` is younger than some clusters."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        return str(json.loads(self.run("create", "--raw", path, "-f", "-", stdin=json.dumps(kind)))["status"]["token"])

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {**OURS, **(labels or {})}},
        }

    def check_free(self, *names: str) -> None:
        """Nothing is made, and nothing deleted later, where somebody has a namespace or a ClusterRole of a name."""
        for kind, name in (("namespace", name) for name in names):
            found = self.run("get", kind, name, "--ignore-not-found", "-o", "json").strip()
            labels = json.loads(found)["metadata"].get("labels", {}) if found else OURS
            assert OURS.items() <= labels.items(), (
                f"expected {kind} {name} to be free for these tests; it is somebody's"
            )
        assert not self.run("get", "clusterrole", "kubesieve", "--ignore-not-found").strip(), (
            "kubesieve is installed here"
        )

    def account_ready(self, namespace: str) -> None:
        until(lambda: self.run("get", "serviceaccount", "default", "-n", namespace, "--ignore-not-found"), 60)

    @property
    def node(self) -> dict[str, Any]:
        """The first node that is ready."""
        nodes = self.get("nodes")["items"]
        return next(node for node in nodes if any(_is_ready(one) for one in node["status"]["conditions"]))


def _is_ready(condition: Mapping[str, str]) -> bool:
    return (condition["type"], condition["status"]) == ("Ready", "True")


def until(condition: Callable[[], object], seconds: float, pause: float = 0.5) -> Any:
    """What a condition gives, as soon as it gives something; fails where it does not in time."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"expected it within {seconds} s"
        time.sleep(pause)
    return found


def artefact(name: str, text: str, *, shown: bool = True) -> None:
    """Kept in build/e2e, and shown: what a run measured."""
    folder = Path(os.environ.get("KUBESIEVE_E2E_OUT", "build/e2e"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.rstrip() + "\n")
    if shown:
        print(f"\n== {name}\n{text}")
