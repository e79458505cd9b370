"""The audit's client: whatever comes, a value, within bounds, and no token in it."""

from __future__ import annotations

import asyncio
import gzip
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kubesieve.doctor.audit import asking, probes
from kubesieve.doctor.audit.asking import Server, ask
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply

SECRET, PODS = "not-to-be-told", Probe("/pods")


class Answering(socketserver.ThreadingTCPServer):
    daemon_threads = True
    answer = b""
    again = b""  # sent on and on, until the client leaves
    heads: list[bytes]


class _Handler(socketserver.StreamRequestHandler):
    server: Answering

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline(65536)
        self.server.heads.append(head)
        try:
            self.wfile.write(self.server.answer)
            while self.server.again:
                self.wfile.write(self.server.again)
                time.sleep(0.001)
        except OSError:
            return


@contextmanager
def serving(answer: bytes, again: bytes = b"") -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), _Handler) as server:
        server.answer, server.again, server.heads = answer, again, []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def asked(server: Answering, probe: Probe = PODS, *, prefix: str = "", seconds: float = 3.0) -> Reply:
    place = Server("127.0.0.1", server.server_address[1], None, None, prefix, f"Bearer {SECRET}", seconds)
    assert SECRET not in repr(place)
    return asyncio.run(ask(place, probe))


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", 200, b"ok"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok"),
        (OK + b"\r\nto the end", 200, b"to the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", 200, b"ok"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok", mtime=0), 200, b"ok"),
        (OK + b"\r\n" + gzip.compress(b"not said", mtime=0), 200, b"not said"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\nraw bytes", 101, b""),
        (b"HTTP/1.0 404\r\n\r\n", 404, b""),
    ],
)
def test_an_answer_is_read_whole(answer: bytes, status: int, body: bytes) -> None:
    with serving(answer) as server:
        reply = asked(server)
    assert (reply.status, reply.body, reply.failure) == (status, body, "")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="no HTTP"),
        pytest.param(OK + b"Content-Length: 20\r\n\r\nshort", id="cut"),
        pytest.param(OK + b"Content-Length: many\r\n\r\n", id="no number"),
        pytest.param(OK + b"Content-Length: -5\r\n\r\n", id="below nothing"),
        pytest.param(OK + b"Content-Length: 999999999999\r\n\r\n", id="announced too large"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk without a size"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", id="a chunk below nothing"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", id="a chunk too large"),
        pytest.param(OK + b"X: " + b"a" * 200_000, id="an endless header"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, id="never a last answer"),
    ],
)
def test_no_whole_answer_is_a_failure_that_tells_no_token(answer: bytes) -> None:
    with serving(answer) as server:
        reply = asked(server)
    assert reply.status is None
    assert reply.failure
    assert SECRET not in repr(reply)


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        pytest.param(OK, b"X: y\r\n", id="headers without end"),
        pytest.param(OK + b"\r\n", b"", id="a body that nobody ends"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", id="chunks without end"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers without end"),
    ],
)
def test_what_never_ends_is_given_up_in_time(answer: bytes, again: bytes) -> None:
    started = time.monotonic()
    with serving(answer, again or b" ") as server:
        reply = asked(server, seconds=0.5)
    assert reply.status is None
    assert time.monotonic() - started < 3


def test_a_body_beyond_the_cap_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_BODY", 10_000)
    with serving(OK + b"\r\n" + b"a" * 20_000) as server:
        assert asked(server).status is None


def test_a_bomb_of_gzip_stays_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_BODY", 10_000)
    packed = gzip.compress(b"\0" * 10_000_000, mtime=0)
    with serving(OK + f"Content-Length: {len(packed)}\r\n\r\n".encode() + packed) as server:
        reply = asked(server)
    assert (reply.status, reply.body) == (200, packed)


def test_every_probe_is_a_get_with_the_token_once_and_the_prefix_before_its_path() -> None:
    tables = (probes.ODD, probes.SPOOFED, probes.QUERIES, probes.NEGOTIATED, probes.RUNNING, probes.READING)
    table = [*(probe for one in tables for probe in one), *probes.SWITCHING, *probes.AROUND, *probes.ELSEWHERE]
    with serving(OK + b"Content-Length: 0\r\n\r\n") as server:
        for probe in table:
            asked(server, probe.filled("team-a", "team-b"), prefix="/node")
        heads = [head.decode("latin-1") for head in server.heads]
    assert len(heads) == len(table)
    for head, probe in zip(heads, table, strict=True):
        method, target, version = head.split("\r\n")[0].split(" ")
        assert (method, version) == ("GET", "HTTP/1.1")
        assert target.startswith("/node/") == probe.target.startswith("/")
        assert head.count(SECRET) == 1
        assert "{" not in head


def test_nobody_there_is_told_as_such() -> None:
    assert asyncio.run(ask(Server("127.0.0.1", 1), Probe("/pods"))) == Reply(None, failure="connection refused")
