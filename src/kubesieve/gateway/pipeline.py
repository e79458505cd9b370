"""One request: route, a place, the shared scrape, the sieve, an answer. Every fault becomes an answer here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn, TypeVar

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.gateway.answers import Answer, compressed, refusal, wants_gzip
from kubesieve.gateway.deciding import Asking, Decided, Decider
from kubesieve.gateway.kubelets import Target
from kubesieve.gateway.log_requests import LogAsked, is_log, log_asked
from kubesieve.gateway.log_streams import LogBounds, LogStream
from kubesieve.gateway.node_paths import below_node
from kubesieve.gateway.parts import Parts
from kubesieve.gateway.routes import Asked, Route, route
from kubesieve.gateway.scrapes import Scrape, namespaces_of
from kubesieve.kubelet.client import Reply
from kubesieve.kubelet.endpoints import BY_PATH, Endpoint
from kubesieve.kubelet.podlist import PodList
from kubesieve.sieve import scan, unmeasured
from kubesieve.sieve.container_logs import host_log
from kubesieve.sieve.naming import Learnt, answer_for, learn
from kubesieve.tenancy.values import Grant

T = TypeVar("T")

SIEVE_THREADS = 2
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
SMALL_BYTES = 16 * 1024
"""Bodies up to this size are read at once, in a millisecond or two, and do not wait behind large ones."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, of which node where paths name one, the decider that it began with, a digest of what was shown."""

    asked: Asked
    node: str | None
    routed: Route | LogAsked
    decider: Decider
    credential: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A request of somebody known: what is granted before the kubelet is asked, and which kubelet that is."""

    decider: Decider
    who: Asking
    grant: Grant | None
    target: Target


class Pipeline:
    """``answering`` gives an answer to every request; nothing but a cancellation gets past it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = ThreadPoolExecutor(SIEVE_THREADS, thread_name_prefix="sieve")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def answering(self, asked: Asked) -> AsyncIterator[Answer]:
        """The answer to a request, for HEAD the same as for GET. The request's place is held inside the block: who
        takes long to take an answer has that many places less.
        """
        async with AsyncExitStack() as held:
            try:
                decider = self._parts.decider
                node, below = below_node(asked) if self._parts.kubelets.by_node else (None, asked)
                routed, credential = self._route(below), decider.credential(asked)
                held.enter_context(self._parts.slots.taken(asked.peer, credential))
            except Fault as fault:
                answered = refusal(fault)
            else:
                made = await self._answer(Request(asked, node, routed, decider, credential), held)
                answered = replace(made, credential=credential)
            yield answered

    def _route(self, asked: Asked) -> Route | LogAsked:
        logs = self._parts.container_logs
        return log_asked(asked, logs) if logs.enabled and is_log(asked.target.partition("?")[0]) else route(asked)

    async def _answer(self, request: Request, held: AsyncExitStack) -> Answer:
        parts, who = self._parts, None
        try:
            async with asyncio.timeout(parts.seconds):
                who = await request.decider.asking(request.asked, request.credential)
                parts.rates.admit(who.key)
                begun = await self._begun(request, who)
                if isinstance(request.routed, LogAsked):
                    return await self._log(request.routed, begun, held)
                return await self._data(request.routed, request.asked, begun)
        except Fault as fault:
            return _told(refusal(fault), who)
        except TimeoutError:
            late = OwnFault("too-busy", f"expected an answer within {parts.seconds:g} s; got none", status=503)
            return _told(refusal(late), who)
        except Exception as error:  # nothing of an unforeseen error may reach a client
            parts.report(f"an error of ours: {type(error).__name__} at {_place(error)}")
            return refusal(OwnFault("internal", "an error of ours; the log has its place"))

    async def _begun(self, request: Request, who: Asking) -> Begun:
        """Raises CallerFault (404) for a node that there is not, but to who is granted nothing: that is said first."""
        decider = request.decider
        grant = decider.begun(who)
        try:
            return Begun(decider, who, grant, await self._parts.kubelets.find(request.node))
        except CallerFault as unknown:
            await decider.decided(who, grant, frozenset(), partial(_raised, unknown))
            raise

    async def _decided(self, begun: Begun, here: frozenset[str]) -> Decided:
        return await begun.decider.decided(begun.who, begun.grant, here, partial(self._learnt, begun))

    async def _data(self, routed: Route, asked: Asked, begun: Begun) -> Answer:
        who, scrape = begun.who, await self._scrape(routed, begun)
        decided = await self._decided(begun, scrape.namespaces)
        made = await self._made(routed, asked, scrape, decided, begun.target)
        self._parts.rates.answered(who.key, len(made.body) if asked.method == "GET" else 0)
        return _told(made, who, decided)

    async def _log(self, log: LogAsked, begun: Begun, held: AsyncExitStack) -> Answer:
        """A log of one's own, by the names of the pod list that is shared now; ``held`` closes it."""
        parts, rules, who = self._parts, self._parts.container_logs, begun.who
        scrape, pods = await self._pods(begun)
        decided = await self._decided(begun, scrape.namespaces & {log.name.namespace})
        find = partial(host_log, pods, decided.policy, log.name, decided.names, decided.vclusters)
        found = await self._work(scrape.size, find)
        if found is None:
            raise CallerFault(
                "log-unknown", "expected a container of a pod of yours here; there is none such", status=404
            )
        held.enter_context(parts.log_places.taken((who.key, rules.streams_per_caller)))
        try:
            pieces = await held.enter_async_context(begun.target.client.log(found, who.authorization, log.query))
        except Fault as fault:
            raise who.told(fault) from None
        spent = partial(parts.rates.answered, who.key)
        bounds = LogBounds(log.most, rules.seconds, "follow" in log.query)
        stream = LogStream(pieces, bounds, spent, parts.stopping, begun.target.left)
        return _told(Answer(200, "text/plain", b"", headers=NO_SNIFFING, stream=stream), who, decided)

    async def _scrape(self, routed: Route, begun: Begun) -> Scrape:
        key = (routed.endpoint.name, routed.query, begun.who.share)
        scrape, shared = await begun.target.scrapes.get(key, lambda: self._fetch(routed, begun))
        if shared:
            self._parts.telemetry.shared()
        return scrape

    async def _fetch(self, routed: Route, begun: Begun) -> Scrape:
        endpoint, who, started = routed.endpoint, begun.who, time.monotonic()
        try:
            asking = begun.target.client.get(endpoint, who.authorization, query=routed.query)
            reply = await begun.target.unless_left(asking)
            scrape = await self._work(len(reply.body), lambda: _read(endpoint, reply))
        except Fault as fault:
            told = who.told(fault)
            self._parts.telemetry.scraped(endpoint.name, told.reason, time.monotonic() - started)
            raise told from None
        self._parts.telemetry.scraped(endpoint.name, "ok", time.monotonic() - started, len(reply.body))
        return scrape

    async def _made(self, routed: Route, asked: Asked, scrape: Scrape, decided: Decided, target: Target) -> Answer:
        """The answer out of a scrape, made once for all who share it and may see the same."""
        encodings = ",".join(asked.headers.getall("Accept-Encoding", []))
        packed = routed.endpoint.compressible and wants_gzip(encodings)
        key = packed, decided.policy, decided.vclusters, decided.learnt
        if key not in scrape.made:
            make = self._work(scrape.size, lambda: self._make(routed, scrape, packed, decided))
            scrape.made[key] = asyncio.ensure_future(_held(make, target, scrape))
        return await asyncio.shield(scrape.made[key])

    async def _learnt(self, begun: Begun) -> tuple[Learnt, int]:
        """The node's virtual pods, of the scrape of its pod list that is shared now; read once."""
        scrape, pods = await self._pods(begun)
        if not scrape.learnt:
            scrape.learnt.append(asyncio.ensure_future(self._work(scrape.size, lambda: learn(pods))))
        return await asyncio.shield(scrape.learnt[0]), scrape.number

    async def _pods(self, begun: Begun) -> tuple[Scrape, PodList]:
        scrape = await self._scrape(Route(BY_PATH["/pods"], query=False), begun)
        if not isinstance(scrape.scanned, PodList):
            raise OwnFault("internal", "expected a pod list; got something else")
        return scrape, scrape.scanned

    def _make(self, routed: Route, scrape: Scrape, packed: bool, decided: Decided) -> Answer:
        sieved = answer_for(routed.endpoint, scrape.scanned, decided.policy, decided.names)
        good = Answer(200, scrape.content_type, sieved.body, kept=sieved.kept, dropped=sieved.dropped)
        return compressed(good) if packed else good

    async def _work(self, size: int, work: Callable[[], T]) -> T:
        """Work on so many bytes: off the event loop, unless they are few."""
        if size <= SMALL_BYTES:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


async def _held(make: Awaitable[Answer], target: Target, scrape: Scrape) -> Answer:
    """What is made of a scrape that is remembered is remembered with it."""
    answer = await make
    target.scrapes.held.grew(scrape.number, len(answer.body))
    return answer


async def _raised(fault: Fault) -> NoReturn:
    raise fault


def _read(endpoint: Endpoint, reply: Reply) -> Scrape:
    scanned = scan(endpoint, reply.body)
    failed = unmeasured(endpoint, scanned)
    return Scrape(reply.content_type, scanned, len(reply.body), namespaces_of(scanned), failed)


def _told(answered: Answer, who: Asking | None, decided: Decided | None = None) -> Answer:
    """With what the access record says of the decision."""
    return replace(
        answered,
        caller=who.caller.user if who and who.caller else None,
        namespaces=decided.policy.namespaces if decided else frozenset(),
        vclusters=frozenset(f"{one.namespace}/{one.name}" for one in decided.vclusters) if decided else frozenset(),
        grant=decided.version if decided else "",
    )


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
