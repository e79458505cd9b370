"""Who a client certificate is for: CN is the user, every O a group (Kubernetes' X.509 client certificates)."""

from __future__ import annotations

import ssl
from typing import Any

from kubesieve.faults import CallerFault
from kubesieve.tenancy.values import Caller

AUTHENTICATED = "system:authenticated"


def caller_of(certificate: dict[str, Any], now: float) -> Caller:
    """From ``SSLSocket.getpeercert()`` of a verified certificate; ``now`` in Unix seconds. Raises CallerFault (401).

    The handshake has checked the chain and the dates: a connection may outlive them, so the end is checked again.
    """
    if ssl.cert_time_to_seconds(str(certificate.get("notAfter", ""))) <= now:
        raise CallerFault("certificate-expired", "expected a client certificate that is still good", status=401)
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    users = [value for name, value in pairs if name == "commonName"]
    groups = frozenset(value for name, value in pairs if name == "organizationName")
    if len(users) != 1 or not users[0]:
        raise CallerFault("certificate-unusable", "expected a client certificate with one common name", status=401)
    return Caller(users[0], groups | {AUTHENTICATED})
