"""A body as it came, and what it is: decoded where it can be, told apart where it is not what it says."""

from __future__ import annotations

import zlib

import aiohttp

from kubesieve.doctor.evidence import Coding, Framing

MOST_BYTES = 48 * 1024 * 1024
MOST_DECODED = 48 * 1024 * 1024
"""Of one body, as it comes and decoded: 500 pods have some 20 MB of container series."""
MOST_LOOK = 160 * 1024 * 1024
"""Of all bodies of a source together, decoded: they are kept until they are judged."""
_GZIP = b"\x1f\x8b"
_MANGLED = b"\x1f\xef\xbf\xbd"
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_MOST_MEMBERS = 100


class TooLarge(Exception):
    """A body beyond the cap."""


async def receive(response: aiohttp.ClientResponse) -> bytes:
    """The bytes on the wire. Raises TooLarge, and aiohttp's errors where they end early."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def decode(wire: bytes, said: str, announced: int | None) -> tuple[bytes, Framing]:
    """The body, decoded where it begins like gzip and is; what was said is kept beside it. Raises TooLarge."""
    coding, body = Coding.PLAIN, wire
    if wire.startswith(_MANGLED):
        coding, body = Coding.MANGLED, b""
    elif wire.startswith(_GZIP):
        unpacked = _gunzip(wire)
        coding, body = (Coding.BROKEN, b"") if unpacked is None else (Coding.GZIP, unpacked)
    return body, Framing(said, coding, announced, len(wire))


def _gunzip(wire: bytes) -> bytes | None:
    """Every member, one after the other, as gzip readers do; None where anything else is in between or behind."""
    members: list[bytes] = []
    left = MOST_DECODED
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(_GZIP_ONLY)
        try:
            members.append(unpacker.decompress(wire, left + 1))
        except zlib.error:
            return None
        left -= len(members[-1])
        if left < 0:
            raise TooLarge
        if not unpacker.eof:
            return None
        wire = unpacker.unused_data
        if not wire:
            return b"".join(members)
    return None
