"""What the manifests come to, rendered with the real kubectl and helm."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

KUSTOMIZE, CHART = ROOT / "deploy/kustomize", ROOT / "deploy/chart/kubesieve"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TOOLS = Path(sys.prefix) / "tools"
Values = dict[str, Any]
Object = dict[str, Any]


def tool(name: str) -> str:
    """The path of kubectl or helm; skips where it is absent, fails where CI promised it."""
    if (TOOLS / name).exists():
        return str(TOOLS / name)
    if os.environ.get("KUBESIEVE_DEPLOY_TOOLS") == "required":
        pytest.fail(f"{name} is required here and not in {TOOLS}: make tools")
    pytest.skip(f"{name} is not in {TOOLS}: make tools")


def run(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        command = [tool(name), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, env=environment)


def helm(values: Values, *options: str, namespace: str = "kubesieve") -> subprocess.CompletedProcess[str]:
    command = ("template", "kubesieve", str(CHART), "--namespace", namespace, "--values", "-", *options)
    return run("helm", *command, stdin=json.dumps(values))


def chart(values: Values, *options: str, namespace: str = "kubesieve") -> list[Object]:
    """The chart's objects."""
    return _chart(json.dumps(values, sort_keys=True), options, namespace)


@functools.cache
def _chart(values: str, options: tuple[str, ...], namespace: str) -> list[Object]:
    done = helm(json.loads(values), *options, namespace=namespace)
    assert done.returncode == 0, done.stderr
    return _objects(done.stdout)


@functools.cache
def overlay(name: str, *components: str) -> list[Object]:
    """The objects of ``kubectl kustomize``, of an overlay with components put to it."""
    if not components:
        return kustomized(KUSTOMIZE / "overlays" / name)
    with tempfile.TemporaryDirectory() as folder:
        there = os.path.relpath(KUSTOMIZE, os.path.realpath(folder))
        wanted = [f"{there}/components/{one}" for one in components]
        whole = {"resources": [f"{there}/overlays/{name}"], "components": wanted}
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(whole))
        return kustomized(Path(folder))


def kustomized(folder: Path) -> list[Object]:
    done = run("kubectl", "kustomize", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    return _objects(done.stdout)


def _objects(text: str) -> list[Object]:
    return [one for one in yaml.load_all(text, Loader=LOADER) if one]


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [one for one in objects if one["kind"] in kinds]


def the(objects: list[Object], *kinds: str) -> Object:
    """The one object of such a kind."""
    [found] = of_kind(objects, *kinds)
    return found


def workload(objects: list[Object]) -> Object:
    return the(objects, "DaemonSet", "Deployment")


def pod(objects: list[Object]) -> Object:
    return dict(workload(objects)["spec"]["template"])


def container(objects: list[Object]) -> Object:
    [only] = pod(objects)["spec"]["containers"]
    return dict(only)


def configuration(objects: list[Object]) -> str:
    return str(the(objects, "ConfigMap")["data"]["config.yaml"])
