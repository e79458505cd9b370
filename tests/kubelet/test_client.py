"""The client against raw answers: what is whole and of the right type is taken, everything else is a fault."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.faults import OwnFault, UpstreamFault
from kubesieve.kubelet.bodies import Caps
from kubesieve.kubelet.client import KubeletClient, Reply
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.kubelet.trust import Trust
from kubesieve.stage.pki import Authority
from kubesieve.stage.tls_server import server_context

TEXT = b"Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\n" + TEXT + b"Transfer-Encoding: chunked\r\n\r\n"
METRICS = BY_PATH["/metrics"]


class RawServer:
    """Answers every connection with the same bytes, in pieces, then closes it."""

    def __init__(self, folder: Path) -> None:
        authority = Authority()
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(authority.pem)
        self._context = server_context(authority.issue(), authority.pem)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = URL(f"https://127.0.0.1:{self._socket.getsockname()[1]}")
        self.pieces: list[bytes] = []
        self.asked = b""
        self.keep = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    while asked := connection.recv(65536):
                        self.asked = asked
                        for piece in self.pieces:
                            connection.sendall(piece)
                        if not self.keep:
                            break
                    connection.unwrap()
            except OSError:
                pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    server = RawServer(tmp_path)
    yield server
    server.close()


async def _get(
    server: RawServer, *pieces: bytes, caps: Caps | None = None, authorization: str | None = "Bearer x"
) -> Reply:
    server.pieces = list(pieces)
    async with KubeletClient(server.url, Trust(server.ca), caps=caps or Caps(seconds=2.0)) as client:
        return await client.get(METRICS, authorization)


def _with_length(body: bytes, headers: bytes = TEXT, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: %d\r\n\r\n" % size + body


BODY = b'a{b="c"} 1\n' * 5000


async def test_a_body_is_the_same_however_it_was_cut_into_pieces(server: RawServer) -> None:
    whole = _with_length(BODY)
    chunked = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:]))
    for answer in (whole, chunked + b"0\r\n\r\n"):
        for size in (1 << 20, 1013, 97 if answer is whole else 331):
            pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
            assert (await _get(server, *pieces)).body == BODY


async def test_the_request_is_made_of_the_tables_headers(server: RawServer) -> None:
    await _get(server, _with_length(b""), authorization="Bearer token-1")
    head = server.asked.decode().split("\r\n")
    assert head[0] == "GET /metrics HTTP/1.1"
    assert sorted(line.partition(":")[0] for line in head[1:] if line) == [
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "Connection",
        "Host",
        "User-Agent",
    ]
    assert "Accept: text/plain; version=0.0.4" in head
    await _get(server, _with_length(b""), authorization=None)
    assert b"authorization" not in server.asked.lower()


async def test_gzip_is_decoded(server: RawServer) -> None:
    packed = gzip.compress(BODY)
    assert (await _get(server, _with_length(packed, TEXT + b"Content-Encoding: gzip\r\n"))).body == BODY


async def test_the_kubelets_own_content_type_is_kept(server: RawServer) -> None:
    said = b"text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
    assert (await _get(server, _with_length(b"", b"Content-Type: " + said + b"\r\n"))).content_type == said.decode()


REFUSED = {
    "no length and no chunks": (b"HTTP/1.1 200 OK\r\n" + TEXT + b"\r\na 1\n", "upstream-unframed"),
    "HTTP/1.0 until it closes": (b"HTTP/1.0 200 OK\r\n" + TEXT + b"\r\na 1\n", "upstream-unframed"),
    "shorter than its length": (_with_length(b"a 1\n", length=400), "upstream-truncated"),
    "chunks without the last one": (CHUNKED + b"4\r\na 1\n\r\n", "upstream-truncated"),
    "half a chunk": (CHUNKED + b"40\r\na 1\n", "upstream-truncated"),
    "a chunk size that is none": (CHUNKED + b"zz\r\na 1\n\r\n0\r\n\r\n", None),
    "a length and chunks": (
        b"HTTP/1.1 200 OK\r\n"
        + TEXT
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n0\r\n\r\n",
        "upstream-malformed",
    ),
    "two lengths": (b"HTTP/1.1 200 OK\r\n" + TEXT + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\na 1\n", None),
    "a negative length": (b"HTTP/1.1 200 OK\r\n" + TEXT + b"Content-Length: -4\r\n\r\na 1\n", "upstream-malformed"),
    "another protocol": (b"SSH-2.0-x\r\n", "upstream-malformed"),
    "nothing": (b"", "upstream-disconnected"),
    "half a header": (b"HTTP/1.1 200 OK\r\nContent-Ty", "upstream-disconnected"),
    "a header line without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000, "upstream-malformed"),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, "upstream-malformed"),
    "another status": (b"HTTP/1.1 206 Partial\r\n" + TEXT + b"Content-Length: 0\r\n\r\n", "upstream-status"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "upstream-status"),
    "a redirect": (b"HTTP/1.1 301 Moved\r\nLocation: /pods\r\nContent-Length: 0\r\n\r\n", "upstream-status"),
    "another encoding": (_with_length(b"x", TEXT + b"Content-Encoding: br\r\n"), "upstream-encoding"),
    "another charset": (_with_length(b"x", b"Content-Type: text/plain; charset=utf-16\r\n"), "upstream-content-type"),
    "another version": (_with_length(b"x", b"Content-Type: text/plain; version=9\r\n"), "upstream-content-type"),
    "protobuf": (_with_length(b"x", b"Content-Type: application/vnd.google.protobuf\r\n"), "upstream-content-type"),
    "too large by its length": (_with_length(b"", length=1 << 40), "upstream-too-large"),
    "too large by what comes": (
        CHUNKED + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 40 + b"0\r\n\r\n",
        "upstream-too-large",
    ),
    "too large when decoded": (
        _with_length(gzip.compress(bytes(5_000_000), mtime=0), TEXT + b"Content-Encoding: gzip\r\n"),
        "upstream-too-large",
    ),
}


@pytest.mark.parametrize(("answer", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_no_whole_answer_is_a_fault(server: RawServer, answer: bytes, reason: str | None) -> None:
    with pytest.raises(UpstreamFault) as caught:
        await _get(server, answer, caps=Caps(body_bytes=1_000_000, decoded_bytes=2_000_000, seconds=2.0))
    assert caught.value.status == 502
    assert reason is None or caught.value.reason == reason
    assert "token" not in caught.value.sentence


async def test_time_is_bounded_over_the_whole_answer_however_it_drips(server: RawServer) -> None:
    def drip() -> Iterator[bytes]:
        import time

        yield _with_length(b"", length=10_000)
        for _ in range(100):
            time.sleep(0.05)
            yield b"a"

    server.pieces = drip()  # type: ignore[assignment]
    async with KubeletClient(server.url, Trust(server.ca), caps=Caps(seconds=0.4)) as client:
        with pytest.raises(UpstreamFault) as caught:
            await client.get(METRICS, "Bearer x")
    assert (caught.value.reason, caught.value.status) == ("upstream-timeout", 504)


async def test_a_closed_client_says_so(tmp_path: Path, server: RawServer) -> None:
    with pytest.raises(OwnFault, match="expected an open client"):
        await KubeletClient(server.url, Trust(server.ca)).get(METRICS, None)


async def test_a_cookie_of_one_answer_does_not_go_up_with_the_next_request(server: RawServer) -> None:
    server.pieces = [_with_length(b"", TEXT + b"Set-Cookie: a=b; Path=/\r\n")]
    async with KubeletClient(server.url.with_host("localhost"), Trust(server.ca)) as client:
        for _ in range(2):
            await client.get(METRICS, "Bearer x")
    assert b"cookie" not in server.asked.lower()


async def test_what_comes_unasked_behind_an_answer_is_not_the_next_callers_answer(server: RawServer) -> None:
    unasked = _with_length(b'a{of="another"} 1\n')
    server.keep = True

    def pieces() -> Iterator[bytes]:
        import time

        yield _with_length(b"a 1\n")
        time.sleep(0.1)
        yield unasked

    bodies = []
    async with KubeletClient(server.url, Trust(server.ca)) as client:
        for number in range(3):
            server.pieces = pieces()  # type: ignore[assignment]
            bodies.append((await client.get(METRICS, f"Bearer {number}")).body)
            await asyncio.sleep(0.3)
    assert bodies == [b"a 1\n"] * 3
