"""A plain HTTP client, as an agent is one: asks, takes what comes, shows its token on https only unless told."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from kubesieve.agents import Answer, CheckRequest, CheckRun, View
from kubesieve.lab.place import Waited

_SECONDS = 2.0
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip"}
_HALF_A_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: stuck\r\n"


@dataclass(frozen=True, slots=True)
class Door:
    """An address, and the token to show there; None shows none."""

    url: URL
    token: str | None


class Client:
    """``async with Client(tls) as client:`` keeps connections open between requests, as agents do."""

    def __init__(
        self, tls: ssl.SSLContext, clock: Callable[[], float] = time.time, *, seconds: float = _SECONDS
    ) -> None:
        """``seconds`` is how long one answer may take."""
        self._tls, self._clock, self._timeout = tls, clock, aiohttp.ClientTimeout(total=seconds)
        self._session = self._new_session()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._session.close()

    async def look(self, door: Door, asks: Sequence[CheckRequest]) -> CheckRun:
        """All asks, in order; the time is that of the container series."""
        answers, at = {}, self._clock()
        for ask in asks:
            answers[ask.key] = await self.ask(door, ask)
            at = self._clock() if ask.target == "/metrics/cadvisor" else at
        return CheckRun(View(answers, token_sent=door.token is not None), at)

    async def ask(self, door: Door, ask: CheckRequest) -> Answer:
        """One answer; what goes wrong on the way is an Answer with an error."""
        return await _ask(self._session, door, ask)

    async def beside_stuck(self, door: Door, ask: CheckRequest, limit: float) -> Waited:
        """Opens a connection that never ends its headers, and times another client beside it."""
        try:
            stuck = await asyncio.wait_for(self._stuck(door), limit)
        except (OSError, TimeoutError):
            return Waited(None, 0.0)
        try:
            async with self._new_session() as another:
                return await _timed(another, door, ask, limit)
        finally:
            stuck.close()

    async def _stuck(self, door: Door) -> asyncio.StreamWriter:
        tls = self._tls if door.url.scheme == "https" else None
        _, writer = await asyncio.open_connection(door.url.host, door.url.port, ssl=tls)
        writer.write(_HALF_A_REQUEST)
        await writer.drain()
        return writer

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self._tls)
        return aiohttp.ClientSession(connector=connector, timeout=self._timeout, headers=_HEADERS)


async def _timed(session: aiohttp.ClientSession, door: Door, ask: CheckRequest, limit: float) -> Waited:
    started = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            status = (await _ask(session, door, ask)).status
    except TimeoutError:
        status = None
    return Waited(status, time.monotonic() - started)


async def _ask(session: aiohttp.ClientSession, door: Door, ask: CheckRequest) -> Answer:
    headers = {**ask.headers, **({"Authorization": f"Bearer {door.token}"} if door.token else {})}
    url = URL(f"{door.url.origin()}{ask.target}", encoded=True)
    try:
        async with session.request(ask.method, url, headers=headers, allow_redirects=False) as response:
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Answer(None, error=type(error).__name__)
    lower = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, lower.get("content-type", ""), body, lower)
