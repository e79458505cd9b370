"""A plain HTTP/1.1 client for requests that no library would send: raw targets, one connection each, no redirects."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.entrance import Entrance
from kubesieve.faults import UpstreamFault
from kubesieve.kubelet.bodies import Caps, decode

MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024 * 1024
LATE = "no answer in time"
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask: ``prefix`` comes before every target, ``tls`` None is plain http, ``authorization`` None none."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    prefix: str = ""
    authorization: str | None = field(default=None, repr=False)
    seconds: float = 10.0

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{self.prefix}"


def server_of(entrance: Entrance, seconds: float) -> Server:
    """The same, as far as this client needs it."""
    url = entrance.url
    host, port = url.host or "", url.port or 0
    prefix = url.raw_path.rstrip("/")
    return Server(host, port, entrance.tls, entrance.server_name, prefix, entrance.authorization, seconds)


async def ask(server: Server, probe: Probe) -> Reply:
    """One request, one answer, whatever goes wrong. A switch of protocols is hung up on at once."""
    try:
        async with asyncio.timeout(server.seconds):
            return await _exchange(server, probe)
    except TimeoutError:
        return Reply(None, failure=LATE)
    except ssl.SSLError as error:
        return Reply(None, failure=f"TLS: {_tls_reason(error)}")
    except ConnectionRefusedError:
        return Reply(None, failure="connection refused")
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        return Reply(None, failure=_reason(error))


def _tls_reason(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "no handshake").replace("_", " ").lower()


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return error.strerror or "the connection broke"
    return "no whole HTTP answer"


async def _exchange(server: Server, probe: Probe) -> Reply:
    name = server.server_name or server.host if server.tls else None
    reader, writer = await asyncio.open_connection(
        server.host, server.port, ssl=server.tls, server_hostname=name, limit=MAX_HEAD
    )
    try:
        writer.write(_request(server, probe))
        await writer.drain()
        return await _answer(reader, probe)
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await writer.wait_closed()


def _request(server: Server, probe: Probe) -> bytes:
    prefix = server.prefix if probe.target.startswith("/") else ""
    lines = [f"GET {prefix}{probe.target} HTTP/1.1", f"Host: {server.host}:{server.port}"]
    if not any(name == "Connection" for name, _ in probe.headers):
        lines.append("Connection: close")
    if server.authorization is not None:
        lines.append(f"Authorization: {server.authorization}")
    lines += [f"{name}: {value}" for name, value in probe.headers]
    if probe.body:
        lines.append(f"Content-Length: {len(probe.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + probe.body


async def _answer(reader: asyncio.StreamReader, probe: Probe) -> Reply:
    """The head, and the body but where the protocol was switched. Raises ValueError for what is no HTTP."""
    status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
    while 100 <= status < 200 and status != 101:
        status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
    if status == 101:
        return Reply(status, headers)
    body = await _body(reader, headers, _PIECE if probe.upgrades else MAX_BODY)
    return Reply(status, headers, await asyncio.to_thread(_decoded, body, headers.get("content-encoding", "")))


def _head(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = raw.decode("latin-1").split("\r\n")
    version, _, after = first.partition(" ")
    if not version.startswith("HTTP/1.") or not after[:3].isdigit():
        raise ValueError
    pairs = (line.partition(":") for line in rest if line)
    return int(after[:3]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str], most: int) -> bytes:
    """Up to ``most`` bytes are taken; a longer body is an error, as is one that ends early."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader, most)
    announced = headers.get("content-length")
    if announced is not None:
        size = int(announced)
        if size > most:
            raise ValueError
        return await reader.readexactly(size)
    parts, total = [], 0
    while piece := await reader.read(_PIECE):
        total += len(piece)
        if total > most:
            raise ValueError
        parts.append(piece)
    return b"".join(parts)


async def _chunks(reader: asyncio.StreamReader, most: int) -> bytes:
    parts, total = [], 0
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        total += size
        if total > most or size < 0:
            raise ValueError
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    return b"".join(parts)


def _decoded(body: bytes, encoding: str) -> bytes:
    """Gzip is undone, said or not; what cannot be undone stays as it came."""
    if body[:2] != b"\x1f\x8b" and encoding.lower() in ("", "identity"):
        return body
    try:
        return decode(body, "gzip", Caps(decoded_bytes=4 * MAX_BODY))
    except (UpstreamFault, zlib.error):
        return body
