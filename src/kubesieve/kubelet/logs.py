"""A container's log, the one answer of a kubelet that is passed on while it comes: how it is asked for and taken."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp

from kubesieve.faults import OwnFault, UpstreamFault
from kubesieve.kubelet.bodies import is_framed

PATH = "/containerLogs/"
ABSENT = (400, 404)
"""What a kubelet says of a container that is gone, has not started, or did not run before."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def log_path(namespace: str, pod: str, container: str) -> str:
    """The path of a log, by names of the kubelet's own pod list. Raises OwnFault for what can be no name (RFC 1123)."""
    if not all(map(_NAME.fullmatch, (namespace, pod, container))):
        raise OwnFault("internal", "expected a pod of the kubelet's own list; got a name that is none")
    return f"{PATH}{namespace}/{pod}/{container}"


def check_log(response: aiohttp.ClientResponse) -> None:
    """Raises UpstreamFault: 404 where there is no such log now, 502 for what is no plain stream that shows its end."""
    if response.status in ABSENT:
        raise UpstreamFault(
            "log-absent", "the kubelet has no such log now: gone, not started, or not before", status=404
        )
    if response.status != 200:
        raise UpstreamFault("upstream-status", f"expected status 200; got {response.status}", status=502)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UpstreamFault("upstream-encoding", "expected no compression; got a Content-Encoding", status=502)
    if not is_framed(response):
        raise UpstreamFault("upstream-unframed", "expected a length or chunks; got neither", status=502)


async def pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it comes, at most some 128 KiB held. Raises aiohttp.ClientPayloadError where it ends early."""
    async for piece in response.content.iter_any():
        yield piece
