"""A kubeconfig as far as it takes to ask its API server: the cluster of a context, and its user's credential.

Source: the kubeconfig format (v1 Config).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kubesieve.entrance import Entrance, parse_base
from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.credentials import bearer_of, content_of, credential_of, load_pair
from kubesieve.kubelet.trust import unverified
from kubesieve.named_file import read_file

MOST_BYTES = 1 << 20


class _Plain(yaml.SafeLoader):
    """YAML without merges and aliases: no kubeconfig has them, and a few lines of them can stand for the world."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)


def default_path(environment: Mapping[str, str] = os.environ) -> Path:
    """$KUBECONFIG (its first file), else ~/.kube/config."""
    named = environment.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(named) if named else Path(environment.get("HOME") or Path.home()) / ".kube" / "config"


def current_context(path: Path) -> str:
    """Its name. Raises OwnFault where there is none."""
    config = _read(path)
    name = config.get("current-context")
    if not isinstance(name, str) or not name:
        raise OwnFault("kubeconfig", "expected a current-context; got none: kubectl config use-context NAME sets it")
    _named(config, "contexts", "context", name)
    return name


def api_server(path: Path, context: str | None) -> Entrance:
    """How to reach the API server of a context (default: the current one). Raises OwnFault.

    A credential never goes out on plain http.
    """
    config = _read(path)
    named = context or config.get("current-context") or ""
    chosen = _named(config, "contexts", "context", str(named))
    cluster = _named(config, "clusters", "cluster", str(chosen.get("cluster", "")))
    user = _named(config, "users", "user", str(chosen.get("user", "")))
    folder = path.resolve().parent
    url = parse_base(str(cluster.get("server", "")), "a cluster's server in the kubeconfig")
    name = _server_name(cluster)
    if url.scheme == "http":
        return Entrance(url, None)
    tls = _trust(cluster, folder)
    credential = credential_of(user, folder)
    load_pair(tls, credential, folder)
    return Entrance(url, tls, bearer_of(credential, folder), name)


def _read(path: Path) -> Mapping[str, Any]:
    content = read_file(path, "a kubeconfig", MOST_BYTES)
    try:
        config = yaml.load(content, _Plain)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError):
        raise OwnFault("kubeconfig", f"expected YAML in {path}; got something else") from None
    if not isinstance(config, dict):
        raise OwnFault("kubeconfig", f"expected a kubeconfig in {path}; got something else")
    return config


def _named(config: Mapping[str, Any], group: str, kind: str, name: str) -> Mapping[str, Any]:
    entries = config.get(group)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(kind), dict):
            found: Mapping[str, Any] = entry[kind]
            return found
    raise OwnFault("kubeconfig", f"expected {group} to hold one named {name[:80]!a}; got none")


def _server_name(cluster: Mapping[str, Any]) -> str | None:
    if cluster.get("proxy-url"):
        raise OwnFault(
            "kubeconfig",
            "expected a cluster that can be dialled; got one with a proxy-url: "
            "give --direct URL, or apiServer in a configuration",
        )
    name = cluster.get("tls-server-name") or None
    if name is not None and not isinstance(name, str):
        raise OwnFault("kubeconfig", "expected a tls-server-name; got something else")
    return name


def _trust(cluster: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    """Verification is off where ``true`` says so, not where anything is said."""
    insecure = cluster.get("insecure-skip-tls-verify")
    if insecure not in (None, True, False):
        raise OwnFault("kubeconfig", "expected insecure-skip-tls-verify to be true or false; got something else")
    return unverified() if insecure else _verified(cluster, folder)


def _verified(cluster: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    ca = content_of(cluster, "certificate-authority", folder)
    if ca is None:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise OwnFault("kubeconfig", "expected CA certificates in PEM; got something else") from None
    return context
