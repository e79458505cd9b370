"""Putting the parts together: start, serve until told to stop, stop without cutting an answer short."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from kubesieve.gateway.admin_port import AdminPort, Readiness
from kubesieve.gateway.allocator import keep_freed_memory
from kubesieve.gateway.configured import Configured, Deciders
from kubesieve.gateway.deciding import Decided, Decider, Forwarding
from kubesieve.gateway.following import Following
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.kubelets import Kubelets
from kubesieve.gateway.limits import Places, Rates, Slots
from kubesieve.gateway.listener import Listener
from kubesieve.gateway.parts import Parts
from kubesieve.gateway.pipeline import Pipeline
from kubesieve.gateway.placement import place
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.gateway.settings import Address, Settings
from kubesieve.gateway.telemetry import Telemetry
from kubesieve.gateway.tenant_port import TenantPort
from kubesieve.gateway.tls import Serving


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running service listens, as URLs."""

    url: str
    admin_url: str


@asynccontextmanager
async def running(settings: Settings, journal: Journal, configured: Configured | None = None) -> AsyncIterator[Running]:
    """The service, listening inside the block, stopped gracefully at its end. Raises OwnFault where it cannot.

    ``configured`` is the file that ``settings`` are of, where there is one: it is followed.
    """
    async with AsyncExitStack() as stack:
        deciders = Deciders(TokenDigest(), journal.say, stack)
        placed = await place(settings, configured, deciders)

        async def problem() -> str:
            return deciders.problem() or await placed.problem()

        readiness, telemetry = Readiness(problem), Telemetry()
        parts = _parts(settings, placed.kubelets, deciders.digest, telemetry, journal)
        if configured is not None:
            await _follow(configured, parts, deciders, journal)
        tenants = _tenants(settings, parts, journal, stack)
        port = AdminPort(readiness.problem, lambda: telemetry.exposition(tenants.connections, placed.kubelets.count()))
        admin = Listener(settings.admin_listen, port.handle, port.handle_broken, settings.limits)
        urls = Running(_url(tenants.open(), settings), f"http://{admin.open()}")
        for listener in (admin, tenants):
            listener.start()
            stack.push_async_callback(listener.stop)
        _warn(settings, journal, by_file=configured is not None)
        try:
            yield urls
        finally:
            readiness.stopping = True
            parts.stopping.set()


async def serve(settings: Settings, journal: Journal, configured: Configured | None = None) -> None:
    """Serves until SIGTERM or SIGINT."""
    _raise_open_files()
    keep_freed_memory()
    stop = told_to_stop()
    async with running(settings, journal, configured) as urls:
        journal.say(f"admin on {urls.admin_url}")
        journal.say_plain(f"listening on {urls.url}")
        await stop.wait()
        journal.say("stopping")


def told_to_stop() -> asyncio.Event:
    """An event of the running loop that SIGTERM and SIGINT set."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _parts(
    settings: Settings, kubelets: Kubelets, digest: TokenDigest, telemetry: Telemetry, journal: Journal
) -> Parts:
    decided, slots = Decided(settings.policy), Slots(settings.limits)
    seconds = settings.timeout_seconds + settings.limits.work_seconds
    decider = Forwarding(lambda: decided, digest)
    logs = settings.container_logs
    return Parts(
        kubelets,
        decider,
        slots,
        Rates(settings.limits),
        telemetry,
        digest,
        journal.say,
        seconds,
        logs,
        Places(logs.streams, "logs"),
    )


async def _follow(configured: Configured, parts: Parts, deciders: Deciders, journal: Journal) -> None:
    """Uses the configuration's decider, and that of each good change of its file."""
    parts.decider = await deciders.of(configured.configuration)

    def use(decider: Decider) -> None:
        parts.decider = decider

    following = Following(configured, deciders, use, parts.telemetry.reconfigured, journal.say)
    task = asyncio.create_task(following.run())
    deciders.stack.callback(task.cancel)


def _tenants(settings: Settings, parts: Parts, journal: Journal, stack: AsyncExitStack) -> Listener:
    pipeline = Pipeline(parts)
    stack.callback(pipeline.close)
    tls = None
    if settings.tls_cert and settings.tls_key:
        tls = Serving(settings.tls_cert, settings.tls_key, journal.say, settings.client_ca)
    believes = tls.believes if tls else lambda _: False
    port = TenantPort(pipeline, parts, journal, settings.limits.answer_seconds, believes)
    listener = Listener(settings.listen, port.handle, port.handle_broken, settings.limits, tls.context if tls else None)
    listener.on_refused = parts.telemetry.connection_refused
    return listener


def _url(address: Address, settings: Settings) -> str:
    return f"{'https' if settings.tls_cert else 'http'}://{address}"


def _warn(settings: Settings, journal: Journal, *, by_file: bool) -> None:
    if not settings.tls_cert:
        setting = "listen.tls" if by_file else "--tls-cert"
        journal.say(f"WARNING: plain http: tokens can be read on the way, and many agents send none; set {setting}")
    if settings.kubelet_insecure:
        journal.say("WARNING: the kubelet is not verified: whoever answers in its place gets our tokens, or callers'")


def _raise_open_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
