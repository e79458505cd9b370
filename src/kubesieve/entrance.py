"""How a source is reached: a base URL, TLS, the Authorization to show."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from yarl import URL

from kubesieve.faults import OwnFault


@dataclass(frozen=True, slots=True)
class Entrance:
    """A base URL (a path prefix is allowed), the TLS context for https, and the Authorization to show, if any."""

    url: URL
    tls: ssl.SSLContext | None
    authorization: str | None = None
    server_name: str | None = None


def parse_base(text: str, option: str) -> URL:
    """``http(s)://HOST[:PORT][/PREFIX]``. Raises OwnFault."""
    try:
        url = URL(text)
        good = url.scheme in ("http", "https") and bool(url.host) and url.user is None
        good = good and not url.query_string and not url.fragment
    except ValueError:
        good = False
    if not good:
        got = "credentials, a query or a fragment in it" if set("@?#") & set(text) else f"{text[:80]!a}"
        raise OwnFault("settings-url", f"expected {option} as http(s)://HOST[:PORT][/PREFIX]; got {got}")
    return url.with_path(url.path.rstrip("/") or "/")
