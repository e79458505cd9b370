"""Each value goes where the page says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kubesieve import __version__
from tests.deploy.rendering import CHART, Object, Values, chart, configuration, of_kind
from tests.deploy.scenes import DROP_IN

GATEWAY: Values = {"mode": "gateway"}
MANAGED: Values = {"certManager": {"enabled": True, "issuerRef": {"name": "ca"}}}
AFFINITY = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
TOLERATION = {"key": "a", "operator": "Exists"}
POD, ONE = "spec.template.spec", "spec.template.spec.containers.0"

PASSED: list[tuple[str, Any, str, str, Any]] = [
    ("image.pullPolicy", "Always", "DaemonSet", f"{ONE}.imagePullPolicy", "Always"),
    ("image.repository", "r.example/k", "DaemonSet", f"{ONE}.image", f"r.example/k:{__version__}"),
    ("image.tag", "1.2", "DaemonSet", f"{ONE}.image", "kubesieve/kubesieve:1.2"),
    ("image.digest", "sha256:" + "0" * 64, "DaemonSet", f"{ONE}.image", f"kubesieve/kubesieve@sha256:{'0' * 64}"),
    ("image.pullSecrets", ["a"], "DaemonSet", f"{POD}.imagePullSecrets", [{"name": "a"}]),
    ("env", [{"name": "A", "value": "b"}], "DaemonSet", f"{ONE}.env.1", {"name": "A", "value": "b"}),
    ("resources", {"limits": {"cpu": "1"}}, "DaemonSet", f"{ONE}.resources", {"limits": {"cpu": "1"}}),
    ("affinity", AFFINITY, "DaemonSet", f"{POD}.affinity", AFFINITY),
    ("tolerations", [TOLERATION], "DaemonSet", f"{POD}.tolerations", [TOLERATION]),
    ("nodeSelector", {"a": "b"}, "DaemonSet", f"{POD}.nodeSelector", {"a": "b", "kubernetes.io/os": "linux"}),
    ("podAnnotations", {"a": "b"}, "DaemonSet", "spec.template.metadata.annotations.a", "b"),
    ("podLabels", {"a": "b"}, "DaemonSet", "spec.template.metadata.labels.a", "b"),
    ("terminationGracePeriodSeconds", 60, "DaemonSet", f"{POD}.terminationGracePeriodSeconds", 60),
    ("priorityClassName", "high", "DaemonSet", f"{POD}.priorityClassName", "high"),
    ("priorityClass", {"create": True, "value": -1000000}, "PriorityClass", "value", -1000000),
    ("updateStrategy.maxUnavailable", 3, "DaemonSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", 3),
    ("updateStrategy.maxUnavailable", "5%", "DaemonSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", "5%"),
    ("service.name", "kubelet-proxy", "Service", "metadata.name", "kubelet-proxy"),
    ("service.port", 443, "Service", "spec.ports.0.port", 443),
    ("service.annotations", {"a": "b"}, "Service", "metadata.annotations", {"a": "b"}),
    ("serviceAccount.name", "sa", "ServiceAccount", "metadata.name", "sa"),
    ("serviceAccount.annotations", {"a": "b"}, "ServiceAccount", "metadata.annotations", {"a": "b"}),
    ("fullnameOverride", "sieve", "DaemonSet", "metadata.name", "sieve"),
    ("nameOverride", "other", "DaemonSet", "metadata.name", "kubesieve-other"),
    ("kubelet.serverName", "node", "config", "kubelet.serverName", "node"),
    ("kubelet.timeout", "3s", "config", "kubelet.timeout", "3s"),
    ("kubelet.timeout", 2.5, "config", "kubelet.timeout", 2.5),
    ("kubelet.insecure", True, "config", "kubelet.insecure", True),
    ("kubelet.ipv6", True, "config", "kubelet.url", "https://[$(NODE_IP)]:10250"),
    ("kubelet.port", 10350, "config", "kubelet.url", "https://$(NODE_IP):10350"),
    ("config.limits", {"requests": 1000000}, "config", "limits.requests", 1000000),
    ("config.sharing", {"ttl": "1s"}, "config", "sharing.ttl", "1s"),
    ("tls.secretName", "pair", "DaemonSet", f"{POD}.volumes.0.projected.sources.1.secret.name", "pair"),
    ("tls", {**MANAGED, "secretName": "pair"}, "Certificate", "spec.secretName", "pair"),
    ("tls", MANAGED, "Certificate", "spec.issuerRef", {"name": "ca", "kind": "Issuer", "group": "cert-manager.io"}),
    (
        "monitoring.podMonitor",
        {"enabled": True, "interval": "9s"},
        "PodMonitor",
        "spec.podMetricsEndpoints.0.interval",
        "9s",
    ),
    ("monitoring.podMonitor", {"enabled": True, "labels": {"a": "b"}}, "PodMonitor", "metadata.labels.a", "b"),
    ("monitoring.serviceMonitor", {"enabled": True, "labels": {"a": "b"}}, "ServiceMonitor", "metadata.labels.a", "b"),
    (
        "monitoring.serviceMonitor",
        {"enabled": True, "interval": "9s"},
        "ServiceMonitor",
        "spec.endpoints.0.interval",
        "9s",
    ),
]
OF_A_GATEWAY: list[tuple[str, Any, str, str, Any]] = [
    ("autoscaling.minReplicas", 3, "HorizontalPodAutoscaler", "spec.minReplicas", 3),
    ("autoscaling.maxReplicas", 9, "HorizontalPodAutoscaler", "spec.maxReplicas", 9),
    (
        *("autoscaling.targetCPUUtilizationPercentage", 50, "HorizontalPodAutoscaler"),
        *("spec.metrics.0.resource.target.averageUtilization", 50),
    ),
    ("autoscaling.enabled", False, "Deployment", "spec.replicas", 2),
    ("podDisruptionBudget.maxUnavailable", "50%", "PodDisruptionBudget", "spec.maxUnavailable", "50%"),
    ("podDisruptionBudget.maxUnavailable", 2, "PodDisruptionBudget", "spec.maxUnavailable", 2),
    ("kubelet.nodes", {"serverName": "NodeName"}, "config", "kubelet.nodes.serverName", "NodeName"),
    ("resources", {"limits": {"cpu": "1"}}, "Deployment", f"{ONE}.resources", {"limits": {"cpu": "1"}}),
]
OF_A_CERTIFICATE: list[tuple[str, Any, str, Any]] = [
    ("dnsNames", ["a.example"], "spec.dnsNames.4", "a.example"),
    ("ipAddresses", ["10.0.0.7"], "spec.ipAddresses", ["10.0.0.7"]),
    ("duration", "24h", "spec.duration", "24h"),
    ("renewBefore", "8h", "spec.renewBefore", "8h"),
    ("issuerRef", {"name": "b", "kind": "ClusterIssuer"}, "spec.issuerRef.kind", "ClusterIssuer"),
]


def _nested(path: str, value: Any) -> Values:
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}


def _at(one: Any, path: str) -> Any:
    for key in path.split("."):
        one = one[int(key)] if isinstance(one, list) else one[key]
    return one


def _found(objects: list[Object], kind: str) -> Any:
    if kind == "config":
        return yaml.safe_load(configuration(objects))
    return next(one for one in of_kind(objects, kind) if not one["metadata"]["name"].endswith("-admin"))


@pytest.mark.parametrize(("path", "value", "kind", "where", "said"), PASSED)
def test_of_a_daemonset(path: str, value: Any, kind: str, where: str, said: Any) -> None:
    assert _at(_found(chart(_nested(path, value)), kind), where) == said


@pytest.mark.parametrize(("path", "value", "kind", "where", "said"), OF_A_GATEWAY)
def test_of_a_gateway(path: str, value: Any, kind: str, where: str, said: Any) -> None:
    assert _at(_found(chart(GATEWAY | _nested(path, value)), kind), where) == said


@pytest.mark.parametrize(("key", "value", "where", "said"), OF_A_CERTIFICATE)
def test_of_a_certificate(key: str, value: Any, where: str, said: Any) -> None:
    objects = chart({"tls": {"certManager": {"enabled": True, "issuerRef": {"name": "a"}, key: value}}})
    assert _at(_found(objects, "Certificate"), where) == said


def test_the_names_of_a_certificate_are_those_of_the_service() -> None:
    objects = chart({"tls": MANAGED, "service": {"name": "kubelet"}}, namespace="monitored")
    assert _found(objects, "Service")["metadata"]["name"] == "kubelet"
    names = ["kubelet", "kubelet.monitored", "kubelet.monitored.svc", "kubelet.monitored.svc.cluster.local"]
    assert _found(objects, "Certificate")["spec"]["dnsNames"] == names


def test_in_the_place_of_a_naive_proxy() -> None:
    own = {"kind": "Deployment", "kubeletHost": "10.0.0.7", "namespaces": ["a", "123"]}
    objects = chart({**DROP_IN, "dropIn": own, "replicas": 3, "kubelet": {"port": 10350, "serverName": "node"}})
    told = _found(objects, "Deployment")
    assert told["spec"]["replicas"] == 3
    environment = {one["name"]: one["value"] for one in _at(told, f"{ONE}.env")}
    assert environment == {
        "KUBELET_HOST": "10.0.0.7",
        "KUBELET_PORT": "10350",
        "ALLOWED_NAMESPACES": "a,123",
        "KUBELET_CA_FILE": "/etc/kubesieve/kubelet-ca.crt",
        "KUBELET_SERVER_NAME": "node",
    }
    unverified = _found(chart({**DROP_IN, "kubelet": {"insecure": True}}), "DaemonSet")
    assert {"name": "KUBELET_INSECURE", "value": "true"} in _at(unverified, f"{ONE}.env")


def test_no_value_is_left_out_here() -> None:
    """But for those that files of their own are about."""
    elsewhere = {"mode", "legacyKubelet", "networkPolicy", "rbac", "dropIn", "replicas"}
    named = {row[0].partition(".")[0] for row in (*PASSED, *OF_A_GATEWAY)}
    assert named | elsewhere == set(yaml.safe_load((CHART / "values.yaml").read_text()))
