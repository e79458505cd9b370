"""How a kubelet is known to be itself (TLS), and the token shown to it."""

from __future__ import annotations

import re
import ssl
from functools import partial
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.reload import Reloaded, Report

IN_CLUSTER_CA = Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")

_TOKEN = re.compile(rb"[\x21-\x7e]{1,16384}")


def verified(ca: bytes) -> ssl.SSLContext:
    """Trusts the CA certificates (PEM) alone; a certificate needs a SAN that names the host, a CN never counts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise OwnFault("ca-unusable", "expected CA certificates in PEM; got something else, or none") from None
    return context


def unverified() -> ssl.SSLContext:
    """Trusts anybody: only when asked for in so many words."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Trust:
    """Gives the TLS context of the moment; the CA file is read again when it changes. ``whose`` is for what is said."""

    def __init__(
        self,
        ca_file: Path | None,
        *,
        insecure: bool = False,
        report: Report = lambda _: None,
        whose: str = "the kubelet",
    ) -> None:
        self._fixed = unverified() if insecure else None
        self._reloaded: Reloaded[ssl.SSLContext] | None = None
        if not insecure:
            if ca_file is None and not IN_CLUSTER_CA.exists():
                raise OwnFault(
                    "settings-kubelet-ca",
                    f"expected a CA file for {whose}, the cluster's in {IN_CLUSTER_CA}, or insecure; got none",
                )
            files = (ca_file or IN_CLUSTER_CA,)
            self._reloaded = Reloaded(files, verified, what=f"{whose}'s CA", report=report)

    def context(self) -> ssl.SSLContext:
        if self._fixed is not None:
            return self._fixed
        assert self._reloaded is not None  # noqa: S101 - one of the two is set above
        return self._reloaded.get()


class TokenFile:
    """A bearer token from a file that rotates: read on use."""

    def __init__(self, path: Path, report: Report = lambda _: None) -> None:
        self._token = Reloaded((path,), partial(_token, path), what="a token", report=report, every=0.0)

    def authorization(self) -> str:
        """The value of an Authorization header."""
        return f"Bearer {self._token.get()}"


def _token(path: Path, content: bytes) -> str:
    token = content.strip()
    if not _TOKEN.fullmatch(token):
        expected = f"expected one token of visible ASCII characters in {path}"
        raise OwnFault("token-unusable", f"{expected}; got something else, or none")
    return token.decode("ascii")
