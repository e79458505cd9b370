"""A real API server takes what is rendered: a dry run, where KUBESIEVE_DEPLOY_KUBECONFIG names one."""

from __future__ import annotations

import copy
import json
import os
import subprocess

import pytest

from tests.deploy.rendering import Object, chart, overlay, tool
from tests.deploy.scenes import CHARTS, OVERLAYS
from tests.deploy.test_schemas import OF_OTHERS

KUBECONFIG = os.environ.get("KUBESIEVE_DEPLOY_KUBECONFIG", "")
NAMESPACE = "default"

pytestmark = pytest.mark.skipif(not KUBECONFIG, reason="KUBESIEVE_DEPLOY_KUBECONFIG names no cluster")


def _kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [tool("kubectl"), "--kubeconfig", KUBECONFIG, "--request-timeout=20s", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)


def _minor() -> int:
    return int(json.loads(_kubectl("get", "--raw", "/version").stdout)["minor"].rstrip("+"))


def _taken(objects: list[Object]) -> list[str]:
    known = copy.deepcopy([one for one in objects if one["kind"] not in OF_OTHERS])
    for one in known:
        if "namespace" in one["metadata"]:
            one["metadata"]["namespace"] = NAMESPACE
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": known})
    done = _kubectl("apply", "--dry-run=server", "--filename", "-", stdin=whole)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(known)
    return lines


@pytest.mark.parametrize("name", CHARTS)
def test_the_chart_is_taken(name: str) -> None:
    objects = chart(CHARTS[name], "--kube-version", f"1.{_minor()}", namespace=NAMESPACE)
    assert all(line.endswith("(server dry run)") for line in _taken(objects))


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_overlays_are_taken(name: str) -> None:
    older = ("kubernetes-1.20",) if _minor() < 23 else ()
    assert all(line.endswith("(server dry run)") for line in _taken(overlay(*OVERLAYS[name], *older)))
