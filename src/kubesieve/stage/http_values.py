"""Requests and answers as values, and what of a request's target a Go server looks at."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote

Headers = tuple[tuple[str, str], ...]
Framing = Literal["auto", "length", "chunked"]
Delivery = Literal["whole", "cut", "drip", "stuck", "reset"]

TEXT = "text/plain; charset=utf-8"
NOSNIFF: Headers = (("X-Content-Type-Options", "nosniff"),)


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived: ``target`` is raw, ``user`` comes from a client certificate ("" without one)."""

    method: str
    target: str
    headers: Headers
    user: str = ""
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of that name, as Go and Python both read it; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. Framing "auto" does as Go does: a length up to 2 KB, chunks above. ``seconds`` is for drips."""

    status: int
    body: bytes = b""
    content_type: str | None = TEXT
    headers: Headers = ()
    framing: Framing = "auto"
    delivery: Delivery = "whole"
    seconds: float = 0.0
    trap: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A target's decoded path and its query."""

    path: str
    query: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> str:
        """The path as Go's ServeMux wants it: no empty, `.` or `..` parts; a last slash stays."""
        path = posixpath.normpath("/" + self.path.lstrip("/"))
        return path + "/" if self.path.endswith("/") and path != "/" else path


_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def read_target(raw: str) -> Target | None:
    """A request target as Go reads it: absolute forms lose their host; None is a 400 (`*`, a bad escape, no slash)."""
    text = _ABSOLUTE.sub("", raw, count=1) or "/" if _ABSOLUTE.match(raw) else raw
    path, _, query = text.partition("?")
    if not path.startswith("/") or _BAD_ESCAPE.search(path):
        return None
    decoded = re.sub("%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), path)
    return Target(decoded, query, dict(reversed(parse_qsl(query, keep_blank_values=True))))


def moved(request: Request, path: str, query: str) -> Answer:
    """Go's 301: a link in the body for GET only, no content type for methods that are neither GET nor HEAD."""
    location = quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    link = f'<a href="{location}">Moved Permanently</a>.\n\n'.encode() if request.method == "GET" else b""
    kind = "text/html; charset=utf-8" if request.method in ("GET", "HEAD") else None
    return Answer(301, link, kind, (("Location", location),))
