"""TLS towards clients: the certificate is read again when its files change, also by rename or swapped symlink."""

from __future__ import annotations

import ssl
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.reload import Reloaded, Report


def serving_context(cert: Path, key: Path, report: Report, client_ca: Path | None = None) -> ssl.SSLContext:
    """A server context whose every handshake uses the newest good files. Raises OwnFault if the first are none.

    With ``client_ca`` (one or more CAs in PEM) clients may show a certificate, and one that is not of them is refused.
    The callback runs in each handshake, with or without a server name, and swaps the context of that connection.
    """
    files = (cert, key, client_ca) if client_ca else (cert, key)
    what = "the serving certificate" + (" or the clients' CA" if client_ca else "")
    pair = Reloaded(files, lambda *_: _context(cert, key, client_ca), what=what, report=report)
    outer = _context(cert, key, client_ca)

    def swap(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = pair.get()

    outer.sni_callback = swap
    return outer


def _context(cert: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
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
