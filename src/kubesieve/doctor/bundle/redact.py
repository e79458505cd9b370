"""Secrets taken out of evidence, before it is looked at at all: a saved bundle and a live look give the same words."""

from __future__ import annotations

import re
from dataclasses import replace

from kubesieve.doctor.bundle.manifest import MOST_HEADERS, MOST_NAMES, MOST_TEXT
from kubesieve.doctor.bundle.secrets import ANYWHERE, FIELDS, IN_LOGS, Pattern, without
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Failure

NOTES = (
    "redacted: bearer tokens and JWTs, Authorization and Cookie headers, values of environment variables, commands and "
    "arguments, annotations but those that say which pod it is, last-applied-configuration, certificates and keys in "
    "PEM, secrets on command lines, credentials and queries in URLs, API keys in logs",
)
"""What is said of it in every report."""

_NEVER_KEPT = re.compile(
    r"auth(?!or\b)|cookie|token|secret|password|api-?key|session|credential|^location$|referer", re.IGNORECASE
)
_HARMLESS_QUERIES = frozenset({"", "verbose", "only_cpu_and_memory=true"})
_USERINFO = re.compile(r"^([a-z][a-z0-9+.-]*://)?[^/?#]*@", re.IGNORECASE)


def redact(evidence: Evidence) -> Evidence:
    """The same evidence without secrets. Redacting twice changes nothing more."""
    log, pods = evidence.agent_log, evidence.pods
    return replace(
        evidence,
        exchanges=tuple(map(_exchange, evidence.exchanges)),
        doors={source: _door(door) for source, door in evidence.doors.items()},
        pods=without(pods, ANYWHERE + FIELDS) if pods is not None else None,
        agent_log=_words(log, IN_LOGS + ANYWHERE + FIELDS) if log is not None else None,
        expected=frozenset(map(_short, evidence.expected)),
    )


def _exchange(exchange: Exchange) -> Exchange:
    kept = [(name, value) for name, value in exchange.headers.items() if not _NEVER_KEPT.search(name)]
    return replace(
        exchange,
        target=_target(exchange.target),
        headers={_short(name): _short(value) for name, value in kept[:MOST_HEADERS]},
        body=without(exchange.body, ANYWHERE if _is_exposition(exchange) else ANYWHERE + FIELDS),
        framing=replace(exchange.framing, said=_short(exchange.framing.said)),
        failure=_failure(exchange.failure) if exchange.failure else None,
    )


def _failure(failure: Failure) -> Failure:
    names = tuple(map(_short, failure.names[:MOST_NAMES]))
    return Failure(_short(failure.reason), _short(failure.sentence), names)


def _is_exposition(exchange: Exchange) -> bool:
    text = exchange.path.startswith("/metrics") and exchange.status == 200
    return text and exchange.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[", b"<")


def _target(target: str) -> str:
    path, mark, query = _short(target).partition("?")
    return _short(target) if query in _HARMLESS_QUERIES else f"{path}{mark}[redacted]"


def _door(door: Door) -> Door:
    url = re.split(r"[?#]", _USERINFO.sub(r"\1", door.url))[0]
    name = _short(door.server_name) if door.server_name else None
    audiences = tuple(map(_short, door.audiences[:MOST_NAMES]))
    return replace(door, url=_short(url), server_name=name, issuer=_short(door.issuer), audiences=audiences)


def _short(text: str) -> str:
    """As much as a manifest holds."""
    return _words(text[:MOST_TEXT])[:MOST_TEXT]


def _words(text: str, patterns: tuple[Pattern, ...] = ANYWHERE + FIELDS) -> str:
    """Characters that are none (half a surrogate pair) become question marks."""
    return without(text.encode("utf-8", "replace"), patterns).decode("utf-8", "replace")
