"""The objects of the story, as ``kubectl apply`` takes them. ``down`` knows them by the lab's label."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from kubesieve.gateway.configuration.read import read
from kubesieve.gateway.configuration.rights import rights
from kubesieve.lab.cluster.kubectl import Object
from kubesieve.lab.cluster.plan import Plan
from kubesieve.lab.scene import ALLOWED, SANDBOX, WITH_LIMITS, WITHOUT_LIMITS

LABEL, LAB = "app.kubernetes.io/part-of", "kubesieve-lab"
LABELS = {LABEL: LAB}
AGENT_NAMESPACE, PROXY_NAMESPACE = "datadog", "kubelet-proxy"
NAMESPACES = (SANDBOX, AGENT_NAMESPACE, PROXY_NAMESPACE)
AGENT, NAIVE, SIEVE = "agent", "kubelet-proxy", "kubesieve"
CA, PLAN = "kubesieve-ca", "kubesieve-lab"
ROLES = ("kubesieve-lab-agent", "kubesieve-lab-proxy")
SIEVE_PORT, NAIVE_PORT = 8443, 443
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
USER = 65532

_CONTAINER = "nginx"
_WAITING = ["python3", "-c", "import signal; signal.signal(signal.SIGTERM, lambda *_: exit()); signal.pause()"]
_LIMITED = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "200m", "memory": "256Mi"}}
_SMALL = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_NOBODY = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_KUBELET_RULES = ("nodes/metrics", "nodes/spec", "nodes/stats")
_FINE_GRAINED = ("nodes/pods", "nodes/healthz", "nodes/configz", "nodes/logs")


def namespaces() -> list[Object]:
    """The three namespaces; ``kube-system``, which is allowed too, every cluster has. The story's pods are as people
    write them, so a cluster that is strict by default has to let them in.
    """
    return [
        _object("v1", "Namespace", name, **{"pod-security.kubernetes.io/enforce": "baseline"}) for name in NAMESPACES
    ]


def accounts(plan: Plan) -> list[Object]:
    """The agent's account with what Datadog's chart gives it, and kubesieve's with what its configuration takes."""
    sieve = [
        {"apiGroups": [right.group], "resources": [right.resource], "verbs": list(right.verbs)}
        for right in rights(
            read(json.dumps(configuration(plan, {AGENT_NAMESPACE: ALLOWED})).encode(), {"NODE": plan.node.url})
        )
        if not (right.older and plan.node.fine_grained)
    ]
    return [
        _object("v1", "ServiceAccount", AGENT, AGENT_NAMESPACE),
        _object("v1", "ServiceAccount", SIEVE, PROXY_NAMESPACE),
        *_granted(ROLES[0], _agent_rules(plan), AGENT, AGENT_NAMESPACE),
        *_granted(ROLES[1], sieve, SIEVE, PROXY_NAMESPACE),
    ]


def _agent_rules(plan: Plan) -> list[dict[str, Any]]:
    """Source: templates/rbac.yaml of Datadog's chart, with and without kubelet.fineGrainedAuthorization."""
    more = _FINE_GRAINED if plan.node.fine_grained else ("nodes/proxy",)
    return [
        {"apiGroups": [""], "resources": [*_KUBELET_RULES, *more], "verbs": ["get"]},
        {"nonResourceURLs": ["/version", "/healthz", "/metrics", "/metrics/slis"], "verbs": ["get"]},
    ]


def _granted(role: str, rules: Sequence[Mapping[str, Any]], account: str, namespace: str) -> list[Object]:
    group = "rbac.authorization.k8s.io"
    return [
        {**_object(f"{group}/v1", "ClusterRole", role), "rules": list(rules)},
        {
            **_object(f"{group}/v1", "ClusterRoleBinding", role),
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
        },
    ]


def story_pods(plan: Plan) -> list[Object]:
    """One with requests and limits, one with neither."""
    return [
        _pod(name, SANDBOX, plan, {"name": _CONTAINER, "image": plan.images.app, **resources_})
        for name, resources_ in ((WITH_LIMITS, {"resources": _LIMITED}), (WITHOUT_LIMITS, {}))
    ]


def agent(plan: Plan, namespace: str) -> Object:
    """A pod that waits to be told what to ask, with the namespace's account ``agent``."""
    container = {
        "name": AGENT,
        "image": plan.images.kubesieve,
        "command": _WAITING,
        "resources": _SMALL,
        "securityContext": _RESTRICTED,
    }
    return _pod(AGENT, namespace, plan, container, serviceAccountName=AGENT, securityContext=_NOBODY)


def tenant_account() -> Object:
    """An account of the tenant's own, which has no right anywhere: kubesieve's grant is all it needs."""
    return _object("v1", "ServiceAccount", AGENT, SANDBOX)


def naive(plan: Plan) -> list[Object]:
    """The naive proxy as people deploy it: a script in a ConfigMap, a Deployment, a Service 443 to 8080."""
    script = resources.files("kubesieve.lab.cluster").joinpath("naive_proxy.txt").read_text()
    labels = {**LABELS, "app": NAIVE}
    container = {
        "name": "proxy",
        "image": plan.images.python,
        "command": ["python3", "/script/proxy.py"],
        "env": [
            {"name": "KUBELET_HOST", "value": plan.node.host},
            {"name": "KUBELET_PORT", "value": str(plan.node.port)},
            {"name": "ALLOWED_NAMESPACES", "value": ",".join(ALLOWED)},
        ],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 2},
        "volumeMounts": [{"name": "script", "mountPath": "/script"}],
    }
    volume = {"name": "script", "configMap": {"name": NAIVE}}
    template = _template(plan, labels, {"containers": [container], "volumes": [volume]})
    return [
        {**_object("v1", "ConfigMap", NAIVE, PROXY_NAMESPACE), "data": {"proxy.py": script}},
        {
            **_object("apps/v1", "Deployment", NAIVE, PROXY_NAMESPACE),
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": NAIVE}}, "template": template},
        },
        service(NAIVE, NAIVE_PORT, 8080),
    ]


