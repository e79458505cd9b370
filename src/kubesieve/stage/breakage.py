"""Faults on request: a table of kinds, each a function from the good answer to the bad one.

A kind may take a number: `slow:5` drips for five seconds. The recorded sentences of a real kubelet are used where there
are any: a 500 of a kubelet names what the caller may not see.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from kubesieve.stage.handlers import json_status
from kubesieve.stage.http_values import Answer, Headers
from kubesieve.stage.resource import resource_without_runtime

HTML = b"<!DOCTYPE html><html><body><h1>Sign in</h1><p>Please sign in to continue.</p></body></html>\n"
_RUNTIME = (
    b"Internal Error: failed to list pod stats: rpc error: code = Unknown desc = failed to get container stats of pod "
    b'"two-containers_tenant-a(6f1c4a0e-0000-4000-8000-000000000000)": connection error: desc = "transport: Error '
    b'while dialing dial unix /run/containerd/containerd.sock: connect: no such file or directory"'
)
_BOMB = 64 << 20
DEFAULT_SECONDS = 3.0

Change = Callable[[Answer, float], Answer]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault and its number."""

    kind: str
    seconds: float = DEFAULT_SECONDS

    def apply(self, answer: Answer) -> Answer:
        return KINDS[self.kind](answer, self.seconds)


def parse_fault(text: str) -> Fault:
    """`KIND` or `KIND:SECONDS`; a ValueError says what was expected."""
    kind, _, number = text.partition(":")
    if kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(sorted(KINDS))}; got {kind!r}")
    if number and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise ValueError(f"expected a number of seconds after {kind}:, got {number!r}")
    return Fault(kind, float(number) if number else DEFAULT_SECONDS)


def _status(code: int, body: bytes) -> Change:
    return lambda _answer, _seconds: Answer(code, body)


def _page(kind: str) -> Change:
    return lambda _answer, _seconds: Answer(200, HTML, kind)


def _body(change: Callable[[bytes], bytes]) -> Change:
    return lambda answer, _seconds: replace(answer, body=change(_plain(answer)), headers=_unencoded(answer))


def _plain(answer: Answer) -> bytes:
    encoded = ("Content-Encoding", "gzip") in answer.headers
    return gzip.decompress(answer.body) if encoded else answer.body


def _unencoded(answer: Answer) -> Headers:
    return tuple(pair for pair in answer.headers if pair[0] != "Content-Encoding")


def _zipped(body: Callable[[bytes], bytes], *, label: bool = True) -> Change:
    def change(answer: Answer, _seconds: float) -> Answer:
        headers = (*_unencoded(answer), *((("Content-Encoding", "gzip"),) if label else ()))
        return replace(answer, body=body(_plain(answer)), headers=headers)

    return change


@cache
def _bomb_bytes() -> bytes:
    """A few kilobytes that become 64 MiB of a comment."""
    return gzip.compress(b"# " + b"a" * _BOMB + b"\n", 9, mtime=0)


def _spoilt(body: bytes) -> bytes:
    packed = gzip.compress(body, 1, mtime=0)
    return packed[:-8] + bytes(8)


def _first(pattern: bytes, text: bytes) -> Callable[[bytes], bytes]:
    """Replaces the first match of a pattern in a body of many lines."""
    return lambda body: re.sub(pattern, text, body, count=1, flags=re.MULTILINE)


def _null_item(body: bytes) -> bytes:
    return re.sub(rb'("(?:items|pods)":\s?\[)', rb"\1null,", body, count=1)


def _null_items(body: bytes) -> bytes:
    """What a kubelet without any pod answers: `"items":null`."""
    head = re.match(rb'(?s).*?"(?:items|pods)":\s?', body)
    return head[0] + b"null}\n" if head else body


def _unmeasured(body: bytes) -> bytes:
    """What a kubelet says where it could not measure: /metrics/cadvisor of the machine alone, where a container went
    away in that moment; /metrics/resource of nothing, while the runtime is away.
    """
    machine = re.findall(rb"^(?:# \w+ )?(?:machine_|cadvisor_version_info).*\n", body, re.MULTILINE)
    if not machine:
        return resource_without_runtime()
    told = b"# TYPE container_scrape_error gauge\ncontainer_scrape_error 1\n"
    return told + b"".join(line for line in machine if b"machine_scrape_error" not in line)


