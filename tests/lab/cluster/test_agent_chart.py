"""Datadog's chart: its key in a Secret and nowhere else, and values that the chart documents."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.lab.cluster import Helm, down, install, up
from kubesieve.lab.cluster.agent_chart import values_for
from tests.lab.cluster.conftest import PLAN, FakeCluster

DOCUMENTED = {
    "agents.nodeSelector",
    "agents.rbac.create",
    "agents.rbac.serviceAccountName",
    "agents.volumeMounts",
    "agents.volumes",
    "clusterAgent.enabled",
    "datadog.apiKeyExistingSecret",
    "datadog.apm.socketEnabled",
    "datadog.clusterChecks.enabled",
    "datadog.collectEvents",
    "datadog.env",
    "datadog.kubeStateMetricsCore.enabled",
    "datadog.kubeStateMetricsEnabled",
    "datadog.kubelet.agentCAPath",
    "datadog.kubelet.host",
    "datadog.leaderElection",
    "datadog.orchestratorExplorer.enabled",
    "datadog.processAgent.enabled",
}
"""Keys as the table "All configuration options" of the chart's README has them (3.81)."""


def _values() -> dict[str, Any]:
    return values_for(PLAN)


def _keys(values: dict[str, Any], before: str = "") -> Iterator[str]:
    for key, value in values.items():
        path = f"{before}{key}"
        if isinstance(value, dict) and path not in DOCUMENTED:
            yield from _keys(value, f"{path}.")
        else:
            yield path


def test_every_value_is_one_that_the_chart_documents() -> None:
    assert set(_keys(_values())) <= DOCUMENTED


def test_the_agent_runs_where_kubesieve_is() -> None:
    assert _values()["agents"]["nodeSelector"] == {"kubernetes.io/hostname": PLAN.node.hostname}


def test_the_values_lead_to_the_labs_kubesieve() -> None:
    values = _values()
    assert values["datadog"]["kubelet"]["host"]["value"] == "kubesieve.kubelet-proxy.svc"
    env = {one["name"]: one["value"] for one in values["datadog"]["env"]}
    assert env == {"DD_KUBERNETES_HTTPS_KUBELET_PORT": "8443", "DD_KUBERNETES_HTTP_KUBELET_PORT": "0"}
    (mount,) = values["agents"]["volumeMounts"]
    assert values["datadog"]["kubelet"]["agentCAPath"] == f"{mount['mountPath']}/ca.crt"


def _helm(cluster: FakeCluster, tmp_path: Path) -> Helm:
    """The fake kubectl under another name: it notes what it is told, and does nothing for words it does not know."""
    binary = tmp_path / "helm"
    shutil.copy(cluster.kubectl.binary, binary)
    return Helm(cluster.kubectl, str(binary))


async def test_the_key_goes_into_a_secret_by_stdin_and_stands_on_no_command_line(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    await up(cluster.kubectl, PLAN)
    await install(_helm(cluster, tmp_path), PLAN, "k3y-of-datadog")
    secret = cluster.objects["secret/datadog/datadog-api-key"]
    assert base64.b64decode(secret["data"]["api-key"]) == b"k3y-of-datadog"
    encoded = secret["data"]["api-key"]
    assert not any("k3y" in word or encoded in word for call in cluster.calls for word in call["words"])
    (upgrade,) = [call for call in cluster.calls if call["words"][0] == "upgrade"]
    assert upgrade["words"][:4] == ["upgrade", "--install", "datadog", "datadog/datadog"]
    assert yaml.safe_load(upgrade["stdin"]) == _values()
    assert "configmap/datadog/kubesieve-ca" in cluster.objects


async def test_a_key_that_is_there_is_enough(cluster: FakeCluster, tmp_path: Path) -> None:
    await up(cluster.kubectl, PLAN)
    there = {"kind": "Secret", "metadata": {"name": "datadog-api-key", "namespace": "datadog"}}
    cluster.put("secret/datadog/datadog-api-key", there)
    await install(_helm(cluster, tmp_path), PLAN, None)
    assert cluster.said("upgrade")


@pytest.mark.parametrize("installed", [True, False])
async def test_down_uninstalls_the_chart_where_it_is(cluster: FakeCluster, tmp_path: Path, installed: bool) -> None:
    await up(cluster.kubectl, PLAN)
    if installed:
        labels = {"owner": "helm", "name": "datadog"}
        release = {"kind": "Secret", "metadata": {"name": "sh.1", "namespace": "datadog", "labels": labels}}
        cluster.put("secret/datadog/sh.1", release)
    await down(_helm(cluster, tmp_path))
    assert cluster.said("uninstall") == (["uninstall datadog -n datadog"] if installed else [])


STUB = {
    "Chart.yaml": "apiVersion: v2\nname: stub\nversion: 1.0.0\n",
    "values.yaml": "datadog: {kubelet: {host: {valueFrom: {fieldRef: {fieldPath: status.hostIP}}}}}\n",
    "templates/env.yaml": "env:\n- name: DD_KUBERNETES_KUBELET_HOST\n"
    "{{ toYaml .Values.datadog.kubelet.host | indent 2 }}\n",
}
"""What the chart does with one value that has a default of another kind."""


def test_the_kubelets_host_takes_the_place_of_the_charts_default(tmp_path: Path) -> None:
    helm = shutil.which("helm", path=f"{Path('.venv/tools').resolve()}{os.pathsep}{os.environ['PATH']}")
    if helm is None:
        pytest.skip("helm is not installed (make tools)")
    for name, text in STUB.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    command = [helm, "template", "stub", str(tmp_path), "--values", "-"]
    out = subprocess.run(command, input=json.dumps(_values()).encode(), capture_output=True, check=True).stdout
    (variable,) = yaml.safe_load(out)["env"]
    assert variable == {"name": "DD_KUBERNETES_KUBELET_HOST", "value": "kubesieve.kubelet-proxy.svc"}
