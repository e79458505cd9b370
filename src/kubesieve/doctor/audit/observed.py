"""All that an audit saw, as values: what was asked where, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubesieve.doctor.audit.asking import Reply
from kubesieve.doctor.audit.probes import Probe


@dataclass(frozen=True, slots=True)
class Look:
    """A request and what came."""

    probe: Probe
    reply: Reply

    @property
    def good(self) -> bool:
        return self.reply.status == 200


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


@dataclass(frozen=True, slots=True)
class Observed:
    """``before`` and ``after`` are the kubelet's own answers, taken around ``base``, which are the proxy's.

    ``again`` is one endpoint of the proxy a second time. ``control`` is what it says to a path that nobody has,
    ``upgrade_control`` the same with a WebSocket handshake. ``notes`` say what was not sent and why.
    """

    url: str
    allowed: frozenset[str]
    base: Looks
    again: Look
    control: Look
    upgrade_control: Look
    before: Looks = ()
    after: Looks = ()
    odd: Looks = ()
    elsewhere: Looks = ()
    spoofed: Looks = ()
    queries: Looks = ()
    negotiated: Looks = ()
    running: Looks = ()
    reading: Looks = ()
    switching: Looks = ()
    around: tuple[Round, ...] = ()
    direct_url: str | None = None
    token_withheld: bool = False
    notes: tuple[str, ...] = ()

    @property
    def proxied(self) -> Looks:
        """Everything that the proxy answered."""
        plain = (*self.base, self.again, self.control, self.upgrade_control)
        tried = (*self.odd, *self.elsewhere, *self.spoofed, *self.queries, *self.negotiated)
        return (*plain, *tried, *self.running, *self.reading, *self.switching)

    def base_body(self, path: str) -> bytes:
        """The proxy's plain answer on an endpoint, empty where there is none."""
        return next((look.reply.body for look in self.base if look.good and look.probe.meant == path), b"")
