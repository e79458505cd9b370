"""The API server asked for a node's pods and for the node itself: over a socket, and for nothing but a node."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.doctor.collect import bodies
from kubesieve.doctor.collect.cluster import node_entrance, pods_of
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from tests.doctor.collect.speaking import Speak, answer, saying, speaking, trusted

SECRET = "s3cr3t-t0k3n"
LIST = json.dumps({"kind": "PodList", "items": []}).encode()
GOOD = ("worker-1", "ip-10-0-0-7.eu-west-1.compute.internal", "a", "1", "n" * 253)
NO_NODES = (
    *("", ".", "..", "../secrets", "a/../../secrets", "a/b", "a%2fb", "a%2Fb", "%2e%2e", "a?b=c", "a#b", "a b", "a\n"),
    *("a\r\nX: y", "a,b", "a=b", "A", "-a", "a-", ".a", "a.", "n" * 254, "\u00e4", "a\x00", "a;b", "a:10250", "a@b"),
)


def entrance(url: str, authorization: str | None = None) -> Entrance:
    return Entrance(URL(url), None, authorization)


@pytest.mark.parametrize("node", GOOD)
@pytest.mark.parametrize("prefix", ["", "/k8s/clusters/c-1"])
def test_a_node_is_a_path_of_the_api_server(node: str, prefix: str) -> None:
    found = node_entrance(entrance(f"https://api:6443{prefix}", "Bearer x"), node)
    assert str(found.url) == f"https://api:6443{prefix}/api/v1/nodes/{node}/proxy"
    assert found.authorization == "Bearer x"


@pytest.mark.parametrize("node", NO_NODES)
def test_a_name_that_would_be_more_than_a_name_is_refused(node: str) -> None:
    server = entrance("https://api:6443")
    with pytest.raises(OwnFault, match="expected the name of a node") as caught:
        node_entrance(server, node)
    assert caught.value.reason == "settings-node"
    with pytest.raises(OwnFault, match="expected the name of a node"):
        asyncio.run(pods_of(server, node, 1.0))


def test_the_pods_of_the_node_alone_are_asked_for(tmp_path: Path) -> None:
    ca = trusted(tmp_path)
    with speaking(saying(answer(LIST)), ca.context()) as server:
        found = asyncio.run(pods_of(ca.entrance(server.url + "/prefix", f"Bearer {SECRET}"), "worker-1", 3.0))
    assert found == LIST
    assert server.heads[0].split(" ")[1] == "/prefix/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-1"
    assert server.header("authorization") == [f"Bearer {SECRET}"]
    assert server.header("accept") == ["application/json"]


def endless(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def late(connection: socket.socket, _: str) -> None:
    time.sleep(2)
    connection.sendall(answer(LIST))


FAILS: dict[str, tuple[Speak, str]] = {
    "401": (saying(answer(SECRET.encode(), "401 Unauthorized")), "status 401"),
    "403": (saying(answer(SECRET.encode(), "403 Forbidden")), "status 403"),
    "a redirect": (saying(answer(b"", "302 Found", "Location: http://127.0.0.1:1/")), "status 302"),
    "no time": (late, "none in time"),
    "half a body": (saying(answer(b"{", length=99)), "ended early"),
    "closed": (saying(b""), "closed"),
    "no HTTP": (saying(b"SSH-2.0-x\r\n"), "not HTTP"),
    "without end": (endless, "expected at most"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_goes_wrong_is_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1 << 20)
    speak, words = FAILS[name]
    with speaking(speak) as server, pytest.raises(OwnFault) as caught:
        asyncio.run(pods_of(entrance(server.url, f"Bearer {SECRET}"), "worker-1", 0.5))
    assert caught.value.reason == "api-server"
    assert caught.value.sentence.startswith("expected ")
    assert words in caught.value.sentence
    assert SECRET not in caught.value.sentence


def test_an_api_server_that_nobody_trusts_hears_no_token(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    ca = trusted(tmp_path)
    with (
        speaking(saying(answer(LIST)), trusted(other).context()) as server,
        pytest.raises(OwnFault, match="not trusted"),
    ):
        asyncio.run(pods_of(ca.entrance(server.url, f"Bearer {SECRET}"), "worker-1", 3.0))
    assert server.heads == []


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
def test_a_name_that_is_no_host(host: str) -> None:
    with pytest.raises(OwnFault, match="expected an answer of the API server"):
        asyncio.run(pods_of(entrance(f"http://{host}"), "worker-1", 3.0))
