"""A kubelet's body, whole or not at all: framing, size, gzip."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from io import BytesIO

import aiohttp

from kubesieve.faults import UpstreamFault

_GZIP_ONLY = 16 + zlib.MAX_WBITS
_IN, _OUT = 64 * 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds on what one kubelet may cost: bytes on the wire, bytes decoded, bytes of one header line, seconds."""

    body_bytes: int = 128 * 1024 * 1024
    decoded_bytes: int = 256 * 1024 * 1024
    header_bytes: int = 16 * 1024
    seconds: float = 10.0
    connect_seconds: float = 3.0
    connections: int = 64


async def read_body(response: aiohttp.ClientResponse, caps: Caps) -> bytes:
    """The decoded body. Raises UpstreamFault: too large, unframed, compressed in a way that was not offered or broken.
    A body that ends early raises aiohttp.ClientPayloadError.
    """
    if not is_framed(response):
        raise _fault("upstream-unframed", "a Content-Length or chunks", "neither: a cut body would look whole")
    if (response.content_length or 0) > caps.body_bytes:
        raise _too_large(caps.body_bytes)
    # Its bytes are given away without a copy. Room that is not written to costs no memory: the length may be a lie.
    whole = BytesIO(bytes(response.content_length or 0))
    async for part in response.content.iter_any():
        if whole.tell() + len(part) > caps.body_bytes:
            raise _too_large(caps.body_bytes)
        whole.write(part)
    whole.truncate()
    body, encoding = whole.getvalue(), response.headers.get("Content-Encoding", "")
    return await asyncio.to_thread(decode, body, encoding, caps) if encoding else body


def is_framed(response: aiohttp.ClientResponse) -> bool:
    """Whether its body shows where it ends."""
    headers = response.headers
    return "Content-Length" in headers or headers.get("Transfer-Encoding", "").lower() == "chunked"


def decode(body: bytes, encoding: str, caps: Caps) -> bytes:
    """Undoes gzip, within the bound on decoded bytes."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() != "gzip":
        raise _fault("upstream-encoding", "gzip or no compression", "another Content-Encoding")
    return _gunzip(body, caps.decoded_bytes)


def _gunzip(body: bytes, bound: int) -> bytes:
    stream, parts, size, at = zlib.decompressobj(_GZIP_ONLY), [], 0, 0
    try:
        while not stream.eof and (at < len(body) or stream.unconsumed_tail):
            piece = stream.unconsumed_tail or body[at : at + _IN]
            at += 0 if stream.unconsumed_tail else len(piece)
            part = stream.decompress(piece, _OUT)
            size += len(part)
            if size > bound:
                raise _fault("upstream-too-large", f"at most {bound} bytes decompressed", "more")
            parts.append(part)
    except zlib.error:
        raise _fault("upstream-encoding", "gzip, as the Content-Encoding says", "something else") from None
    if not stream.eof or stream.unused_data or at < len(body):
        raise _fault("upstream-truncated", "one whole gzip stream", "a cut one, or more behind it")
    return b"".join(parts)


def _too_large(bound: int) -> UpstreamFault:
    return _fault("upstream-too-large", f"a body of at most {bound} bytes", "a larger one")


def _fault(reason: str, expected: str, got: str) -> UpstreamFault:
    return UpstreamFault(reason, f"expected {expected}; got {got}", status=502)
