"""Pods read live: by namespace, joined into one list; what goes wrong is a fault of a sentence."""

from __future__ import annotations

import asyncio
import json

import pytest
from yarl import URL

from kubesieve.doctor.collect import bodies, cluster
from kubesieve.doctor.collect.cluster import pods_in, pods_of
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from tests.doctor.collect.raw_server import serving

ANY = "/api/v1/pods"


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def items(*names: str) -> bytes:
    return json.dumps({"kind": "PodList", "items": [{"metadata": {"name": name}} for name in names]}).encode()


def of(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def ask(answers: dict[str, bytes], *namespaces: str, seconds: float = 3.0) -> bytes:
    with serving(answers) as server:
        return asyncio.run(pods_in(Entrance(URL(server.url), None, "Bearer good"), namespaces, seconds))


@pytest.mark.parametrize(
    ("answers", "namespaces", "names"),
    [
        ({ANY: answer(items("a", "b"))}, (), ["a", "b"]),
        ({of("x"): answer(items("a"))}, ("x",), ["a"]),
        ({of("x"): answer(items("a")), of("y"): answer(items("b"))}, ("y", "x"), ["a", "b"]),
        ({of("x"): answer(items("a")), of("y"): answer(b'{"items":null}')}, ("y", "x"), ["a"]),
    ],
)
def test_the_pods_of_each_namespace_come_as_one_list(
    answers: dict[str, bytes], namespaces: tuple[str, ...], names: list[str]
) -> None:
    found = json.loads(ask(answers, *namespaces))
    assert [item["metadata"]["name"] for item in found["items"]] == names


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "status 404"),
        ({ANY: answer(b"", "403 Forbidden")}, "status 403; give a list with --pods"),
        ({ANY: b"SSH-2.0\r\n\r\n"}, "expected an answer of the API server"),
        ({ANY: answer(items("a"))[:-3]}, "expected an answer of the API server"),
    ],
)
def test_what_goes_wrong_is_said_without_the_token(answers: dict[str, bytes], words: str) -> None:
    with pytest.raises(OwnFault) as caught:
        ask(answers)
    assert (caught.value.reason, words in caught.value.sentence) == ("api-server", True)
    assert "good" not in caught.value.sentence


def test_lists_that_are_none_are_refused() -> None:
    with pytest.raises(OwnFault, match="expected lists of pods"):
        ask({of("x"): answer(b"[]"), of("y"): answer(items("a"))}, "x", "y")


def test_more_than_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1000)
    monkeypatch.setattr(cluster, "MOST_BYTES", 1000)
    with pytest.raises(OwnFault, match="at most 1000 bytes of pods; got more: name --namespaces"):
        ask({ANY: answer(items(*map(str, range(1000))))})


@pytest.mark.parametrize("node", ["", "../pods", "a/b", "a%2fb", "a?b", "a b", "A", "a" * 300])
def test_a_name_that_no_node_has_is_never_asked_for(node: str) -> None:
    with serving({}) as server, pytest.raises(OwnFault) as caught:
        asyncio.run(pods_of(Entrance(URL(server.url), None), node, 1.0))
    assert (caught.value.reason, server.heads) == ("settings-node", [])
