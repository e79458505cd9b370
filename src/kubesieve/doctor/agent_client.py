"""Asks a URL what an agent's checks ask, as they ask it: one request after the other, the token on https only."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence

import aiohttp
from yarl import URL

from kubesieve import __version__
from kubesieve.agents import Answer, CheckRequest, CheckRun, View
from kubesieve.doctor.collect.bodies import MOST_BYTES, TooLarge, decode, receive
from kubesieve.doctor.evidence import Coding
from kubesieve.entrance import Entrance
from kubesieve.kubelet.failures import explain

MOST_TIMEOUTS = 2
_HEADER_BYTES = 64 * 1024


CONTAINER_ASKS = (CheckRequest("/pods"), CheckRequest("/stats/summary"))
"""What the container check asks where the kubelet is its only source."""


class AgentClient:
    """``async with AgentClient(entrance, seconds) as client:`` connections are kept open, redirects are not followed.

    ``seconds`` is the time-out of a request. What goes wrong on the way is an Answer with an error, never raised.
    """

    def __init__(self, entrance: Entrance, seconds: float) -> None:
        secure = entrance.url.scheme == "https"
        self.token_sent = secure and entrance.authorization is not None
        self._entrance, self._seconds = entrance, seconds
        self._authorization = {"Authorization": entrance.authorization or ""} if self.token_sent else {}
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=seconds),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )

    async def __aenter__(self) -> AgentClient:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._session.close()

    async def look(self, asks: Sequence[CheckRequest]) -> CheckRun:
        """All asks, in order, until nobody answers: the rest of a look is not waited for then."""
        answers: dict[str, Answer] = {}
        at, silent = time.monotonic(), 0
        for ask in asks:
            if silent == MOST_TIMEOUTS:
                answers[ask.key] = Answer(None, error="not asked: the requests before had no answer in time")
                continue
            started = time.monotonic()
            answers[ask.key] = await self.ask(ask)
            silent += answers[ask.key].status is None and time.monotonic() - started >= self._seconds
            at = time.monotonic() if ask.target == "/metrics/cadvisor" else at
        return CheckRun(View(answers, token_sent=self.token_sent), at)

    async def ask(self, ask: CheckRequest) -> Answer:
        """One answer, decoded as agents decode: where the server says gzip."""
        try:
            return await self._answer(ask)
        except TimeoutError:
            return Answer(None, error=f"expected an answer within {self._seconds:g} s; got none")
        except TooLarge:
            return Answer(None, error=f"expected a body of at most {MOST_BYTES} bytes; got more")
        except (aiohttp.ClientError, ssl.SSLError, OSError, aiohttp.http_exceptions.HttpProcessingError) as error:
            return Answer(None, error=explain(error).sentence)

    async def _answer(self, ask: CheckRequest) -> Answer:
        entrance = self._entrance
        headers = {"Accept-Encoding": "gzip", "User-Agent": f"kubesieve-agent/{__version__}", **ask.headers}
        async with self._session.request(
            ask.method,
            self._url(ask),
            headers={**headers, **self._authorization},
            allow_redirects=False,
            ssl=entrance.tls or True,
            server_hostname=(entrance.server_name or entrance.url.host or "").rstrip(".") if entrance.tls else None,
        ) as response:
            lower = {name.lower(): value for name, value in response.headers.items()}
            body = await asyncio.to_thread(_decoded, await receive(response), lower.get("content-encoding", ""))
            if body is None:
                return Answer(None, headers=lower, error="expected gzip, as the server said; got something else")
            return Answer(response.status, lower.get("content-type", ""), body, lower)

    def _url(self, ask: CheckRequest) -> URL:
        base = self._entrance.url
        return URL(f"{base.origin()}{base.raw_path.rstrip('/')}{ask.target}", encoded=True)


def _decoded(wire: bytes, said: str) -> bytes | None:
    """The body as an HTTP library hands it on; None where it is not what was said of it."""
    if said.lower() not in ("gzip", "x-gzip") or not wire:
        return wire
    body, framing = decode(wire, said, None)
    return body if framing.coding is Coding.GZIP else None
