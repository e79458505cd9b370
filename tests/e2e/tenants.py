"""Three tenants on the cluster, each known in another way, and kubesieve before their node as the chart has it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.pki import Authority
from tests.e2e.cluster import Cluster
from tests.e2e.objects import RESTRICTED, Object, account, bound, config_map, pod, role, secret

HOME = "kubesieve-e2e"
CHECK = "e2e-check"
NOBODY = "e2e-x"
GRANTED: Mapping[str, frozenset[str]] = {
    "a": frozenset({"e2e-a"}),
    "b": frozenset({"e2e-b", "kube-system"}),
    "c": frozenset({"e2e-c", "e2e-c2"}),
}
"""a by the tenants of the file (TokenReview), b by RBAC, c by the labels of namespaces."""

NAMESPACES = (HOME, CHECK, NOBODY, "e2e-a", "e2e-b", "e2e-c", "e2e-c2")
ACCOUNTS = (CHECK, NOBODY, "e2e-a", "e2e-b", "e2e-c")
MANY = 20
RELEASE = "kubesieve"
NAME = f"{RELEASE}.{HOME}.svc"
TOKENS = "/tokens"


class Tenants:
    """Everything that the tests of many tenants share; ``remove`` takes it away."""

    def __init__(self, cluster: Cluster) -> None:
        if cluster.given.helm is None:
            pytest.fail("expected helm (make tools)")
        self.cluster, self.given = cluster, cluster.given
        self.authority = Authority("e2e")
        node = cluster.node
        self.node = node["metadata"]["name"]
        self.fine_grained = int(node["status"]["nodeInfo"]["kubeletVersion"].split(".")[1]) >= 33
        address = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
        self.direct = f"https://{address}:10250"

    def make(self) -> None:
        labels = {CHECK: {"kubesieve.io/tenant": "true"}, "e2e-c": {"e2e": "c"}, "e2e-c2": {"e2e": "c"}}
        self.cluster.apply(*(self.cluster.namespace(name, labels.get(name)) for name in NAMESPACES))
        for name in NAMESPACES:
            self.cluster.account_ready(name)
        self.cluster.apply(*(account(name, "agent") for name in ACCOUNTS), *self._rights())
        self.cluster.apply(*(account("e2e-a", f"many-{number}") for number in range(MANY)))
        self.certify()
        self.install()

    def remove(self) -> None:
        self.cluster.delete("clusterrole,clusterrolebinding", "-l", "e2e=kubesieve")
        self.cluster.delete("rolebinding", "e2e-b", "-n", "kube-system")
        helm = [str(self.given.helm), "uninstall", RELEASE, "-n", HOME]
        subprocess.run(helm, capture_output=True, check=False, timeout=120)
        self.cluster.delete("namespace", *NAMESPACES)

    def install(self, **config: Any) -> None:
        """The chart, with more configuration; returns when every pod is the new one."""
        repository, _, tag = self.given.image.rpartition(":")
        known: dict[str, Any] = {"insecure": True}
        if self.given.kubelet_ca:
            ca = {"ca.crt": self.given.kubelet_ca.read_text()}
            self.cluster.apply(config_map("kubelet-ca", HOME, ca))
            known = {"ca": {"configMap": "kubelet-ca"}, "serverName": self.given.kubelet_name or ""}
        values = {
            "mode": "daemonset",
            "legacyKubelet": not self.fine_grained,
            "image": {"repository": repository, "tag": tag},
            "kubelet": known,
            "tls": {"secretName": "e2e-tls"},
            "config": {
                "identity": {"tokenReview": {}},
                "grants": {
                    "rbac": {},
                    "tenants": [
                        _tenant("a", "e2e-a", namespaces=["e2e-a"]),
                        _tenant("c", "e2e-c", namespaceSelector={"matchLabels": {"e2e": "c"}}),
                        *(_tenant(f"many-{n}", "e2e-a", f"many-{n}", namespaces=["e2e-a"]) for n in range(MANY)),
                    ],
                },
                **config,
            },
        }
        helm = [str(self.given.helm), "upgrade", "--install", RELEASE, "deploy/chart/kubesieve", "-n", HOME, "-f", "-"]
        done = subprocess.run(helm, input=json.dumps(values), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        self.cluster.ready(HOME, f"daemonset/{RELEASE}")

    def certify(self) -> None:
        """A new certificate by the same CA, for the Service; kubelets bring it into the pods when they like."""
        pair = self.authority.issue(names=[NAME], ips=[], common_name=RELEASE)
        self.cluster.apply(secret("e2e-tls", HOME, pair))

    @property
    def url(self) -> str:
        """Address and port of the Service, and the name in the certificate: there may be no DNS."""
        service = self.cluster.get("service", RELEASE, "-n", HOME)["spec"]
        return f"https://{service['clusterIP']}:{service['ports'][0]['port']}#{NAME}"

    def run_in_pod(self, name: str, script: str, callers: Mapping[str, str], *words: str) -> None:
        """A pod that runs a script of this folder with the callers' tokens in a folder; returns when it runs."""
        data = {key: base64.b64encode(value.encode()).decode() for key, value in callers.items()}
        tokens = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": CHECK}, "data": data}
        files = {name: Path(__file__).with_name(name).read_text() for name in (script, "connection.py")}
        files["ca.crt"] = self.authority.pem.decode()
        mounts = [{"name": "files", "mountPath": "/files"}, {"name": "tokens", "mountPath": TOKENS}]
        security = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        body = pod(
            name,
            CHECK,
            self.given.image,
            ("python3", f"/files/{script}", *words),
            container={"volumeMounts": mounts, "securityContext": security},
            restartPolicy="Never",
            nodeSelector={"kubernetes.io/hostname": self.node},
            securityContext=RESTRICTED,
            automountServiceAccountToken=False,
            volumes=[
                {"name": "files", "configMap": {"name": name}},
                {"name": "tokens", "secret": {"secretName": name, "defaultMode": 0o440}},
            ],
        )
        self.cluster.delete("pod", name, "-n", CHECK)
        self.cluster.apply(tokens, config_map(name, CHECK, files), body)
        self.cluster.ready(CHECK, f"pod/{name}")

    def _rights(self) -> list[Object]:
        kubelet = ["nodes/metrics", "nodes/stats"]
        kubelet += ["nodes/pods", "nodes/healthz"] if self.fine_grained else ["nodes/proxy"]
        labels = {"e2e": "kubesieve"}
        direct = {"name": "e2e-direct", "labels": labels}
        metrics = {"name": "e2e-metrics", "labels": labels}
        subject = [{"kind": "ServiceAccount", "name": "agent", "namespace": CHECK}]
        return [
            role(direct, [{"apiGroups": [""], "resources": kubelet, "verbs": ["get"]}]),
            bound("ClusterRoleBinding", direct, subject, "e2e-direct"),
            role(metrics, [{"apiGroups": ["metrics.k8s.io"], "resources": ["pods"], "verbs": ["get"]}]),
            *(_may_see(namespace) for namespace in sorted(GRANTED["b"])),
        ]


def _may_see(namespace: str) -> Object:
    subject = [{"kind": "ServiceAccount", "name": "agent", "namespace": "e2e-b"}]
    return bound("RoleBinding", {"name": "e2e-b", "namespace": namespace}, subject, "e2e-metrics")


def _tenant(name: str, namespace: str, account: str = "agent", **grant: Any) -> Object:
    return {"name": name, "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": account}], **grant}