def service(name: str, port: int, target: int) -> Object:
    """A Service of the proxies' namespace."""
    spec = {"selector": {"app": name}, "ports": [{"port": port, "targetPort": target}]}
    return {**_object("v1", "Service", name, PROXY_NAMESPACE), "spec": spec}


def certificate(cert: bytes, key: bytes) -> Object:
    """The pair that kubesieve serves with, both PEM."""
    data = {"tls.crt": base64.b64encode(cert).decode(), "tls.key": base64.b64encode(key).decode()}
    return {**_object("v1", "Secret", SIEVE, PROXY_NAMESPACE), "type": "kubernetes.io/tls", "data": data}


def authority(pem: str, namespace: str = PROXY_NAMESPACE) -> Object:
    """What clients of kubesieve trust, where they are."""
    return {**_object("v1", "ConfigMap", CA, namespace), "data": {"ca.crt": pem}}


def plan_of_lab(plan: Plan) -> Object:
    """What ``up`` decided, for ``verify``."""
    return {**_object("v1", "ConfigMap", PLAN, PROXY_NAMESPACE), "data": {"plan": plan.text()}}


def configuration(plan: Plan, tenants: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """kubesieve's file: the account ``agent`` of which namespace sees which. ``$(NODE)`` is the kubelet's URL."""
    known: dict[str, Any] = {"insecure": True}
    if plan.kubelet_ca:
        known = {"caFile": "/etc/kubesieve/kubelet-ca.crt"}
        known |= {"serverName": plan.kubelet_name} if plan.kubelet_name else {}
    pair = {"certFile": "/etc/kubesieve-tls/tls.crt", "keyFile": "/etc/kubesieve-tls/tls.key"}
    granted = [
        {
            "name": namespace,
            "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": AGENT}],
            "namespaces": list(seen),
        }
        for namespace, seen in tenants.items()
    ]
    return {
        "apiVersion": "kubesieve.io/v1alpha1",
        "kind": "Configuration",
        "listen": {"address": f":{SIEVE_PORT}", "tls": pair},
        "admin": {"address": ":9440"},
        "kubelet": {"url": "$(NODE)", "tokenFile": TOKEN, **known},
        "identity": {"tokenReview": {}},
        "grants": {"tenants": granted},
    }


def sieve(plan: Plan, tenants: Mapping[str, tuple[str, ...]]) -> list[Object]:
    """kubesieve beside the naive proxy. Another configuration is another pod: ConfigMaps are slow to arrive."""
    config = json.dumps(configuration(plan, tenants), indent=1)
    data = {"config.yaml": config, **({"kubelet-ca.crt": plan.kubelet_ca} if plan.kubelet_ca else {})}
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
    labels = {**LABELS, "app": SIEVE}
    container = {
        "name": SIEVE,
        "image": plan.images.kubesieve,
        "command": ["kubesieve"],
        "args": ["serve", "--config", "/etc/kubesieve/config.yaml"],
        "env": [{"name": "NODE", "value": plan.node.url}],
        "ports": [{"containerPort": SIEVE_PORT}, {"containerPort": 9440}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9440}, "periodSeconds": 2},
        "resources": _SMALL,
        "securityContext": _RESTRICTED,
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/kubesieve", "readOnly": True},
            {"name": "tls", "mountPath": "/etc/kubesieve-tls", "readOnly": True},
        ],
    }
    volumes = [
        {"name": "config", "configMap": {"name": SIEVE}},
        {"name": "tls", "secret": {"secretName": SIEVE, "defaultMode": 0o440}},
    ]
    pod = {"serviceAccountName": SIEVE, "securityContext": _NOBODY, "containers": [container], "volumes": volumes}
    template = _template(plan, labels, pod, {"kubesieve.io/configuration": digest})
    return [
        {**_object("v1", "ConfigMap", SIEVE, PROXY_NAMESPACE), "data": data},
        {
            **_object("apps/v1", "DaemonSet", SIEVE, PROXY_NAMESPACE),
            "spec": {"selector": {"matchLabels": {"app": SIEVE}}, "template": template},
        },
    ]


def _pod(name: str, namespace: str, plan: Plan, container: Mapping[str, Any], **spec: Any) -> Object:
    return {**_object("v1", "Pod", name, namespace), "spec": {**_placed(plan), **spec, "containers": [container]}}


def _template(
    plan: Plan, labels: Mapping[str, str], spec: Mapping[str, Any], annotations: Mapping[str, str] | None = None
) -> dict[str, Any]:
    metadata = {"labels": dict(labels), **({"annotations": dict(annotations)} if annotations else {})}
    return {"metadata": metadata, "spec": {**_placed(plan), **spec}}


def _placed(plan: Plan) -> dict[str, Any]:
    """All on the one node that is looked at, and gone at once when they are told to go."""
    where = {"nodeSelector": {"kubernetes.io/hostname": plan.node.hostname}}
    return {**where, "tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 2}


def _object(version: str, kind: str, name: str, namespace: str | None = None, **labels: str) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **place, "labels": {**LABELS, **labels}}}
