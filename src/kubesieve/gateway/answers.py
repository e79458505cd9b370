"""Answers as values: status, headers, body; and how a fault becomes one."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field, replace

from kubesieve.faults import Fault
from kubesieve.gateway.log_streams import LogStream
from kubesieve.gateway.routes import METHODS

GZIP_LEVEL = 4
MIN_GZIP_BYTES = 512

SERVER = {"Server": "kubesieve"}
"""Sent with every answer, so that no versions are told."""

_EXTRA = {405: {"Allow": ", ".join(METHODS)}, 429: {"Retry-After": "1"}, 503: {"Retry-After": "1"}}
_ALLOWED_OF_LOGS = {"log-method": {"Allow": METHODS[0]}}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes to the client, and what the access record says of it. ``reason`` is ``ok`` for a good one,
    ``credential`` a digest of what was shown, where that was looked at. With a ``stream`` there is no ``body``.
    """

    status: int
    content_type: str
    body: bytes
    reason: str = "ok"
    kept: int = 0
    dropped: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    stream: LogStream | None = None
    credential: str = ""
    caller: str | None = None
    namespaces: frozenset[str] = frozenset()
    vclusters: frozenset[str] = frozenset()
    grant: str = ""


def refusal(fault: Fault) -> Answer:
    """A short text of ours: reason code and sentence, nothing of the request, nothing of the kubelet's."""
    body = f"kubesieve: {fault.reason}: {fault.sentence}\n".encode()
    extra = _ALLOWED_OF_LOGS.get(fault.reason) or _EXTRA.get(fault.status, {})
    return Answer(fault.status, "text/plain; charset=utf-8", body, reason=fault.reason, headers=extra)


def wants_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip: named, or ``*``, and not with q=0 (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = parameters.replace(" ", "").removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("*", "0"))
    return weight.strip("0.") != ""


def compressed(answer: Answer) -> Answer:
    """The same answer with a gzip body; small bodies stay as they are. The bytes depend on the body alone."""
    if len(answer.body) < MIN_GZIP_BYTES:
        return answer
    body = gzip.compress(answer.body, GZIP_LEVEL, mtime=0)
    return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})
