"""Proxies that filter well, and believe what a caller says of himself: each is told by its code alone."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from yarl import URL

from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.probing import Sides, observe
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of
from kubesieve.entrance import Entrance

Fooled = Callable[[str, str], bool]
"""Whether a request (target, head in lower case) gets the view of everybody."""

LABEL = b"\x0a\x09namespace\x12\x06team-b"


class Believer(socketserver.ThreadingTCPServer):
    """Knows one pod of each team, answers three endpoints and shows team-a alone, unless it is fooled."""

    daemon_threads = True
    fooled: Fooled
    open = False
    trusting = False


class _Handler(socketserver.StreamRequestHandler):
    server: Believer

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline(65536)
        text = head.decode("latin-1").lower()
        target = text.split(" ")[1]
        announced = [line for line in text.split("\r\n") if line.startswith("content-length:")]
        text += self.rfile.read(int(announced[0].split(":")[1])).decode() if announced else ""
        teams = ("team-a", "team-b") if self.server.open or self.server.fooled(target, text) else ("team-a",)
        status, kind, body = _answer(target, text, teams, protobuf=not self.server.open)
        if "authorization: bearer" not in text and not self.server.trusting:
            status, kind, body = "401 Unauthorized", "text/plain", b"Unauthorized"
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)


def _answer(target: str, text: str, teams: tuple[str, ...], *, protobuf: bool) -> tuple[str, str, bytes]:
    path = target.partition("?")[0]
    metadata = [{"namespace": one, "name": f"web-{one}", "uid": one} for one in teams]
    if path in ("/pods", "/runningpods/") or path.strip("/.") == "pods":
        body = {"kind": "PodList", "items": [{"metadata": one} for one in metadata]}
        return "200 OK", "application/json", json.dumps(body).encode()
    if path == "/stats/summary":
        body = {"node": {"nodeName": "n"}, "pods": [{"podRef": one, "containers": []} for one in metadata]}
        return "200 OK", "application/json", json.dumps(body).encode()
    if path.startswith("/metrics"):
        if protobuf and "team-b" in teams and "accept: application/vnd.google.protobuf" in text:
            return "200 OK", "application/vnd.google.protobuf", LABEL
        rows = "".join(f'container_x{{namespace="{one}",pod="web-{one}"}} 1\n' for one in teams)
        return "200 OK", "text/plain; version=0.0.4", f"# TYPE container_x gauge\n{rows}".encode()
    return "404 Not Found", "text/plain", b"no such path\n"


@contextmanager
def believing(fooled: Fooled, *, everything: bool = False, trusting: bool = False) -> Iterator[Entrance]:
    with Believer(("127.0.0.1", 0), _Handler) as server:
        server.fooled, server.open, server.trusting = fooled, everything, trusting
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Entrance(URL(f"http://127.0.0.1:{server.server_address[1]}"), None, "Bearer of-the-tenant")
        server.shutdown()


def audited(fooled: Fooled, *, trusting: bool = False) -> set[str]:
    return set(findings_of(fooled, trusting=trusting))


def findings_of(fooled: Fooled, *, trusting: bool = False) -> dict[str, Severity]:
    with believing(fooled, trusting=trusting) as proxy, believing(fooled, everything=True) as kubelet:
        sides = Sides(proxy, frozenset({"team-a"}), kubelet, seconds=3.0, interval=0)
        found = judge(asyncio.run(observe(sides))).findings
    told = {one.code: severity_of(one) for one in found if one.code.startswith(("KS03", "KS04"))}
    return {code: severity for code, severity in told.items() if severity is not Severity.INFO}


@pytest.mark.parametrize(
    ("fooled", "code"),
    [
        pytest.param(lambda _, text: "x-remote-user: system:admin" in text, "KS0417", id="X-Remote-User"),
        pytest.param(lambda _, text: "impersonate-user:" in text, "KS0417", id="Impersonate-User"),
        pytest.param(lambda _, text: "x-scope-orgid: team-b" in text, "KS0417", id="the tenant in a header"),
        pytest.param(lambda target, _: "namespace=team-b" in target, "KS0418", id="a parameter"),
        pytest.param(lambda target, _: target.endswith("&namespace=team-b"), "KS0418", id="the last of two"),
        pytest.param(lambda target, text: target == "/pods" and "namespace=team-b" in text, "KS0418", id="a body"),
        pytest.param(lambda _, text: "accept: application/vnd.google.protobuf" in text, "KS0419", id="protobuf"),
        pytest.param(lambda _, text: "accept: application/openmetrics-text" in text, "KS0419", id="OpenMetrics"),
        pytest.param(lambda _, text: "accept-encoding: gzip" in text, "KS0419", id="whoever takes gzip"),
        pytest.param(lambda target, _: "verbose" in target, "KS0418", id="what agents ask with"),
        pytest.param(lambda _, text: "accept: application/json" in text, "KS0419", id="whoever takes JSON"),
        pytest.param(lambda target, _: target in ("//pods", "/./pods"), "KS0416", id="another spelling"),
    ],
)
def test_whoever_believes_it_is_told_by_its_code_alone(fooled: Fooled, code: str) -> None:
    assert audited(fooled) == {code}


def test_whoever_believes_nothing_passes() -> None:
    assert audited(lambda *_: False) == set()


def test_whoever_asks_nobody_who_calls_is_told() -> None:
    assert findings_of(lambda *_: False, trusting=True) == {"KS0425": Severity.WARNING}


def test_whoever_shows_more_without_a_token_leaks() -> None:
    assert findings_of(lambda _, text: "authorization:" not in text, trusting=True) == {"KS0425": Severity.ERROR}


def test_what_leaks_now_and_then_is_blamed_on_nothing_that_was_sent() -> None:
    asked: Counter[str] = Counter()

    def every_other(target: str, _: str) -> bool:
        asked[target] += 1
        return target == "/pods" and asked[target] % 2 == 0

    assert audited(every_other) == {"KS0402"}
