"""One request: route, a place, the shared scrape, the sieve, an answer. Every fault becomes an answer here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from kubesieve.faults import Fault, OwnFault
from kubesieve.gateway.answers import Answer, compressed, refusal, wants_gzip
from kubesieve.gateway.limits import Slots
from kubesieve.gateway.routes import Asked, Route, route
from kubesieve.gateway.scrapes import Scrape, SharedScrapes, TokenDigest
from kubesieve.gateway.telemetry import Telemetry
from kubesieve.kubelet.client import KubeletClient
from kubesieve.sieve import Policy, answer, scan

T = TypeVar("T")

SIEVE_THREADS = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """What a pipeline works with."""

    client: KubeletClient
    policy: Policy
    scrapes: SharedScrapes
    slots: Slots
    telemetry: Telemetry
    digest: TokenDigest
    report: Callable[[str], None]


class Pipeline:
    """``answer`` never raises, but for cancellation."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = ThreadPoolExecutor(SIEVE_THREADS, thread_name_prefix="sieve")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, asked: Asked) -> Answer:
        """The answer to a request; for HEAD the same as for GET."""
        try:
            return await self._answer(route(asked), asked)
        except Fault as fault:
            return refusal(fault)
        except Exception as error:
            self._parts.report(f"an error of ours: {type(error).__name__} at {_place(error)}")
            return refusal(OwnFault("internal", "an error of ours; the log has its place"))

    async def _answer(self, routed: Route, asked: Asked) -> Answer:
        parts = self._parts
        token = parts.digest.of(routed.authorization)
        with parts.slots.taken(asked.peer, token):
            scrape = await self._scrape(routed, token)
            sieved = await self._in_pool(lambda: answer(routed.endpoint, scrape.scanned, parts.policy))
            good = Answer(200, scrape.content_type, sieved.body, kept=sieved.kept, dropped=sieved.dropped)
            encodings = ",".join(asked.headers.getall("Accept-Encoding", []))
            if routed.endpoint.compressible and wants_gzip(encodings):
                return await self._in_pool(lambda: compressed(good))
            return good

    async def _scrape(self, routed: Route, token: str) -> Scrape:
        scrapes = self._parts.scrapes
        hits = scrapes.hits
        shared = scrapes.get((routed.endpoint.name, routed.query, token), lambda: self._fetch(routed))
        scrape = await shared
        if scrapes.hits > hits:
            self._parts.telemetry.shared()
        return scrape

    async def _fetch(self, routed: Route) -> Scrape:
        endpoint, started = routed.endpoint, time.monotonic()
        try:
            reply = await self._parts.client.get(endpoint, routed.authorization, query=routed.query)
            scanned = await self._in_pool(lambda: scan(endpoint, reply.body))
        except Fault as fault:
            self._parts.telemetry.scraped(endpoint.name, fault.reason, time.monotonic() - started)
            raise
        self._parts.telemetry.scraped(endpoint.name, "ok", time.monotonic() - started, len(reply.body))
        return Scrape(reply.content_type, scanned, len(reply.body))

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
