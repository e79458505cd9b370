"""TLS towards clients: the certificate is read again when its files change, also by rename or swapped symlink."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.reload import Reloaded, Report

_PEM = re.compile(rb"-----BEGIN [^-\n]+-----.*?-----END [^-\n]+-----", re.DOTALL)


class ServingContext(ssl.SSLContext):
    """A server context that knows the CAs whose client certificates it takes: each as PEM, none where it takes none."""

    client_cas: frozenset[bytes] = frozenset()


class Serving:
    """What clients get to see, and whom they may show: ``context`` uses the newest good files in every handshake.

    With ``client_ca`` (one or more CAs in PEM) clients may show a certificate, and one that is not of them is refused.
    The callback runs in each handshake, with or without a server name, and swaps the context of that connection.
    """

    def __init__(self, cert: Path, key: Path, report: Report, client_ca: Path | None = None) -> None:
        """Raises OwnFault if the files are no good to begin with."""

        def load(_cert: bytes, _key: bytes, client_cas: bytes = b"") -> ServingContext:
            context = _context(cert, key, client_ca)
            context.client_cas = frozenset(_PEM.findall(client_cas))
            return context

        files = (cert, key, client_ca) if client_ca else (cert, key)
        what = "the serving certificate" + (" or the clients' CA" if client_ca else "")
        self._newest = Reloaded(files, load, what=what, report=report)
        self.context: ssl.SSLContext = _context(cert, key, client_ca)

        def swap(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._newest.get()

        self.context.sni_callback = swap

    def believes(self, connection: ssl.SSLObject) -> bool:
        """Whether the client certificate of a connection was verified with CAs that are all good still."""
        shaken = connection.context
        cas = shaken.client_cas if isinstance(shaken, ServingContext) else frozenset()
        return bool(cas) and cas <= self._newest.get().client_cas


Believes = Callable[[ssl.SSLObject], bool]


def _context(cert: Path, key: Path, client_ca: Path | None) -> ServingContext:
    context = ServingContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError):
        raise OwnFault(
            "certificate-unusable",
            f"expected a certificate in PEM in {cert} and its unencrypted key in {key}; got no such pair",
        ) from None
    if client_ca is not None:
        _ask_for_certificates(context, client_ca)
    return context


def _ask_for_certificates(context: ssl.SSLContext, client_ca: Path) -> None:
    context.verify_mode = ssl.CERT_OPTIONAL
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # a resumed session of 1.2 is not verified again
    try:
        context.load_verify_locations(cafile=client_ca)
    except (OSError, ValueError):
        raise OwnFault("ca-unusable", f"expected CA certificates in PEM in {client_ca}; got something else") from None


def _no_password() -> str:
    raise ValueError
