"""Objects as ``kubectl apply`` takes them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from kubesieve.stage.pki import KeyPair

Object = Mapping[str, Any]

RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
WAITING = ("python3", "-c", "import signal; signal.signal(signal.SIGTERM, lambda *_: exit()); signal.pause()")
_RBAC = "rbac.authorization.k8s.io"


def pod(name: str, namespace: str, image: str, command: Sequence[str] = (), **spec: Any) -> Object:
    """A pod of one container. Without a command the image's own."""
    container = {"name": "main", "image": image, "imagePullPolicy": "IfNotPresent"}
    if command:
        container["command"] = list(command)
    container |= spec.pop("container", {})
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    body = {"terminationGracePeriodSeconds": 1, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}


def account(namespace: str, name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def config_map(name: str, namespace: str, data: Mapping[str, str]) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def secret(name: str, namespace: str, pair: KeyPair) -> Object:
    data = {"tls.crt": pair.cert, "tls.key": pair.key}
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": encoded}


def role(metadata: Object, rules: Sequence[Object]) -> Object:
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": list(rules)}


def bound(kind: str, metadata: Object, subjects: Sequence[Object], role: str) -> Object:
    reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role}
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": reference,
        "subjects": list(subjects),
    }
