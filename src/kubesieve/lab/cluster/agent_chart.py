"""Datadog's own agent beside the lab's, from Datadog's chart, looking at its node through kubesieve."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from kubesieve.lab.cluster import manifests
from kubesieve.lab.cluster.command import run
from kubesieve.lab.cluster.kubectl import Kubectl
from kubesieve.lab.cluster.plan import Plan

RELEASE = "datadog"
SECRET, KEY = "datadog-api-key", "api-key"
CHART = "datadog/datadog"
VALUES = "datadog_values.yaml"

_WHERE = ("-n", manifests.AGENT_NAMESPACE)
_RELEASE_LABELS = f"owner=helm,name={RELEASE}"


@dataclass(frozen=True, slots=True)
class Helm:
    """Runs helm against the cluster that a Kubectl is for. ``chart`` is a chart as helm takes one."""

    kubectl: Kubectl
    binary: str = "helm"
    chart: str = CHART

    async def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """stdout as bytes. Raises OwnFault where helm does."""
        context = ("--kube-context", self.kubectl.context) if self.kubectl.context else ()
        kubeconfig = ("--kubeconfig", self.kubectl.kubeconfig) if self.kubectl.kubeconfig else ()
        command = (self.binary, *words, *kubeconfig, *context)
        return await run(command, ("helm", *words), stdin=stdin, seconds=self.kubectl.seconds)


async def has_key(kubectl: Kubectl) -> bool:
    """Whether the Secret with the key is there already."""
    return await kubectl.found("secret", SECRET, *_WHERE) is not None


async def install(helm: Helm, plan: Plan, key: str | None) -> None:
    """After ``up``, on the plan's node alone, where kubesieve is. ``key`` goes into a Secret, by stdin; None where it
    is there already.
    """
    kubectl = helm.kubectl
    if key is not None:
        await kubectl.apply([_secret(key)])
    ca = await kubectl.get("configmap", manifests.CA, "-n", manifests.PROXY_NAMESPACE)
    await kubectl.apply([manifests.authority(ca["data"]["ca.crt"], manifests.AGENT_NAMESPACE)])
    words = ("upgrade", "--install", RELEASE, helm.chart, *_WHERE, "--values", "-")
    await helm.run(*words, stdin=json.dumps(values_for(plan)).encode())


def values_for(plan: Plan) -> dict[str, Any]:
    """The values that are shipped, and the node."""
    values: dict[str, Any] = yaml.safe_load(resources.files("kubesieve.lab.cluster").joinpath(VALUES).read_text())
    values["agents"]["nodeSelector"] = {"kubernetes.io/hostname": plan.node.hostname}
    return values


async def uninstall(helm: Helm) -> bool:
    """Before the namespaces go. Whether there was anything."""
    secrets = await helm.kubectl.get("secrets", *_WHERE, "-l", _RELEASE_LABELS)
    if secrets["items"]:
        await helm.run("uninstall", RELEASE, *_WHERE)
    return bool(secrets["items"])


def _secret(key: str) -> dict[str, object]:
    data = {KEY: base64.b64encode(key.encode()).decode()}
    metadata = {"name": SECRET, "namespace": manifests.AGENT_NAMESPACE, "labels": manifests.LABELS}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}
