"""What goes wrong on the way to a server, as a fault that tells it without telling what was sent."""

from __future__ import annotations

import os
import ssl

import aiohttp

from kubesieve.faults import UpstreamFault

FAILURES = (aiohttp.ClientError, ssl.SSLError, OSError, aiohttp.http_exceptions.HttpProcessingError)
"""What an aiohttp client raises where there is no whole answer; a TimeoutError is taken first."""


def explain(error: Exception) -> UpstreamFault:
    """A transport error as a fault; addresses and reasons, never what was sent."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason, got = "upstream-tls", f"a certificate that is not trusted: {_verify_message(error)}"
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            reason, got = "upstream-tls", "no TLS (is it a plain http port?)"
        case aiohttp.ClientPayloadError():
            reason, got = "upstream-truncated", "one that ended early, or was framed wrongly"
        case aiohttp.ClientConnectorError():
            reason, got = "upstream-unreachable", f"no connection: {_system_message(error.os_error)}"
        case aiohttp.ClientConnectionError() | ConnectionError():
            reason, got = "upstream-disconnected", "a connection that closed"
        case _:
            reason, got = "upstream-malformed", "one that is not HTTP, or beyond the bounds for headers"
    return UpstreamFault(reason, f"expected an answer from the kubelet; got {got}", status=502)


def _system_message(error: OSError) -> str:
    """The system's words for the error number: asyncio's own would name addresses."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else "the name was not found"


def _verify_message(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "it does not name the host"
