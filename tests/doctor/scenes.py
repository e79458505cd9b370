"""Evidence made of the embedded node's answers: direct, through a proxy, either spoilt at will."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from kubesieve.doctor.evidence import Coding, Door, Evidence, Exchange, Failure, Framing, Source
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy, sieve
from kubesieve.stage.breakage import Broken
from kubesieve.stage.http_values import Request
from kubesieve.stage.identity import Directory
from kubesieve.stage.kubelet import answer_for
from kubesieve.stage.node import story_node

PATHS = (
    "/healthz",
    "/pods",
    "/spec/",
    "/stats/summary",
    "/metrics",
    "/metrics/cadvisor",
    "/metrics/resource",
    "/metrics/probes",
    "/metrics/slis",
)
BORN = 1_764_000_000.0
LOOK = BORN + 3600.0
BETWEEN = 15.0
NAMESPACES = ("datadog", "kube-system", "kubelet-proxy", "sandbox", "tenant-a", "tenant-b")
ALL = frozenset(NAMESPACES)

Change = Callable[[Exchange], Exchange]


@cache
def _directory() -> Directory:
    return Directory.fresh()


@cache
def kubelet_answer(path: str, round_: int) -> Exchange:
    """What the embedded kubelet answers to an admin, ``BETWEEN`` seconds apart."""
    node = replace(story_node(seed=1), born=BORN)
    token = _directory().tokens["admin"]
    request = Request("GET", path, (("Authorization", f"Bearer {token}"),))
    at = LOOK + BETWEEN * (round_ - 1)
    answer = answer_for(node, _directory(), Broken(), request, at)
    headers = {name.lower(): value for name, value in answer.headers if name.lower() != "content-encoding"}
    zipped = ("Content-Encoding", "gzip") in answer.headers
    body = gzip.decompress(answer.body) if zipped else answer.body
    if answer.content_type:
        headers["content-type"] = answer.content_type
    return Exchange(
        Source.DIRECT, path, answer.status, headers, body, round=round_, at=at, framing=Framing(received=len(body))
    )


@dataclass(frozen=True)
class Scene:
    """``allowed`` is what the proxy lets through, None for no proxy. Changes go by path ("*": all)."""

    allowed: frozenset[str] | None = ALL
    direct: bool = True
    rounds: int = 2
    spoil_direct: Mapping[str, Change] = field(default_factory=dict)
    spoil_proxy: Mapping[str, Change] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    proxy_url: str = "https://proxy.example:8443"

    def evidence(self) -> Evidence:
        exchanges: list[Exchange] = []
        doors = {}
        for number in range(1, self.rounds + 1):
            if self.direct:
                doors[Source.DIRECT] = Door("https://192.0.2.10:10250", has_token=True)
                exchanges += [_spoilt(kubelet_answer(path, number), self.spoil_direct) for path in PATHS]
            if self.allowed is not None:
                doors[Source.PROXY] = Door(self.proxy_url, has_token=True)
                answers = (sieved(kubelet_answer(path, number), self.allowed) for path in PATHS)
                exchanges += [_spoilt(answer, self.spoil_proxy) for answer in answers]
        taken = LOOK + BETWEEN * (self.rounds - 1)
        return Evidence(**{"exchanges": tuple(exchanges), "doors": doors, "taken": taken, **self.more})


def sieved(exchange: Exchange, allowed: frozenset[str]) -> Exchange:
    """As kubesieve's proxy answers."""
    body = _kept(exchange.path, exchange.round, allowed)
    return replace(exchange, source=Source.PROXY, body=body, framing=Framing(received=len(body)))


@cache
def _kept(path: str, round_: int, allowed: frozenset[str]) -> bytes:
    endpoint, answer = BY_PATH.get(path), kubelet_answer(path, round_)
    if endpoint and answer.status == 200 and path != "/healthz":
        return sieve(endpoint, answer.body, Policy(allowed)).body
    return answer.body


def _spoilt(exchange: Exchange, changes: Mapping[str, Change]) -> Exchange:
    for path in (exchange.path, "*"):
        if path in changes:
            exchange = changes[path](exchange)
    return exchange


def status(code: int, body: bytes = b"", content_type: str = "text/plain; charset=utf-8") -> Change:
    return lambda one: _with_body(replace(one, status=code, headers={"content-type": content_type}), body)


def body(change: Callable[[bytes], bytes]) -> Change:
    return lambda one: _with_body(one, change(one.body))


def _with_body(one: Exchange, content: bytes) -> Exchange:
    return replace(one, body=content, framing=Framing(received=len(content)))


def replaced(pattern: bytes, text: bytes, count: int = 0) -> Change:
    return body(lambda content: re.sub(pattern, text, content, count=count, flags=re.MULTILINE))


def without_lines(pattern: bytes) -> Change:
    """Lines that hold the pattern are gone."""
    return body(lambda content: b"".join(line for line in content.splitlines(True) if not re.search(pattern, line)))


def failed(reason: str, sentence: str, *names: str) -> Change:
    return lambda one: replace(one, status=None, headers={}, body=b"", failure=Failure(reason, sentence, names))


def framed(said: str = "", coding: Coding = Coding.PLAIN, announced: int | None = None) -> Change:
    return lambda one: replace(one, framing=Framing(said, coding, announced, len(one.body)))


def edited(change: Callable[[Any], None]) -> Change:
    """A JSON body, changed in place."""

    def apply(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return body(apply)


def headed(content_type: str) -> Change:
    return lambda one: replace(one, headers={**one.headers, "content-type": content_type})


def tokenless(change: Change) -> Change:
    return lambda one: replace(change(one), sent_token=False)
