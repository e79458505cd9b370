"""The files of a gateway that is measured: certificates of servers and tenants, and a configuration that grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from kubesieve.stage.pki import Authority


def write_certificates(folder: Path, tenants: Mapping[str, Sequence[str]]) -> None:
    """``ca.crt``, ``tls.crt``, ``tls.key`` of servers; for each tenant ``TENANT.pem``; a token of ours."""
    authority, clients = Authority(), Authority("clients")
    server = authority.issue()
    files = {"ca.crt": authority.pem, "tls.crt": server.cert, "tls.key": server.key, "clients.crt": clients.pem}
    for name, content in {**files, **{f"{one}.pem": clients.issue_client(one).chain for one in tenants}}.items():
        (folder / name).write_bytes(content)
    (folder / "token").write_text("bench")


def write_configuration(
    folder: Path, url: str, tenants: Mapping[str, Sequence[str]], ttl: str, node_series: str = "node"
) -> Path:
    """A gateway for tenants with certificates, in the folder of ``write_certificates``."""
    tls = {"certFile": str(folder / "tls.crt"), "keyFile": str(folder / "tls.key")}
    granted = [
        {"name": name, "subjects": [{"kind": "User", "name": name}], "namespaces": list(namespaces)}
        for name, namespaces in tenants.items()
    ]
    whole = {
        "apiVersion": "kubesieve.io/v1alpha1",
        "kind": "Configuration",
        "listen": {"address": "127.0.0.1:0", "tls": {**tls, "clientCAFile": str(folder / "clients.crt")}},
        "admin": {"address": "127.0.0.1:0"},
        "kubelet": {"url": url, "caFile": str(folder / "ca.crt"), "tokenFile": str(folder / "token")},
        "identity": {"clientCertificates": True},
        "grants": {"tenants": granted},
        "nodeSeries": {"preset": node_series},
        "sharing": {"ttl": ttl},
        "limits": {
            "requestsPerPeer": 200,
            "connectionsPerPeer": 500,
            "requestsPerToken": 64,
            "callerRequestsPerSecond": 10_000,
            "callerMebibytesPerSecond": 10_000,
        },
    }
    path = folder / f"kubesieve-{ttl}.yaml"
    path.write_text(yaml.safe_dump(whole))
    return path
