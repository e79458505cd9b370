"""What the doctor has to go on: requests and what came of them, pods known from elsewhere, an agent's words.

Values only.
A body is kept decoded; how it came (said to be gzip, looks like gzip, as long as announced) is told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MOST_JSON = 16 * 1024 * 1024
"""Bytes of a kubelet's pod list or summary: 500 pods have a quarter of that."""
MOST_PODS = 2 * MOST_JSON
"""Bytes of a pod list from elsewhere."""
MOST_LOG = MOST_JSON
"""Bytes of an agent's log."""


class Source(StrEnum):
    """Where a view was taken: at the kubelet itself, or through the proxy in front of it."""

    DIRECT = "direct"
    PROXY = "proxy"


class Coding(StrEnum):
    """What the bytes of a body look like, whatever was said of them."""

    PLAIN = "plain"
    GZIP = "gzip"
    BROKEN = "broken gzip"  # begins like gzip and does not decode
    MANGLED = "mangled gzip"  # gzip that went through a text decoder: 1f ef bf bd


@dataclass(frozen=True, slots=True)
class Framing:
    """How a body came. ``said`` is its Content-Encoding ("" for none), lengths are bytes on the wire."""

    said: str = ""
    coding: Coding = Coding.PLAIN
    announced: int | None = None
    received: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no whole answer came: a reason code (``upstream-tls``, …), a sentence, the certificate's names where TLS
    failed ("DNS:…", "IP:…").
    """

    reason: str
    sentence: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came. ``at`` is when (Unix seconds), ``took`` how long (seconds); ``headers`` by lower-case
    name; ``round`` counts looks from 1. ``status`` is None where none came.
    """

    source: Source
    target: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str = "GET"
    round: int = 1
    at: float = 0.0
    took: float = 0.0
    framing: Framing = Framing()
    failure: Failure | None = None
    sent_gzip: bool = False  # whether Accept-Encoding: gzip was sent
    sent_token: bool = True

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Door:
    """How a source was reached: its URL, whether a token was at hand, when that one expires (Unix seconds), and the
    name its certificate was to have, where that is not the URL's host. ``issuer`` and ``audiences`` are what the token
    says of itself.
    """

    url: str
    has_token: bool = False
    token_expires: float | None = None
    server_name: str | None = None
    issuer: str = ""
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is, any part of it may be missing. ``expected`` are the namespaces the person says are theirs."""

    exchanges: tuple[Exchange, ...] = ()
    doors: Mapping[Source, Door] = field(default_factory=dict)
    pods: bytes | None = None  # a PodList (JSON) of the API server or the runtime
    agent_log: str | None = None
    expected: frozenset[str] = frozenset()
    taken: float = 0.0  # when the look ended, Unix seconds
    version: str = ""  # of the program that looked
