"""The API server as far as identity and grants need it: reviews, and namespaces, over TLS with our own token."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import aiohttp
from yarl import URL

from kubesieve import __version__
from kubesieve.faults import OwnFault

MOST_BYTES = 32 * 1024 * 1024
MOST_LINE = 4 * 1024 * 1024
MOST_AT_ONCE = 16
_FAILURES = (
    aiohttp.ClientError,
    aiohttp.http_exceptions.HttpProcessingError,
    ssl.SSLError,
    OSError,
    ValueError,
    TypeError,
    RecursionError,
)


class ApiStatus(Exception):
    """An answer other than 200 or 201: its status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Trusted(Protocol):
    """How an API server is known to be itself."""

    def context(self) -> ssl.SSLContext:
        """Of the moment."""


class Shown(Protocol):
    """Our own credential there."""

    def authorization(self) -> str | None:
        """The value of a header, of the moment; None where a client certificate says who we are."""


class ApiServer:
    """``async with ApiServer(url, trust, token) as api:``; ``seconds`` bounds each request, but for a watch.

    ``server_name`` is the name in its certificate, where that is not the URL's.
    """

    def __init__(
        self, url: URL, trust: Trusted, token: Shown, seconds: float = 5.0, *, server_name: str | None = None
    ) -> None:
        self._server_name = server_name
        self._url, self._trust, self._token, self._seconds = url, trust, token, seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> ApiServer:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE + 1),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._seconds),
            headers={"Accept": "application/json", "User-Agent": f"kubesieve/{__version__}"},
            read_bufsize=MOST_LINE,
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST of a review. Raises OwnFault (503): whoever cannot be asked has not said yes."""
        return await self._whole("POST", path, body)

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """A list. Raises OwnFault (503), ApiStatus where the server said something else than 200."""
        return await self._whole("GET", path, None, query)

    async def _whole(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._seconds), self._ask(method, path, body, query) as response:
                content = await response.content.read(MOST_BYTES + 1) if not response.content.at_eof() else b""
                while len(content) <= MOST_BYTES and (more := await response.content.read(MOST_BYTES)):
                    content += more
                return _answer(response.status, content)
        except TimeoutError:
            raise _unavailable(f"no answer within {self._seconds:g} s") from None
        except _FAILURES as error:
            raise _unavailable(type(error).__name__) from None

    async def watch(self, path: str, seconds: int, **query: str) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a watch, until the server ends it after so many seconds. Raises as ``get`` does."""
        query = {**query, "watch": "1", "timeoutSeconds": str(seconds)}
        try:
            async with (
                asyncio.timeout(seconds + self._seconds),
                self._ask("GET", path, None, query) as response,
            ):
                if response.status != 200:
                    raise ApiStatus(response.status)
                async for line in response.content:
                    yield _answer(200, line)
        except TimeoutError:
            raise _unavailable("a watch that did not end") from None
        except _FAILURES as error:
            raise _unavailable(type(error).__name__) from None

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str] | None
    ) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            raise OwnFault("client-closed", "expected an open client; got one before start or after stop")
        shown = self._token.authorization()
        return self._session.request(
            method,
            self._url.with_path(self._url.path.rstrip("/") + path).with_query(query or {}),
            json=body,
            headers={"Authorization": shown} if shown else {},
            allow_redirects=False,
            ssl=self._trust.context(),
            server_hostname=self._server_name,
        )


def _answer(status: int, content: bytes) -> dict[str, Any]:
    if status not in (200, 201):
        raise ApiStatus(status)
    if len(content) > MOST_BYTES:
        raise ValueError
    value = json.loads(content)
    if not isinstance(value, dict):
        raise TypeError
    return value


def refused_to_us(what: str, answered: ApiStatus, right: str) -> OwnFault:
    """A fault of ours (503): the API server did not take ``what`` of our own account."""
    return OwnFault(
        "api-server-refused", f"expected {what}; got status {answered.status}: our account needs {right}", status=503
    )


def _unavailable(got: str) -> OwnFault:
    return OwnFault("api-server-unavailable", f"expected an answer from the API server; got {got}", status=503)
