"""Secrets taken out of evidence, before it is looked at at all: a saved bundle and a live look give the same words.

The bytes around a secret stay as they came, so that a broken body stays broken in the same way.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kubesieve.doctor.evidence import Evidence, Exchange

NOTES = (
    "redacted: bearer tokens and JWTs, Authorization and Set-Cookie headers, values of environment variables, "
    "last-applied-configuration, certificates and keys in PEM, secrets on command lines, API keys in logs",
)
"""What is said of it in every report."""

_STRING = rb'"(?:[^"\\]|\\.)*"'
_IN_JSON = (
    (re.compile(rb'("value"\s*:\s*)' + _STRING), rb'\1"[redacted]"'),
    (re.compile(rb'("kubectl\.kubernetes\.io/last-applied-configuration"\s*:\s*)' + _STRING), rb'\1"[redacted]"'),
    (
        re.compile(rb"(--[\w-]*(?:token|password|passwd|secret|api-?key)[\w-]*=)[^\"\\\s,]+", re.IGNORECASE),
        rb"\1[redacted]",
    ),
)
_ANYWHERE = (
    (re.compile(rb"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"), rb"[redacted token]"),
    (re.compile(rb"(\bbearer\s+)[\x21-\x7e]{8,}", re.IGNORECASE), rb"\1[redacted]"),
    (re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----.*?(?:-----END \1-----|\Z)", re.DOTALL), rb"[redacted \1]"),
)
_IN_LOGS = (
    (
        re.compile(
            rb"((?:api[_-]?key|app(?:lication)?[_-]?key|token|passw(?:or)?d|secret)\w*[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]{4,}",
            re.IGNORECASE,
        ),
        rb"\1[redacted]",
    ),
)
_HINTS = (b"eyJ", b"earer", b"EARER", b"-----BEGIN")
_NEVER_KEPT = frozenset(
    {"authorization", "set-cookie", "cookie", "proxy-authorization", "www-authenticate", "location"}
)


def redact(evidence: Evidence) -> Evidence:
    """The same evidence without secrets. Redacting twice changes nothing more."""
    log = evidence.agent_log
    return replace(
        evidence,
        exchanges=tuple(map(_exchange, evidence.exchanges)),
        pods=_json(evidence.pods) if evidence.pods is not None else None,
        agent_log=_log(log) if log is not None else None,
    )


def _exchange(exchange: Exchange) -> Exchange:
    headers = {name: value for name, value in exchange.headers.items() if name not in _NEVER_KEPT}
    looks_json = exchange.body[:64].lstrip()[:1] in (b"{", b"[")
    body = _json(exchange.body) if looks_json else _text(exchange.body)
    return replace(exchange, headers=headers, body=body)


def _json(body: bytes) -> bytes:
    for pattern, instead in _IN_JSON:
        body = pattern.sub(instead, body)
    return _text(body)


def _text(body: bytes) -> bytes:
    if not any(hint in body for hint in _HINTS):
        return body
    for pattern, instead in _ANYWHERE:
        body = pattern.sub(instead, body)
    return body


def _log(text: str) -> str:
    body = text.encode("utf-8", "surrogateescape")
    for pattern, instead in _IN_LOGS:
        body = pattern.sub(instead, body)
    return _text(body).decode("utf-8", "replace")
