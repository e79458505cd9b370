"""An async client that asks a kubelet for the endpoints of the table, and believes nothing it has not checked."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import TracebackType

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from kubesieve import __version__
from kubesieve.faults import OwnFault, UpstreamFault
from kubesieve.kubelet.bodies import Caps, read_body
from kubesieve.kubelet.endpoints import Endpoint, Kind
from kubesieve.kubelet.failures import FAILURES, explain
from kubesieve.kubelet.logs import check_log, log_path, pieces
from kubesieve.kubelet.trust import Trust

_ACCEPT = {
    Kind.HEALTH: "text/plain",
    Kind.TEXT: "text/plain; version=0.0.4",
    Kind.PODS: "application/json",
    Kind.SUMMARY: "application/json",
}
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{1,200}")
_PARAMETER = re.compile(r";\s*([a-z]+)=\"?([^\";\s]*)", re.IGNORECASE)
_TAKEN = {"version": ("0.0.4", "1.0.0"), "charset": ("utf-8",)}
AGENT = f"kubesieve/{__version__}"
_PASSED_ON = {401: "unauthorized", 403: "forbidden", 404: "not-found"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole 200 of a kubelet: its Content-Type as it said it, its body decoded (bytes)."""

    content_type: str
    body: bytes


def parse_url(text: str) -> URL:
    """``https://HOST[:PORT]`` and nothing more. Raises OwnFault; plain http is refused: tokens would travel open."""
    expected = "expected the kubelet's address as https://HOST:PORT"
    try:
        url = URL(text)
        good = url.scheme == "https" and bool(url.host) and url.path in ("", "/") and url.user is None
        good = good and not url.query_string and not url.fragment and url.port is not None
        good = good and (_is_address(url.host or "") or _HOST.fullmatch(url.host or "") is not None)
    except ValueError:
        good = False
    if not good:
        hint = "; a token is never sent over plain http" if text.startswith("http://") else ""
        got = "credentials, a query or a fragment in it" if set("@?#") & set(text) else f"{text[:80]!a}"
        raise OwnFault("settings-kubelet", f"{expected}; got {got}{hint}")
    return url.with_port(url.port if url.explicit_port else 10250)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class KubeletClient:
    """One kubelet. ``get`` is safe to call from many tasks.

    Each request has a connection of its own: on one that was used before, bytes that came unasked would be taken for
    the answer to the next caller.
    """

    def __init__(
        self,
        url: URL,
        trust: Trust,
        *,
        caps: Caps | None = None,
        server_name: str | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """``server_name`` is that in its certificate, else the URL's host; ``resolver`` finds that host."""
        self._url, self._trust, self._resolver = url, trust, resolver
        self._caps = caps or Caps()
        self._server_name = (server_name or url.host or "").rstrip(".")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> KubeletClient:
        self._session = self._new_session(self._caps.connections, self._caps.seconds)
        return self

    def _new_session(self, connections: int, seconds: float | None) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, force_close=True, resolver=self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=self._caps.connect_seconds),
            max_line_size=self._caps.header_bytes,
            max_field_size=self._caps.header_bytes,
            read_bufsize=256 * 1024,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, endpoint: Endpoint, authorization: str | None, *, query: bool = False) -> Reply:
        """A whole, decoded body of an endpoint. ``query`` sends the endpoint's one parameter.

        Raises UpstreamFault: 401, 403 and 404 as the kubelet said, 504 for time, 502 for all else that is not a whole
        answer of the right type. Raises OwnFault where TLS cannot be set up.
        """
        with self._explaining():
            return await self._get(endpoint, self._headers(endpoint, authorization), query)

    @asynccontextmanager
    async def log(
        self, log: tuple[str, str, str], authorization: str, query: Mapping[str, str]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The pieces of a container's log, as they come: namespace, pod, container as the kubelet's own list has them.

        It has a connection that does not count among those of ``get``. Raises UpstreamFault: 404 where there is no such
        log now, else as ``get`` does; so do the pieces, where the log ends before its end.
        """
        async with self._new_session(connections=1, seconds=None) as session:
            response = await self._open_log(
                session, self._url.with_path(log_path(*log)).with_query(query), authorization
            )
            async with response:
                yield self._explained(pieces(response))

    async def _open_log(self, session: aiohttp.ClientSession, url: URL, authorization: str) -> aiohttp.ClientResponse:
        headers = {"Accept-Encoding": "identity", "User-Agent": AGENT, "Authorization": authorization}
        with self._explaining():
            async with asyncio.timeout(self._caps.seconds):
                response = await self._ask(session, url, headers)
        if response.status in (401, 403):
            _check_status(response.status)
        check_log(response)
        return response

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """What goes wrong inside, as UpstreamFault."""
        try:
            yield
        except TimeoutError:
            expected = f"expected an answer within {self._caps.seconds:g} s; got none"
            raise UpstreamFault("upstream-timeout", expected, status=504) from None
        except FAILURES as error:
            raise explain(error) from None

    async def _explained(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        with self._explaining():
            async for part in parts:
                yield part

    async def _ask(
        self, session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """An answer's head; nobody is followed to another place."""
        return await session.get(
            url,
            headers=headers,
            allow_redirects=False,
            ssl=self._trust.context(),
            server_hostname=self._server_name,
        )

    async def _get(self, endpoint: Endpoint, headers: dict[str, str], query: bool) -> Reply:
        if self._session is None or self._session.closed:
            raise OwnFault("client-closed", "expected an open client; got one before start or after stop", status=503)
        url = self._url.with_path(endpoint.path)
        if query and endpoint.query:
            url = url.with_query({endpoint.query: "true"})
        async with await self._ask(self._session, url, headers) as response:
            _check_status(response.status)
            content_type = check_content_type(endpoint, response.headers.get("Content-Type", ""))
            return Reply(content_type, await read_body(response, self._caps))

    def _headers(self, endpoint: Endpoint, authorization: str | None) -> dict[str, str]:
        headers = {
            "Accept": _ACCEPT[endpoint.kind],
            "Accept-Encoding": "gzip" if endpoint.compressible else "identity",
            "User-Agent": AGENT,
        }
        if authorization is not None:
            headers["Authorization"] = authorization
        return headers


def _check_status(status: int) -> None:
    if status in _PASSED_ON:
        raise UpstreamFault(f"upstream-{_PASSED_ON[status]}", _ADVICE[status], status=status)
    if status != 200:
        raise UpstreamFault("upstream-status", f"expected status 200; got {status} from the kubelet", status=502)


_ADVICE = {
    401: "the kubelet did not accept the token; send a valid one as Authorization: Bearer",
    403: "the kubelet knows the token and refuses this path; grant the sub-resource it needs on nodes",
    404: "this kubelet does not offer this path",
}


def check_content_type(endpoint: Endpoint, content_type: str) -> str:
    """The kubelet's own Content-Type, if it is one this endpoint may have. Raises UpstreamFault (an HTML page, say)."""
    media_type = content_type.partition(";")[0].strip().lower()
    good = media_type == endpoint.media_type and _CONTENT_TYPE.fullmatch(content_type)
    parameters = [(name.lower(), value.lower()) for name, value in _PARAMETER.findall(content_type)]
    if not good or any(value not in _TAKEN.get(name, (value,)) for name, value in parameters):
        expected = endpoint.content_type
        raise UpstreamFault("upstream-content-type", f"expected {expected}; got another Content-Type", status=502)
    return content_type
