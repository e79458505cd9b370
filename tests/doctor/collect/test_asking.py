"""What goes out, and what is made of whatever comes back: always a value."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.doctor.collect import asking, bodies
from kubesieve.doctor.collect.asking import PATHS, Ask, Asker, first_asks
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.entrance import Entrance
from tests.doctor.collect.speaking import Server, Speak, Trusted, answer, saying, speaking, trusted

TOKEN = "s3cr3t-t0k3n"
BEARER = f"Bearer {TOKEN}"
ONE = (Ask("/pods"),)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return trusted(tmp_path_factory.mktemp("ca"))


def ask(entrance: Entrance, asks: tuple[Ask, ...] = ONE, seconds: float = 3.0) -> list[Exchange]:
    async def asked() -> list[Exchange]:
        async with Asker(Source.PROXY, entrance, seconds) as asker:
            return await asker.ask(asks, 1)

    return asyncio.run(asked())


def plain(server: Server, authorization: str | None = None) -> Entrance:
    return Entrance(URL(server.url), None, authorization)


# what goes out


def test_every_path_once_and_two_of_them_with_gzip_offered() -> None:
    with speaking(saying(answer())) as server:
        found = ask(plain(server), first_asks())
    assert [head.split("\r\n")[0] for head in server.heads] == [f"GET {one.path} HTTP/1.1" for one in first_asks()]
    assert server.header("accept-encoding") == ["identity"] * len(PATHS) + ["gzip", "gzip"]
    assert {one.path for one in found if one.sent_gzip} == {"/pods", "/metrics/cadvisor"}
    assert all(one.status == 200 and one.body == b"ok" and one.at > 0 for one in found)


def test_only_headers_of_ours_go_out() -> None:
    with speaking(saying(answer())) as server:
        ask(plain(server))
    names = [line.partition(":")[0].lower() for line in server.heads[0].split("\r\n")[1:] if line]
    assert sorted(names) == ["accept", "accept-encoding", "connection", "host", "user-agent"]


def test_the_token_goes_where_it_was_given_and_is_in_no_evidence(ca: Trusted) -> None:
    with speaking(saying(answer()), ca.context()) as server:
        found = ask(ca.entrance(server.url, BEARER))
        ask(ca.entrance(server.url))
    assert server.header("authorization") == [BEARER, ""]
    assert found[0].sent_token
    assert TOKEN not in repr(found)


def test_no_cookie_goes_back_and_no_redirect_is_followed() -> None:
    to = answer(b"", "302 Found", "Location: /elsewhere", "Set-Cookie: session=x; Path=/")
    with speaking(saying(to)) as server:
        found = ask(plain(server, BEARER), (Ask("/pods"), Ask("/spec/")))
    assert server.header("cookie") == ["", ""]
    assert [head.split(" ")[1] for head in server.heads] == ["/pods", "/spec/"]
    assert [one.status for one in found] == [302, 302]
    assert all("location" not in one.headers and "set-cookie" not in one.headers for one in found)


@pytest.mark.parametrize(
    ("prefix", "sent"),
    [("", "/pods"), ("/", "/pods"), ("/a/b", "/a/b/pods"), ("/a%20b", "/a%20b/pods"), ("/a%0d%0aX:%20y", None)],
)
def test_a_path_prefix_goes_out_as_it_was_given(prefix: str, sent: str | None) -> None:
    with speaking(saying(answer())) as server:
        ask(Entrance(URL(server.url + prefix), None))
    lines = server.heads[0].split("\r\n")
    assert lines[0] == f"GET {sent or '/a%0D%0AX:%20y/pods'} HTTP/1.1"
    assert not any(line.startswith("X:") for line in lines)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent dials its kubelet itself."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with speaking(saying(answer())) as server:
        assert ask(plain(server))[0].status == 200


# failures are values


def slowly(seconds: float) -> Speak:
    def speak(connection: socket.socket, _: str) -> None:
        time.sleep(seconds)
        connection.sendall(answer())

    return speak


def endlessly(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def dripping(connection: socket.socket, _: str) -> None:
    connection.sendall(answer(b"", length=1000))
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


FAILS: dict[str, tuple[Speak, str]] = {
    "no answer in time": (slowly(2), "upstream-timeout"),
    "a body that drips": (dripping, "upstream-timeout"),
    "closed at once": (saying(b""), "upstream-disconnected"),
    "half a head": (saying(b"HTTP/1.1 200 OK\r\nContent-"), "upstream-disconnected"),
    "half a body": (saying(answer(b"half", length=999)), "upstream-truncated"),
    "a chunk that is cut": (
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
        "upstream-truncated",
    ),
    "another protocol": (saying(b"SSH-2.0-OpenSSH_9\r\n"), "upstream-malformed"),
    "a header without end": (saying(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000), "upstream-malformed"),
    "an endless body": (endlessly, "upstream-too-large"),
    "a gzip bomb": (saying(answer(gzip.compress(bytes(9 << 20)))), "upstream-too-large"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_goes_wrong_is_a_failure_with_a_reason(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 4 << 20)
    monkeypatch.setattr(asking, "MOST_BYTES", 4 << 20)
    monkeypatch.setattr(bodies, "MOST_DECODED", 8 << 20)
    speak, reason = FAILS[name]
    with speaking(speak) as server:
        [found] = ask(plain(server, BEARER), seconds=0.5 if reason == "upstream-timeout" else 5)
    assert found.failure
    assert found.failure.reason == reason
    assert found.failure.sentence.startswith("expected ")
    assert TOKEN not in found.failure.sentence


def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_refused() -> None:
    [found] = ask(Entrance(URL(f"http://127.0.0.1:{closed()}"), None))
    assert found.failure
    assert found.failure.reason == "upstream-unreachable"
    assert "refused" in found.failure.sentence


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", "a..b.invalid"])
def test_a_name_that_is_no_host(host: str, ca: Trusted) -> None:
    for entrance in (Entrance(URL.build(scheme="http", host=host), None), ca.entrance(f"https://{host}:1")):
        [found] = ask(entrance)
        assert found.failure
        assert found.failure.reason == "upstream-unreachable"


def test_time_outs_are_waited_for_twice_at_most() -> None:
    with speaking(slowly(3)) as server:
        started = time.monotonic()
        found = ask(plain(server), first_asks(), seconds=0.3)
    assert time.monotonic() - started < 2
    assert [one.failure.reason for one in found if one.failure] == ["upstream-timeout"] * 2


# TLS


def of(found: list[Exchange]) -> tuple[str, str, tuple[str, ...]]:
    failure = found[0].failure
    assert failure
    return failure.reason, failure.sentence, failure.names


def test_a_certificate_of_another_authority(ca: Trusted, tmp_path: Path) -> None:
    with speaking(saying(answer()), trusted(tmp_path).context()) as server:
        reason, sentence, names = of(ask(ca.entrance(server.url, BEARER)))
    assert reason == "upstream-tls"
    assert "not trusted" in sentence
    assert names == ("DNS:localhost", "IP:127.0.0.1")
    assert server.heads == []  # no token to whom nobody knows


def test_a_certificate_for_another_host(ca: Trusted) -> None:
    with speaking(saying(answer()), ca.context(ips=("192.0.2.1", "2001:db8::1"))) as server:
        reason, _, names = of(ask(ca.entrance(server.url, BEARER)))
    assert reason == "upstream-tls"
    assert names == ("DNS:localhost", "IP:192.0.2.1", "IP:2001:db8::1")
    assert server.heads == []


def test_a_name_given_for_the_certificate_is_the_one_that_counts(ca: Trusted) -> None:
    with speaking(saying(answer()), ca.context(ips=())) as server:
        assert ask(ca.entrance(server.url, server_name="localhost"))[0].status == 200
        assert ask(ca.entrance(server.url, server_name="localhost."))[0].status == 200
        assert of(ask(ca.entrance(server.url, server_name="other")))[0] == "upstream-tls"


def test_a_certificate_that_is_out_of_date(ca: Trusted) -> None:
    with speaking(saying(answer()), ca.context(expired=True)) as server:
        reason, sentence, _ = of(ask(ca.entrance(server.url)))
    assert (reason, "expired" in sentence) == ("upstream-tls", True)


def test_a_certificate_without_names(ca: Trusted) -> None:
    """A common name is no name, though it be the one dialled."""
    with speaking(saying(answer()), ca.context(san=False)) as server:
        assert of(ask(ca.entrance(server.url)))[0] == "upstream-tls"


def test_tls_to_a_plain_port(ca: Trusted) -> None:
    with speaking(saying(answer())) as server:
        reason, sentence, names = of(ask(ca.entrance(server.url.replace("http:", "https:"), BEARER)))
    assert (reason, names) == ("upstream-tls", ())
    assert "no TLS" in sentence
    assert TOKEN not in "".join(server.heads)
