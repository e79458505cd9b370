"""All that an audit saw, as values: what was asked where, and what came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.evidence import Evidence, Exchange, Source
from kubesieve.doctor.finding import Unknown
from kubesieve.kubelet.endpoints import BY_PATH


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A request and what came; each is one of its own, however alike."""

    probe: Probe
    reply: Reply

    @property
    def good(self) -> bool:
        """Whether it has data to be searched: 203 and 206 are answers, too."""
        return self.reply.status in (200, 203, 206)


Looks = tuple[Look, ...]


class Way(StrEnum):
    """How one might go round the proxy."""

    TOKEN = "token"  # noqa: S105 - a way, no password
    ANONYMOUS = "anonymous"
    READ_ONLY = "read-only port"


@dataclass(frozen=True, slots=True)
class Round:
    """Answers of the kubelet itself, at ``url``."""

    way: Way
    url: str
    looks: Looks


@dataclass(frozen=True)
class Observed:
    """``evidence`` is a doctor's look: the kubelet's plain answers (where it could be asked) and the proxy's.

    ``control`` is what the proxy says to a path that nobody has, ``upgrade_control`` the same with a WebSocket
    handshake. ``notes`` say what was not sent, and why.
    """

    url: str
    allowed: frozenset[str]
    evidence: Evidence
    control: Look
    upgrade_control: Look
    running_pods: Looks = ()
    """The proxy's /runningpods/, then the kubelet's, which was asked before it."""
    after: Looks = ()
    """The kubelet's endpoints once more, when the proxy had given its plain answers."""
    odd: Looks = ()
    elsewhere: Looks = ()
    spoofed: Looks = ()
    queries: Looks = ()
    negotiated: Looks = ()
    running: Looks = ()
    reading: Looks = ()
    switching: Looks = ()
    again: Looks = ()
    """Plain requests once more, after all others: what is let through now and then is no header's doing."""
    nobody: Looks = ()
    """The proxy's answers without a token, where one was shown before, or none at all."""
    around: tuple[Round, ...] = ()
    unasked: tuple[Unknown, ...] = ()

    @cached_property
    def base(self) -> Looks:
        """The proxy's plain answers, the latest on each path."""
        plain = [one for one in self.evidence.exchanges if one.source is Source.PROXY and not one.sent_gzip]
        latest = {one.path: look_of(one) for one in plain}
        return (*latest.values(), *self.running_pods[:1])

    @cached_property
    def earlier(self) -> Looks:
        """The proxy's plain answers before those, and after."""
        latest = {look.reply.body for look in self.base}
        plain = (one for one in self.evidence.exchanges if one.source is Source.PROXY and not one.sent_gzip)
        others = (*map(look_of, plain), *self.again)
        return tuple(look for look in others if look.reply.body not in latest)

    @property
    def tried(self) -> Looks:
        """What was asked of the proxy beside the plain requests."""
        wider = (*self.odd, *self.elsewhere, *self.spoofed, *self.queries, *self.negotiated)
        return (*wider, *self.running, *self.reading, *self.switching, *self.again, *self.nobody)

    @property
    def proxied(self) -> Looks:
        """Everything that the proxy answered."""
        every = (*self.base, *self.earlier, self.control, self.upgrade_control, *self.tried)
        return tuple(look for look in every if look.reply.status is not None)

    def bodies(self, *paths: str) -> Iterator[bytes]:
        """Every good body of these paths, whoever gave it."""
        looks = (*map(look_of, self.evidence.exchanges), *self.running_pods)
        yield from (look.reply.body for look in looks if look.good and look.probe.meant in paths)


def look_of(exchange: Exchange) -> Look:
    """A doctor's exchange as an audit's look."""
    failure = exchange.failure.sentence if exchange.failure else ""
    status = None if exchange.failure else exchange.status
    reply = Reply(status, exchange.headers, exchange.body, failure)
    meant = exchange.path if exchange.path in BY_PATH else ""
    return Look(Probe(exchange.target, meant), reply)