def _delivered(**changes: object) -> Change:
    return lambda answer, seconds: replace(answer, seconds=seconds, **changes)  # type: ignore[arg-type]


KINDS: dict[str, Change] = {
    "500": _status(500, _RUNTIME),
    "503": _status(503, b"Service Unavailable"),
    "401": _status(401, b"Unauthorized"),
    "403": _status(403, b"Forbidden (user=somebody, verb=get, resource=nodes, subresource=proxy)"),
    "404": _status(404, b"404 page not found\n"),
    "429": lambda _a, _s: Answer(429, b"Too many requests, please try again later.\n", headers=(("Retry-After", "1"),)),
    "html": _page("text/html; charset=utf-8"),
    "html-text": _page("text/plain; charset=utf-8"),
    "json-status": lambda _a, _s: Answer(200, json_status(500, "InternalError", "nope"), "application/json"),
    "redirect": lambda _a, _s: Answer(302, b"", headers=(("Location", "http://127.0.0.1:9/elsewhere"),)),
    "empty": _body(lambda _body: b""),
    "cut": _delivered(delivery="cut", framing="length"),
    "cut-chunked": _delivered(delivery="cut", framing="chunked"),
    "slow": _delivered(delivery="drip"),
    "stuck": _delivered(delivery="stuck"),
    "reset": _delivered(delivery="reset"),
    "scrape-error": _body(_unmeasured),
    "stale": lambda answer, _seconds: answer,
    "no-final-newline": _body(lambda body: body.rstrip(b"\n")),
    "gzip": _zipped(lambda body: gzip.compress(body, 1, mtime=0)),
    "gzip-bomb": _zipped(lambda _body: _bomb_bytes()),
    "bad-gzip": _zipped(_spoilt),
    "gzip-unlabelled": _zipped(lambda body: gzip.compress(body, 1, mtime=0), label=False),
    "gzip-mislabelled": _zipped(lambda body: body),
    "null-items": _body(_null_items),
    "null-item": _body(_null_item),
    "duplicate-type": _body(_first(rb"^(# TYPE .*)\n", rb"\1\n\1\n")),
    "duplicate-label": _body(_first(rb'namespace="([^"]+)"', rb'namespace="\1",namespace="\1"')),
    "duplicate-key": _body(_first(rb'"namespace":(\s?"[^"]*")', rb'"namespace":\1,"namespace":\1')),
    "not-utf8": _body(_first(rb'"[a-z]+"', b'"\xff\xfe"')),
    "cr": _body(_first(rb"\n", rb"\r")),
    "json": lambda answer, _seconds: replace(answer, body=b'{"items":[]}\n', headers=_unencoded(answer)),
    "huge-header": lambda answer, _s: replace(answer, headers=(*answer.headers, ("X-Padding", "a" * 200_000))),
    "openmetrics": lambda answer, _s: replace(
        answer, content_type="application/openmetrics-text; version=1.0.0; charset=utf-8"
    ),
    "wrong-type": lambda answer, _seconds: replace(answer, content_type="application/octet-stream"),
    "no-type": lambda answer, _seconds: replace(answer, content_type=None),
}


@dataclass(frozen=True, slots=True)
class Broken:
    """What is broken: by path ("*" is everything), with the time since when."""

    faults: tuple[tuple[str, Fault, float], ...] = ()

    def with_fault(self, path: str, fault: Fault, now: float) -> Broken:
        return Broken((*self.without(path).faults, (path, fault, now)))

    def without(self, path: str) -> Broken:
        return Broken(tuple(entry for entry in self.faults if entry[0] != path))

    def of(self, path: str) -> tuple[Fault, float] | None:
        found = {name: (fault, since) for name, fault, since in self.faults}
        return found.get(path) or found.get("*")
