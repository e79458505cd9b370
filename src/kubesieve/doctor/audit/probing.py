"""Looks at a proxy from every side: a doctor's look first, then each table of probes. Bounded in number and time."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kubesieve.doctor.audit import probes
from kubesieve.doctor.audit.asking import LATE, Server, ask, server_of
from kubesieve.doctor.audit.known import learn
from kubesieve.doctor.audit.observed import Look, Looks, Observed, Round, Way, look_of
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.collect.gather import Plan, Say, gather
from kubesieve.doctor.evidence import Evidence, Exchange, Source
from kubesieve.doctor.finding import Unknown
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault

AT_ONCE = 4
MOST_SILENCES = 8
"""Requests without an answer in time: a server that is stuck is not waited for any longer."""
MOST_BYTES = 512 * 1024 * 1024
"""Of bodies, beside those of the doctor's look."""

KUBELET_PORT, READ_ONLY_PORT = 10250, 10255
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NO_NAMESPACE = "kubesieve-audit"
"""Asked for where no foreign namespace is known."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What to look at. ``caller`` is the tenant's Authorization, ``direct`` may show another with more rights.

    ``kubelet`` is where callers might go round the proxy, None where nobody said.
    """

    proxy: Entrance
    allowed: frozenset[str]
    direct: Entrance | None = None
    caller: str | None = None
    kubelet: Entrance | None = None
    seconds: float = 10.0
    interval: float = 2.0


async def observe(sides: Sides, say: Say = lambda _: None) -> Observed:
    """Never raises on account of what came."""
    evidence = _untold(await gather(_plan(sides), say), sides)
    proxy = server_of(sides.proxy, sides.seconds)
    asker = _Asker()
    names = _names(sides.allowed, evidence)

    async def looks(table: Iterable[Probe], server: Server = proxy) -> Looks:
        return tuple(await asyncio.gather(*(asker.look(server, probe.filled(*names)) for probe in table)))

    say("odd paths, headers, parameters, formats, exec and its like")
    control, upgrade_control = await looks((probes.CONTROL, probes.UPGRADE_CONTROL))
    kubelet = server_of(sides.direct, sides.seconds) if sides.direct else None
    own = await looks((probes.RUNNING_PODS,), kubelet) if kubelet else ()
    running_pods = await looks((probes.RUNNING_PODS,)) + own
    return Observed(
        str(sides.proxy.url).rstrip("/"),
        sides.allowed,
        evidence,
        control,
        upgrade_control,
        running_pods,
        after=await looks(probes.AFTER, kubelet) if kubelet else (),
        odd=await looks(probes.ODD),
        elsewhere=await looks(probes.ELSEWHERE),
        spoofed=await looks(probes.SPOOFED),
        queries=await looks(probes.QUERIES),
        negotiated=await looks(probes.NEGOTIATED),
        running=await looks(probes.RUNNING),
        reading=await looks(probes.READING),
        switching=await looks(probes.SWITCHING),
        again=await looks((*probes.AGAIN, *probes.AGAIN)),
        nobody=await looks(probes.AROUND, replace(proxy, authorization=None)),
        around=tuple([Round(way, server.url, await looks(probes.AROUND, server)) for way, server in _ways(sides)]),
        unasked=tuple(_unasked(sides)),
    )


def _untold(evidence: Evidence, sides: Sides) -> Evidence:
    """Without the tokens that were shown, should a header give one back: headers are told, bodies are only searched."""
    shown = {text.partition(" ")[2] for text in (sides.caller, sides.direct and sides.direct.authorization) if text}

    def clean(value: str) -> str:
        return "token given back" if any(token in value for token in shown if token) else value

    def of(exchange: Exchange) -> Exchange:
        return replace(exchange, headers={name: clean(value) for name, value in exchange.headers.items()})

    return replace(evidence, exchanges=tuple(map(of, evidence.exchanges)))


def _plan(sides: Sides) -> Plan:
    entrances = {Source.DIRECT: sides.direct, Source.PROXY: sides.proxy}
    there = {source: entrance for source, entrance in entrances.items() if entrance}
    tokens = {Source.DIRECT: True, Source.PROXY: sides.caller is not None}
    return Plan(there, tokens, sides.interval, sides.seconds, expected=sides.allowed)


