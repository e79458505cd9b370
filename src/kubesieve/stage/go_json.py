"""JSON as Go's encoder writes it: `<`, `>`, `&` and U+2028/2029 escaped, other text as UTF-8; times in RFC 3339."""

from __future__ import annotations

import json
from datetime import UTC, datetime

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_TABLE = str.maketrans(_ESCAPES)


def compact(value: object) -> bytes:
    """On one line, with a newline at the end (a kubelet's /pods)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_TABLE).encode() + b"\n"


def pretty(value: object) -> bytes:
    """Indented by one blank, without a newline at the end (a kubelet's /stats/summary)."""
    return json.dumps(value, ensure_ascii=False, indent=1).translate(_TABLE).encode()


def rfc3339(at: float) -> str:
    """Whole seconds, UTC."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
