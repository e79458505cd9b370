"""A kubeconfig user's credential: token, client certificate, or what its exec plugin gives. Never shown, nor logged.

Source: the kubeconfig format (v1 Config, AuthInfo) and client.authentication.k8s.io/v1 ExecCredential.
"""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubesieve.faults import OwnFault

PLUGIN_SECONDS = 30.0

_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_INSTEAD = "give --direct URL with --token-file, or apiServer in a configuration"
_NOT_TAKEN = {
    "auth-provider": "an auth-provider, which Kubernetes 1.26 has dropped",
    "username": "a name and a password, which Kubernetes 1.19 has dropped",
    "as": "impersonation (as)",
    "as-groups": "impersonation (as-groups)",
}


def credential_of(user: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A user's fields, those of its plugin among them. Raises OwnFault where they are of a kind that is not taken."""
    for name, words in _NOT_TAKEN.items():
        if user.get(name):
            raise OwnFault(
                "kubeconfig", f"expected a token, a client certificate or an exec plugin; got {words}: {_INSTEAD}"
            )
    return {**user, **_plugin(user.get("exec"), folder)}


def bearer_of(credential: Mapping[str, Any], folder: Path) -> str | None:
    """The value of an Authorization header: a token's file comes before a token, as with kubectl."""
    token = credential.get("token")
    if credential.get("tokenFile"):
        content = content_of({"tokenFile": credential["tokenFile"]}, "tokenFile", folder) or b""
        token = content.decode("ascii", "replace").strip()
    if token in (None, ""):
        return None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise OwnFault("kubeconfig", "expected a token of visible ASCII characters; got something else")
    return f"Bearer {token}"


def load_pair(context: ssl.SSLContext, credential: Mapping[str, Any], folder: Path) -> None:
    """The client certificate, if there is one, into the context."""
    pair = {name: content_of(credential, name, folder) for name in ("client-certificate", "client-key")}
    lacking = [name for name, content in pair.items() if not content]
    if len(lacking) == 2:
        return
    if lacking:
        raise OwnFault("kubeconfig", f"expected a client-certificate and a client-key; got no {lacking[0]}")
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(part for part in pair.values() if part))
        file.flush()
        try:
            context.load_cert_chain(file.name, password=_nobody)
        except (OSError, ValueError):
            raise OwnFault(
                "kubeconfig", "expected a client certificate and key in PEM, not encrypted; got something else"
            ) from None


def _nobody() -> bytes:
    """Where the key is encrypted: nobody is asked for its password."""
    return b""


def content_of(part: Mapping[str, Any], name: str, folder: Path) -> bytes | None:
    """``NAME-data`` (base64) or the file ``NAME``, which is beside the kubeconfig where its path is relative."""
    try:
        if part.get(f"{name}-data"):
            return base64.b64decode(str(part[f"{name}-data"]), validate=True)
        return (folder / str(part[name])).read_bytes() if part.get(name) else None
    except (OSError, ValueError):
        raise OwnFault("kubeconfig", f"expected {name} to be readable; got something else") from None


def _plugin(spec: Any, folder: Path) -> dict[str, Any]:
    """Runs the exec plugin, as kubectl does; it is asked to ask nobody."""
    if not isinstance(spec, dict):
        return {}
    name = Path(str(spec.get("command") or "")).name[:80]
    try:
        status = json.loads(_said(spec, folder))["status"]
        given = {
            "token": status.get("token"),
            "client-certificate-data": _encoded(status.get("clientCertificateData")),
            "client-key-data": _encoded(status.get("clientKeyData")),
        }
        if any(given.values()):
            return given
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise OwnFault(
        "kubeconfig",
        f"expected a credential of the exec plugin {name!a}; got none: see what kubectl says, or {_INSTEAD}",
    )


def _said(spec: Mapping[str, Any], folder: Path) -> bytes:
    """A command with a slash in it is beside the kubeconfig where its path is relative."""
    command = str(spec["command"])
    command = str(folder / command) if "/" in command else command
    added = {str(one["name"]): str(one["value"]) for one in spec.get("env") or []}
    asked = {"apiVersion": spec.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    done = subprocess.run(  # noqa: S603 - the kubeconfig's own, as with kubectl
        [command, *map(str, spec.get("args") or [])],
        env={**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PLUGIN_SECONDS,
        check=True,
    )
    return done.stdout


def _encoded(pem: str | None) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None