class _Asker:
    """So many requests at once, so many bytes in all, so many waited for in vain: what comes is kept until judged."""

    def __init__(self) -> None:
        self._slots, self._left = asyncio.Semaphore(AT_ONCE), MOST_BYTES
        self._silences: Counter[tuple[str, int]] = Counter()

    async def look(self, server: Server, probe: Probe) -> Look:
        async with self._slots:
            refused = self._refuses(server)
            if refused:
                return Look(probe, Reply(None, failure=f"not asked: {refused}"))
            reply = await ask(server, probe)
            self._left -= len(reply.body)
            self._silences[server.host, server.port] += reply.failure == LATE
            return Look(probe, reply)

    def _refuses(self, server: Server) -> str:
        """Why nothing more is asked there, "" where it is."""
        if self._left <= 0:
            return "the answers before it were too large"
        if self._silences[server.host, server.port] >= MOST_SILENCES:
            return "too many requests before it got no answer in time"
        return ""


def _names(allowed: frozenset[str], evidence: Evidence) -> tuple[str, str]:
    """An allowed namespace and a foreign one, to ask for; what is no name is never put into a request."""
    looks = [look_of(one) for one in evidence.exchanges]
    lists = [look.reply.body for look in looks if look.good and look.probe.meant in ("/pods", "/stats/summary")]
    foreign = sorted(name for name in learn(allowed, lists, ()).namespaces if _NAMESPACE.fullmatch(name))
    return min(allowed), foreign[0] if foreign else NO_NAMESPACE


def _ways(sides: Sides) -> Iterator[tuple[Way, Server]]:
    """Past the proxy: with the caller's own token (https alone), without any, and on the read-only port; behind a path
    it is the API server's host that is known, not the kubelet's.
    """
    if sides.kubelet is None:
        return
    kubelet = server_of(sides.kubelet, sides.seconds)
    if _separate(sides) and kubelet.tls is not None:
        yield Way.TOKEN, replace(kubelet, authorization=sides.caller)
    yield Way.ANONYMOUS, replace(kubelet, authorization=None)
    if not kubelet.prefix:
        yield Way.READ_ONLY, Server(kubelet.host, READ_ONLY_PORT, seconds=sides.seconds)


def _separate(sides: Sides) -> bool:
    """Whether the caller's token is known to be the tenant's, not that of whoever audits."""
    return sides.caller is not None and (sides.direct is None or sides.direct.authorization != sides.caller)


def _unasked(sides: Sides) -> Iterator[Unknown]:
    if sides.direct is None:
        yield Unknown(
            "does the proxy hand out what it does not name as a pod of its own list?",
            "without --direct nobody said whose is what: foreign namespaces and ids were sought as they stand, "
            "and what the caller lacks cannot be told",
        )
    if sides.kubelet is None:
        yield Unknown(
            "can the caller go round the proxy to the kubelet?",
            "its address is not known: add --direct URL or --kubelet-host HOST (status.hostIP of the caller's pods)",
        )
    elif sides.kubelet.url.path != "/":
        yield Unknown(
            "is the kubelet's own port, or its read-only port, open to callers?",
            "--direct leads through another server: add --kubelet-host HOST (status.hostIP of the caller's pods)",
        )
    if sides.caller is None:
        yield Unknown("what does the proxy show to a caller with a token?", "none was given: add --token-file FILE")
    elif sides.kubelet is not None and not _separate(sides):
        yield Unknown(
            "does the caller's own token open the kubelet?",
            "no token is known to be the caller's alone: give the tenant's with --token-file, "
            "and another for the direct look with --direct-token-file",
        )
    if sides.proxy.url.scheme == "http" and sides.caller is not None and sides.proxy.authorization is None:
        yield Unknown(
            "what does the proxy show to a caller with a token?",
            "it is plain http, and the token stays here: --token-on-http shows it all the same",
        )


def kubelet_url(host: str) -> str:
    """The kubelet's port on a host (name or address). Raises OwnFault."""
    if not _HOST.fullmatch(host):
        raise OwnFault("settings-host", f"expected --kubelet-host as a name or an address; got {host[:80]!a}")
    return f"https://{f'[{host}]' if ':' in host else host}:{KUBELET_PORT}"
