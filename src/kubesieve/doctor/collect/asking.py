"""Asks one source for what a doctor wants to see. What goes wrong is an Exchange that says so, never raised."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import aiohttp
from cryptography import x509
from yarl import URL

from kubesieve import __version__
from kubesieve.doctor.collect.bodies import MOST_BYTES, MOST_LOOK, TooLarge, decode, receive
from kubesieve.doctor.evidence import Exchange, Failure, Source
from kubesieve.entrance import Entrance
from kubesieve.kubelet.failures import explain
from kubesieve.kubelet.trust import unverified

PATHS = (
    "/healthz",
    "/pods",
    "/spec/",
    "/stats/summary",
    "/metrics/cadvisor",
    "/metrics",
    "/metrics/resource",
    "/metrics/probes",
    "/metrics/slis",
)
AGAIN = ("/pods", "/stats/summary", "/metrics/cadvisor")
"""Asked for a second time, some seconds later."""
ZIPPED = ("/pods", "/metrics/cadvisor")
"""Asked for with Accept-Encoding: gzip, too."""

_KEPT_HEADERS = frozenset({"content-type", "content-encoding", "content-length", "server", "date", "audit-id", "via"})
_HEADER_BYTES = 64 * 1024
_MOST_TEXT = 500
LEAST_TOKEN = 8
"""Characters: what is shorter than that is no secret, and stands anywhere."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its path, and whether gzip is offered."""

    path: str
    gzip: bool = False


def first_asks() -> tuple[Ask, ...]:
    return (*(Ask(path) for path in PATHS), *(Ask(path, gzip=True) for path in ZIPPED))


def second_asks() -> tuple[Ask, ...]:
    return tuple(Ask(path) for path in AGAIN)


class Asker:
    """``async with Asker(source, entrance, seconds) as asker:`` one connection a request, no redirects, no cookies."""

    def __init__(self, source: Source, entrance: Entrance, seconds: float) -> None:
        self.source, self.entrance = source, entrance
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
            timeout=aiohttp.ClientTimeout(total=seconds),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        self._seconds = seconds
        self._left = MOST_LOOK

    async def __aenter__(self) -> Asker:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._session.close()

    async def ask(self, asks: Sequence[Ask], number: int) -> list[Exchange]:
        """All of them, one after the other. After a failed connection the rest would fail alike: asked all the same
        but for time-outs, which are waited for twice at most.
        """
        found: list[Exchange] = []
        slow = 0
        for ask in asks:
            if slow < 2:
                found.append(await self._ask(ask, number))
                self._left -= len(found[-1].body)
                slow += found[-1].failure is not None and found[-1].failure.reason == "upstream-timeout"
        return found

    async def _ask(self, ask: Ask, number: int) -> Exchange:
        started = time.monotonic()
        if self._left <= 0:
            failure = Failure(
                "upstream-too-large", f"expected at most {MOST_LOOK} bytes in all; got them before this one"
            )
            return Exchange(self.source, ask.path, None, round=number, sent_gzip=ask.gzip, failure=failure)
        bare = Exchange(
            self.source,
            ask.path,
            None,
            round=number,
            sent_gzip=ask.gzip,
            sent_token=self.entrance.authorization is not None,
        )
        came = await self._answered(bare, ask)
        return replace(came, at=time.time(), took=round(time.monotonic() - started, 6))

    async def _answered(self, bare: Exchange, ask: Ask) -> Exchange:
        try:
            return await self._get(bare, ask)
        except TimeoutError:
            words = f"expected an answer within {self._seconds:g} s; got none"
            return replace(bare, failure=Failure("upstream-timeout", words))
        except TooLarge:
            words = f"expected at most {MOST_BYTES} bytes; got more"
            return replace(bare, failure=Failure("upstream-too-large", words))
        except (aiohttp.ClientError, ssl.SSLError, OSError, aiohttp.http_exceptions.HttpProcessingError) as error:
            return replace(bare, failure=await self._failure(error))
        except UnicodeError:
            words = "expected a host that a name can have; got no connection: the name cannot be looked up"
            return replace(bare, failure=Failure("upstream-unreachable", words))

    async def _get(self, bare: Exchange, ask: Ask) -> Exchange:
        entrance = self.entrance
        async with self._session.get(
            _under(entrance.url, ask.path),
            headers=_headers(ask, entrance.authorization),
            allow_redirects=False,
            ssl=entrance.tls or True,
            server_hostname=(entrance.server_name or entrance.url.host or "").rstrip(".") if entrance.tls else None,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items() if name.lower() in _KEPT_HEADERS}
            answered = replace(bare, status=response.status, headers=headers)
            try:
                wire = await receive(response)
            except aiohttp.ClientPayloadError as error:
                return replace(answered, failure=await self._failure(error))
        body, framing = decode(wire, headers.get("content-encoding", ""), _number(headers.get("content-length")))
        return replace(answered, body=self._without_token(body), framing=framing)

    def _without_token(self, body: bytes) -> bytes:
        """What a server gives back of the token it was shown stays here."""
        token = (self.entrance.authorization or "").rpartition(" ")[2].encode()
        return body.replace(token, b"[redacted token]") if len(token) >= LEAST_TOKEN and token in body else body

    async def _failure(self, error: Exception) -> Failure:
        fault = explain(error)
        names = await certificate_names(self.entrance.url) if fault.reason == "upstream-tls" else ()
        return Failure(fault.reason, fault.sentence, names)


def _headers(ask: Ask, authorization: str | None) -> dict[str, str]:
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "gzip" if ask.gzip else "identity",
        "User-Agent": f"kubesieve-doctor/{__version__}",
    }
    return {**headers, "Authorization": authorization} if authorization else headers


def _under(base: URL, path: str) -> URL:
    return base.with_path(base.raw_path.rstrip("/") + path, encoded=True)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


async def certificate_names(url: URL) -> tuple[str, ...]:
    """The SANs of the certificate a server shows ("DNS:…", "IP:…"), without trusting it; () where it shows none."""
    try:
        async with asyncio.timeout(3.0):
            _, writer = await asyncio.open_connection(url.host, url.port, ssl=unverified())
    except (OSError, ssl.SSLError, TimeoutError):
        return ()
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    try:
        return tuple(_names(x509.load_der_x509_certificate(shown or b"")))
    except ValueError:
        return ()


def _names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (f"DNS:{name[:_MOST_TEXT]}" for name in names.get_values_for_type(x509.DNSName))
    yield from (f"IP:{address}" for address in names.get_values_for_type(x509.IPAddress))
