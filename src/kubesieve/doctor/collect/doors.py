"""Trust and tokens of a source: what is checked before the first request."""

from __future__ import annotations

import ssl
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.kubelet.trust import IN_CLUSTER_CA, unverified

IN_CLUSTER_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def trust_for(ca_files: tuple[Path, ...], *, insecure: bool) -> ssl.SSLContext:
    """Verifies against the CA files, else the cluster's CA where we run in one, else the system's. Raises OwnFault."""
    if insecure:
        return unverified()
    files = ca_files or ((IN_CLUSTER_CA,) if IN_CLUSTER_CA.exists() else ())
    context = ssl.create_default_context() if not files else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    for file in files:
        _load(context, file)
    return context


def _load(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(cadata=file.read_text("ascii"))
    except (ssl.SSLError, ValueError):
        raise OwnFault("ca-unusable", f"expected CA certificates in PEM in {file}; got something else") from None
    except OSError as error:
        raise OwnFault("file-unreadable", f"expected to read {file}; got: {error.strerror}") from None


def default_token_file() -> Path | None:
    """The pod's own, where we run in one."""
    return IN_CLUSTER_TOKEN if IN_CLUSTER_TOKEN.exists() else None
