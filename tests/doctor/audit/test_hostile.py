"""A proxy that means harm: it makes the audit ask for nothing else, tells no token through it, and never stops it."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from kubesieve.doctor.audit import probes
from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.observed import Look, Observed
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.probing import Sides, observe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.doctor.reports import FORMS, render
from kubesieve.entrance import Entrance
from kubesieve.kubelet.endpoints import BY_PATH
from tests.doctor.audit.test_codes import MINE, THEIRS, podlist, sample, seen, stats

SECRET = "not-to-be-told-to-anybody"
INJECTED = "x HTTP/1.1\r\nHost: y\r\n\r\nPOST /run/a/b/c?cmd=id"


class Echo(socketserver.ThreadingTCPServer):
    daemon_threads = True
    heads: list[str]


class _Handler(socketserver.StreamRequestHandler):
    server: Echo

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline(65536)
        self.server.heads.append(head.decode("latin-1"))
        if head.startswith(b"GET /pods "):
            item = {"metadata": {"namespace": INJECTED, "name": "a", "uid": "b"}}
            status, body = "200 OK", json.dumps({"kind": "PodList", "items": [item]}).encode()
        else:
            status, body = "500 Oops", b"you said: " + head
        length = f"Content-Length: {len(body)}\r\nContent-Type: text/plain; said={SECRET}".encode()
        self.wfile.write(b"HTTP/1.1 " + status.encode() + b"\r\n" + length + b"\r\n\r\n" + body)


@contextmanager
def echoing() -> Iterator[Echo]:
    with Echo(("127.0.0.1", 0), _Handler) as server:
        server.heads = []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def test_names_from_answers_change_no_request_and_a_token_given_back_is_not_told() -> None:
    authorization = f"Bearer {SECRET}"
    with echoing() as server:
        proxy = Entrance(URL(f"http://127.0.0.1:{server.server_address[1]}"), None, authorization)
        sides = Sides(proxy, frozenset({"team-a"}), caller=authorization, seconds=3.0, interval=0)
        found = judge(asyncio.run(observe(sides)))
    assert all(head.startswith("GET ") and "/run/a/b/c" not in head for head in server.heads)
    for form in FORMS:
        told = render(found, form, verbose=True)
        assert SECRET not in told
        assert "\r" not in told


PIECES = st.sampled_from(
    [
        podlist(MINE),
        podlist(MINE, THEIRS),
        podlist({"metadata": []}, 1, None, {"podRef": {"namespace": 5}}),
        stats({"podRef": {"namespace": "team-b"}, "containers": None}),
        sample('namespace="team-a",pod="web-team-a"'),
        sample('namespace="team-b"'),
        b"{" * 3000,
        b'{"items": ' + b"[" * 3000,
        b"[]",
        b"null",
        b'{"items": null, "pods": null}',
        b'{"items": {}, "pods": 3, "node": []}',
        b"# {",
        b"\xff\x00",
    ]
)
BODIES = st.one_of(PIECES, st.binary(max_size=60), st.lists(PIECES, max_size=3).map(b"".join))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(BY_PATH)), BODIES), BODIES, st.sampled_from([200, 404, 500, 101, None]))
def test_whatever_comes_is_judged(bodies: dict[str, bytes], other: bytes, status: int | None) -> None:
    plain = [
        Exchange(source, path, 200, {"content-type": "x"}, body)
        for source in (Source.DIRECT, Source.PROXY)
        for path, body in bodies.items()
    ]
    tables = ("odd", "elsewhere", "spoofed", "queries", "negotiated", "running", "reading", "switching")
    reply = Reply(status, {"content-type": "x"}, other)
    tried = {table: tuple(Look(one, reply) for one in getattr(probes, table.upper())) for table in tables}
    observed: Observed = seen(**tried)
    after = tuple(Look(Probe(path, path), Reply(200, body=body)) for path, body in bodies.items())
    found = judge(replace(observed, evidence=replace(observed.evidence, exchanges=tuple(plain)), after=after))
    assert found.exit in (0, 1, 2)
    assert render(found, "json")
