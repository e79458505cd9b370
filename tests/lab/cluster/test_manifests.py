"""The objects of the lab: the contract's figures, few rights, pods that hold up to a security review."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any

import pytest

from kubesieve.gateway.configuration.read import read
from kubesieve.lab.cluster import manifests
from kubesieve.lab.cluster.manifests import SIEVE, configuration
from kubesieve.lab.scene import ALLOWED, PODS
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.naive import NaiveProxy
from kubesieve.stage.node import story_node
from tests.lab.cluster.conftest import PLAN

OLD = replace(PLAN, node=replace(PLAN.node, fine_grained=False))


def _named(objects: list[Any], kind: str, name: str) -> dict[str, Any]:
    return next(one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name))


def test_the_storys_pods_have_the_requests_and_limits_of_the_contract() -> None:
    found = {}
    for pod in manifests.story_pods(PLAN):
        (container,) = pod["spec"]["containers"]
        assert container["name"] == "nginx"
        have = container.get("resources", {})
        pairs = [
            [have.get(kind, {}).get(what, "none") for kind in ("requests", "limits")] for what in ("cpu", "memory")
        ]
        found[pod["metadata"]["name"]] = [" / ".join(pair) for pair in pairs]
    assert found == {pod.name: [pod.cpu, pod.memory] for pod in PODS}


@pytest.mark.parametrize(
    ("plan", "resources"),
    [
        (PLAN, {"nodes/metrics", "nodes/stats", "nodes/pods", "nodes/healthz", "tokenreviews"}),
        (OLD, {"nodes/metrics", "nodes/stats", "nodes/pods", "nodes/healthz", "tokenreviews", "nodes/proxy"}),
    ],
    ids=["fine-grained", "before it"],
)
def test_kubesieve_has_the_rights_that_its_configuration_takes(plan: Any, resources: set[str]) -> None:
    role = _named(manifests.accounts(plan), "ClusterRole", "kubesieve-lab-proxy")
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == resources
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "create"}


@pytest.mark.parametrize(("plan", "proxy"), [(PLAN, False), (OLD, True)], ids=["fine-grained", "before it"])
def test_the_agent_has_nodes_proxy_only_where_there_is_no_smaller_right(plan: Any, proxy: bool) -> None:
    role = _named(manifests.accounts(plan), "ClusterRole", "kubesieve-lab-agent")
    assert ("nodes/proxy" in role["rules"][0]["resources"]) is proxy


OWN_PODS = {
    "agent": manifests.agent(PLAN, "datadog")["spec"],
    "kubesieve": _named(manifests.sieve(PLAN, {}), "DaemonSet", SIEVE)["spec"]["template"]["spec"],
}


@pytest.mark.parametrize("spec", list(OWN_PODS.values()), ids=list(OWN_PODS))
def test_kubesieves_own_pods_are_restricted(spec: dict[str, Any]) -> None:
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert not any("hostPath" in volume for volume in spec.get("volumes", ()))


@pytest.mark.parametrize("ca", [None, "-----BEGIN CERTIFICATE-----"])
def test_the_configuration_is_one_that_serve_takes(ca: str | None) -> None:
    plan = replace(PLAN, kubelet_ca=ca, kubelet_name="worker-1" if ca else None)
    text = json.dumps(configuration(plan, {"datadog": ALLOWED, "sandbox": ("sandbox",)}))
    taken = read(text.encode(), {"NODE": plan.node.url})
    assert [tenant.name for tenant in taken.grants.tenants] == ["datadog", "sandbox"]
    assert taken.identity.token_review is not None


def test_another_configuration_is_another_pod_and_the_same_is_not() -> None:
    def digest(tenants: dict[str, tuple[str, ...]]) -> str:
        template = _named(manifests.sieve(PLAN, tenants), "DaemonSet", SIEVE)["spec"]["template"]
        return str(template["metadata"]["annotations"])

    assert digest({"datadog": ALLOWED}) == digest({"datadog": ALLOWED}) != digest({"datadog": (*ALLOWED, "sandbox")})


def test_selectors_pick_the_pods_they_are_for() -> None:
    made = [*manifests.naive(PLAN), *manifests.sieve(PLAN, {}), manifests.service(SIEVE, 8443, 8443)]
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"] for one in made if "template" in str(one)
    }
    for one in made:
        selector = one.get("spec", {}).get("selector", {})
        selector = selector.get("matchLabels", selector)
        assert selector.items() <= labels.get(one["metadata"]["name"], {}).items()


@pytest.fixture(scope="module")
def naive_pair() -> Iterator[tuple[str, str, str]]:
    """The script of the ConfigMap as a process, the stage's naive proxy, both before one kubelet; and a token."""
    with FakeKubelet(story_node(seed=3), clock=lambda: 1e9) as kubelet, NaiveProxy(kubelet.url, ALLOWED) as stage:
        script = _named(manifests.naive(PLAN), "ConfigMap", "kubelet-proxy")["data"]["proxy.py"]
        script = (
            script.replace('("", 8080)', '("127.0.0.1", 0)')
            .replace("HTTPServer((", "server = HTTPServer((")
            .replace(".serve_forever()", "\nprint(server.server_port, flush=True)\nserver.serve_forever()")
        )
        host, port = kubelet.url.removeprefix("https://").split(":")
        env = {**os.environ, "KUBELET_HOST": host, "KUBELET_PORT": port, "ALLOWED_NAMESPACES": ",".join(ALLOWED)}
        process = subprocess.Popen(
            [sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            yield f"127.0.0.1:{port}", stage.url.removeprefix("http://"), kubelet.tokens["datadog"]
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("path", ["/pods", "/stats/summary", "/metrics/cadvisor", "/metrics/resource", "/spec", "/no"])
@pytest.mark.parametrize("token", [True, False], ids=["token", "no token"])
def test_the_script_does_what_the_stages_naive_proxy_does(
    naive_pair: tuple[str, str, str], path: str, token: bool
) -> None:
    *addresses, secret = naive_pair
    script, stage = (_asked(address, path, secret if token else None) for address in addresses)
    assert script == stage


def _asked(address: str, path: str, token: str | None) -> tuple[int, str | None, bytes]:
    connection = HTTPConnection(address, timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read()
