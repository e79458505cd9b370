"""Values and overlays that the tests render: each by a name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.rendering import Object, Values, chart, overlay

AGENT = {"kind": "ServiceAccount", "namespace": "team-a", "name": "agent"}
TENANT = {"name": "team-a", "subjects": [AGENT], "namespaces": ["team-a"]}
SELECTING = {"name": "team-b", "subjects": [AGENT], "namespaceSelector": {"matchLabels": {"tenant": "b"}}}
EVERYBODY = {"name": "all", "namespaces": ["team-a"]}
VIRTUAL = {"name": "vc", "subjects": [AGENT], "vcluster": {"namespace": "vc-a", "name": "a"}}
CLIENT_CA = {"clientCA": {"configMap": "clients"}}
DROP_IN: Values = {"mode": "dropIn", "dropIn": {"namespaces": ["team-a", "team-b"]}, "tls": {"enabled": False}}


def _tenants(*tenants: dict[str, Any], **config: Any) -> Values:
    return {"config": {"grants": {"tenants": list(tenants)}, **config}}


CHARTS: dict[str, Values] = {
    "defaults": {},
    "tenants": _tenants(TENANT),
    "selecting": _tenants(SELECTING),
    "virtual": _tenants(VIRTUAL),
    "both grants": {"config": {"grants": {"tenants": [TENANT, SELECTING], "rbac": {"verb": "list", "group": ""}}}},
    "audiences": {"config": {"identity": {"tokenReview": {"audiences": ["kubesieve", "yes"]}}}},
    "certificates alone": {"config": {"identity": {"clientCertificates": True}}, "tls": CLIENT_CA},
    "certificates and tokens": {
        "config": {"identity": {"clientCertificates": True, "tokenReview": {}}},
        "tls": {"clientCA": {"secret": "clients", "key": "pool.pem"}, "secretName": "pair"},
    },
    "forward": _tenants(EVERYBODY, identity={"forward": True}),
    "forward, selecting": _tenants(
        {"name": "all", "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}},
        identity={"forward": True},
    ),
    "forward said to be off": {"config": {"identity": {"forward": False, "tokenReview": {}}}},
    "plain http": {"tls": {"enabled": False}, "service": {"port": 80, "name": "kubelet", "annotations": {"a": "b"}}},
    "cert-manager": {
        "tls": {
            "certManager": {
                "enabled": True,
                "issuerRef": {"name": "ca", "kind": "ClusterIssuer"},
                "dnsNames": ["a.example"],
                "ipAddresses": ["10.0.0.7"],
            }
        }
    },
    "legacy": {"legacyKubelet": True},
    "logs": {"legacyKubelet": True, "config": {"containerLogs": {"enabled": True, "follow": True}}},
    "kubelet of another CA": {"kubelet": {"ca": {"configMap": "kubelet-ca"}, "serverName": "node", "timeout": "5s"}},
    "kubelet CA of a secret": {"kubelet": {"ca": {"secret": "kubelet-ca", "key": "tls-ca.pem"}, "port": 10350}},
    "kubelet not verified": {"kubelet": {"insecure": True, "timeout": 3}},
    "IPv6": {"kubelet": {"ipv6": True}},
    "environment": {
        "env": [
            {"name": "TEAM", "value": "team-a"},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        **_tenants({"name": "$(TEAM)", "subjects": [AGENT], "namespaces": ["$(TEAM)"]}),
    },
    "all of a configuration": {
        "config": {
            "grants": {"tenants": [TENANT]},
            "nodeSeries": {"preset": "all", "keep": ["node_*"], "drop": ["*_total"]},
            "sharing": {"ttl": 0},
            "limits": {"requests": 1000000, "headerLineBytes": 1048576, "idleSeconds": 0.5, "stopSeconds": "20s"},
        }
    },
    "odd names": _tenants(
        {
            "name": "true",
            "subjects": [
                {"kind": "User", "name": 'a: "b" # {c}'},
                {"kind": "Group", "name": "0x10"},
                {"kind": "User", "name": "{{ .Release }} é"},
            ],
            "namespaces": ["null", "1e3", "0777"],
        }
    ),
    "network": {
        "networkPolicy": {
            "tenants": [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "10.1.0.0/16"}}],
            "monitoring": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}],
            "kubelets": {"cidrs": ["10.0.0.0/16", "fd00::/64"]},
            "apiServer": {"cidrs": ["10.96.0.1/32"], "ports": [443]},
            "dns": True,
        }
    },
    "nothing optional": {
        "networkPolicy": {"enabled": False},
        "rbac": {"create": False},
        "podDisruptionBudget": {"enabled": False},
        "autoscaling": {"enabled": False},
    },
    "monitored": {
        "monitoring": {
            "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "serviceMonitor": {"enabled": True, "interval": "15s"},
        }
    },
    "placed": {
        "priorityClass": {"create": True, "value": 1000000000},
        "nodeSelector": {"pool": "shared"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "podAnnotations": {"a": "b"},
        "podLabels": {"team": "x"},
        "resources": {"requests": {"cpu": "1"}},
        "priorityClassName": "high",
    },
    "another image": {
        "image": {
            "repository": "registry.example/kubesieve",
            "digest": f"sha256:{'0' * 64}",
            "pullSecrets": ["pull"],
            "pullPolicy": "Always",
        },
        "fullnameOverride": "sieve",
        "serviceAccount": {"name": "sa", "annotations": {"a": "b"}},
    },
    "as a subchart": {"global": {"anything": True}, "nameOverride": "sieve"},
    "gateway": {"mode": "gateway"},
    "gateway, choosing nodes": {
        "mode": "gateway",
        "kubelet": {
            "nodes": {
                "selector": {"matchLabels": {"node-restriction.kubernetes.io/pool": "shared"}},
                "addressTypes": ["Hostname", "InternalIP"],
                "addressRanges": ["10.0.0.0/16"],
                "serverName": "NodeName",
            },
            "ca": {"configMap": "kubelet-ca"},
        },
        **_tenants(TENANT, SELECTING, limits={"requestsPerToken": 64}),
    },
    "gateway, forward": {"mode": "gateway", **_tenants(EVERYBODY, identity={"forward": True})},
    "gateway, forward, not verified": {
        "mode": "gateway",
        "kubelet": {"insecure": True},
        **_tenants(EVERYBODY, identity={"forward": True}),
    },
    "gateway, legacy": {"mode": "gateway", "legacyKubelet": True, "autoscaling": {"enabled": False}, "replicas": 3},
    "gateway, certificates": {
        "mode": "gateway",
        "config": {"identity": {"clientCertificates": True}, "grants": {"tenants": [TENANT]}},
        "tls": CLIENT_CA,
        "autoscaling": {"maxReplicas": 9},
        "podDisruptionBudget": {"maxUnavailable": "50%"},
    },
    "drop-in": DROP_IN,
    "drop-in, https": {**DROP_IN, "tls": {"enabled": True}},
    "drop-in, a Deployment": {
        **DROP_IN,
        "dropIn": {"kind": "Deployment", "kubeletHost": "node-1.example", "namespaces": ["team-a"]},
        "kubelet": {"ca": {"secret": "kubelet-ca"}, "serverName": "node-1"},
    },
    "drop-in, one pod, not verified": {
        **DROP_IN,
        "dropIn": {"kind": "Deployment", "namespaces": ["team-a"]},
        "kubelet": {"insecure": True, "port": 10350},
        "replicas": 1,
    },
}
CONFIGURED = [name for name in CHARTS if not name.startswith("drop-in")]

OVERLAYS: dict[str, tuple[str, ...]] = {
    "daemonset": ("daemonset",),
    "daemonset, all": ("daemonset", "legacy-kubelet", "cert-manager", "pod-monitor", "priority-class"),
    "gateway": ("gateway",),
    "gateway, all": ("gateway", "legacy-kubelet", "cert-manager", "pod-monitor", "priority-class"),
    "drop-in": ("drop-in",),
    "drop-in, all": ("drop-in", "drop-in-tls", "cert-manager", "pod-monitor", "priority-class"),
}
EVERY = [
    *(pytest.param("chart", name, id=f"chart: {name}") for name in CHARTS),
    *(pytest.param("overlay", name, id=f"overlay: {name}") for name in OVERLAYS),
]


def rendered(what: str, name: str) -> list[Object]:
    return chart(CHARTS[name]) if what == "chart" else overlay(*OVERLAYS[name])
