"""Configurations to change, and one that has everything."""

from __future__ import annotations

HEAD = "apiVersion: kubesieve.io/v1alpha1\nkind: Configuration\n"

PARTS = {
    "listen": 'listen: {address: "127.0.0.1:0"}\n',
    "kubelet": 'kubelet: {url: "https://10.0.0.7:10250", tokenFile: token}\n',
    "grants": "grants: {rbac: {}}\n",
}

FULL = """\
apiVersion: kubesieve.io/v1alpha1
kind: Configuration
listen: {address: 0.0.0.0:8443, tls: {certFile: tls.crt, keyFile: tls.key, clientCAFile: clients.crt}}
admin: {address: 127.0.0.1:9441}
kubelet: {url: "https://$(NODE_IP):10250", caFile: ca.crt, tokenFile: token, serverName: node-1, timeout: 1.5}
apiServer: {url: "https://10.96.0.1", caFile: api.crt, tokenFile: token}
identity: {tokenReview: {audiences: [kubesieve]}, clientCertificates: true}
grants:
  rbac: {verb: list, group: "", resource: pods}
  tenants:
  - name: team-a
    subjects: [{kind: ServiceAccount, namespace: team-a, name: agent}, {kind: Group, name: "oidc:team-a"}]
    namespaces: [team-a, team-a-dev]
    namespaceSelector:
      matchLabels: {example.com/tenant: a}
      matchExpressions: [{key: stage, operator: NotIn, values: [test, ""]}, {key: b, operator: Exists}]
    vcluster: {namespace: vc-a, name: a}
  - name: team-b
    subjects: [{kind: User, name: b@example.com}]
    namespaces: [team-b, team-a]
nodeSeries: {preset: all, keep: ["kubelet_*"], drop: [container_network_x]}
sharing: {ttl: 500ms}
limits: {requestsPerToken: 4, headerLineBytes: 8192, idleSeconds: 1m, workSeconds: 12}
containerLogs: {enabled: false, follow: true, mebibytes: 4, duration: 1m, streams: 8, streamsPerCaller: 1}
"""

ENVIRONMENT = {"NODE_IP": "10.0.0.7", "LATER": "hunter2", "TRICK": "a, b]\nx: y", "EMPTY": ""}


def with_part(text: str) -> bytes:
    """A good configuration in which what the text says, from line 3 on, replaces the parts of the same key."""
    others = (part for key, part in PARTS.items() if f"\n{key}:" not in f"\n{text}")
    return (HEAD + text + "\n" + "".join(others)).encode("utf-8", "surrogateescape")
