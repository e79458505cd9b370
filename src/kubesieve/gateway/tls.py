"""TLS towards clients: the certificate is read again when its files change, also by rename or swapped symlink."""

from __future__ import annotations

import ssl
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.reload import Reloaded, Report


def serving_context(cert: Path, key: Path, report: Report) -> ssl.SSLContext:
    """A server context whose every handshake uses the newest good pair. Raises OwnFault if the first is none.

    The callback runs in each handshake, with or without a server name, and swaps the context of that connection.
    """
    pair = Reloaded((cert, key), lambda *_: _context(cert, key), what="the serving certificate", report=report)
    outer = _context(cert, key)

    def swap(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = pair.get()

    outer.sni_callback = swap
    return outer


def _context(cert: Path, key: Path) -> ssl.SSLContext:
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
    return context


def _no_password() -> str:
    raise ValueError
