"""A kubeconfig as far as it takes to ask its API server: cluster, and the user's token, certificate or exec plugin.

Source: the kubeconfig format (v1 Config) and client.authentication.k8s.io/v1 ExecCredential.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kubesieve.doctor.collect.doors import Entrance, parse_base
from kubesieve.faults import OwnFault
from kubesieve.kubelet.trust import unverified

PLUGIN_SECONDS = 30.0


def default_path() -> Path:
    """$KUBECONFIG (its first file), else ~/.kube/config."""
    named = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(named) if named else Path.home() / ".kube" / "config"


def api_server(path: Path, context: str | None) -> Entrance:
    """How to reach the API server of a context (default: the current one). Raises OwnFault."""
    config = _read(path)
    named = context or config.get("current-context") or ""
    chosen = _named(config, "contexts", "context", str(named))
    cluster = _named(config, "clusters", "cluster", str(chosen.get("cluster", "")))
    user = _named(config, "users", "user", str(chosen.get("user", "")))
    folder = path.resolve().parent
    credential = {**user, **_plugin(user.get("exec"))}
    tls = _tls(cluster, credential, folder)
    return Entrance(
        parse_base(str(cluster.get("server", "")), "a cluster's server in the kubeconfig"),
        tls,
        _authorization(credential, folder),
        cluster.get("tls-server-name"),
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except OSError as error:
        raise OwnFault("kubeconfig", f"expected a kubeconfig in {path}; got: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise OwnFault("kubeconfig", f"expected YAML in {path}; got something else") from None
    if not isinstance(config, dict):
        raise OwnFault("kubeconfig", f"expected a kubeconfig in {path}; got something else")
    return config


def _named(config: Mapping[str, Any], group: str, kind: str, name: str) -> Mapping[str, Any]:
    for entry in config.get(group) or []:
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(kind), dict):
            found: Mapping[str, Any] = entry[kind]
            return found
    raise OwnFault("kubeconfig", f"expected {group} to hold one named {name[:80]!a}; got none")


def _plugin(spec: Any) -> dict[str, Any]:
    """Runs the exec plugin, as kubectl does. What it says is a credential and never shown."""
    if not isinstance(spec, dict):
        return {}
    command = [str(spec.get("command", "")), *map(str, spec.get("args") or [])]
    added = {str(one.get("name")): str(one.get("value")) for one in spec.get("env") or [] if isinstance(one, dict)}
    asked = {"apiVersion": spec.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = {**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=PLUGIN_SECONDS, check=True)  # noqa: S603
        status = json.loads(done.stdout)["status"]
        return {
            "token": status.get("token"),
            "client-certificate-data": _encoded(status.get("clientCertificateData")),
            "client-key-data": _encoded(status.get("clientKeyData")),
        }
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, AttributeError):
        name = Path(command[0]).name[:80]
        raise OwnFault("kubeconfig", f"expected a credential of the exec plugin {name!a}; got none") from None


def _encoded(pem: str | None) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None


def _tls(cluster: Mapping[str, Any], credential: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    context = unverified() if cluster.get("insecure-skip-tls-verify") else _verified(cluster, folder)
    pair = [_content(credential, name, folder) for name in ("client-certificate", "client-key")]
    if all(pair):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\n".join(part for part in pair if part))
            file.flush()
            try:
                context.load_cert_chain(file.name)
            except (ssl.SSLError, ValueError):
                raise OwnFault(
                    "kubeconfig", "expected a client certificate and key in PEM; got something else"
                ) from None
    return context


def _verified(cluster: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    ca = _content(cluster, "certificate-authority", folder)
    if ca is None:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise OwnFault("kubeconfig", "expected CA certificates in PEM; got something else") from None
    return context


def _content(part: Mapping[str, Any], name: str, folder: Path) -> bytes | None:
    """``NAME-data`` (base64) or the file ``NAME``, which is beside the kubeconfig where its path is relative."""
    try:
        if part.get(f"{name}-data"):
            return base64.b64decode(str(part[f"{name}-data"]), validate=True)
        return (folder / str(part[name])).read_bytes() if part.get(name) else None
    except (OSError, ValueError):
        raise OwnFault("kubeconfig", f"expected {name} to be readable; got something else") from None


def _authorization(credential: Mapping[str, Any], folder: Path) -> str | None:
    token = credential.get("token")
    if not token and credential.get("tokenFile"):
        token = (
            (_content({"token": credential["tokenFile"]}, "token", folder) or b"").decode("ascii", "replace").strip()
        )
    return f"Bearer {token}" if token else None
