"""The fake kubelet answers each of the 269 recorded requests as the real one did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import story_node
from tests.stage.conftest import NOW, ask

# (recorded name, what is compared) -> why it may differ. Nothing may be added here without a reason.
EXCEPTIONS: dict[tuple[str, str], str] = {}

# The real node's container was called "app"; the story's is called "nginx".
RENAMED = (
    ("/containerLogs/sandbox/pod-with-limits/app", "/containerLogs/sandbox/pod-with-limits/nginx"),
    ('container "app" in pod "pod-with-limits"', 'container "nginx" in pod "pod-with-limits"'),
)
COMPARED_BODIES = (301, 400, 401, 403, 404, 405, 406)


@pytest.fixture(scope="module")
def one_kubelet() -> Iterator[FakeKubelet]:
    with FakeKubelet(story_node(), clock=lambda: NOW) as running:
        yield running


def _renamed(text: str) -> str:
    for old, new in RENAMED:
        text = text.replace(old, new)
    return text


def _raw(kubelet: FakeKubelet, entry: dict) -> bytes:
    target = _renamed(entry["target"])
    if "…" in target:  # the recording shortened it
        target = "/pods?" + "a" * 9000
    lines = [f"{entry['method']} {target} HTTP/1.1", "Host: stage", "Connection: close"]
    headers = dict(entry["request_headers"])
    if entry["as"] == "admin":  # a client certificate on the real node
        headers["Authorization"] = "Bearer <token of admin>"
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    text = "\r\n".join(lines) + "\r\n\r\n"
    for name, token in kubelet.tokens.items():
        text = text.replace(f"<token of {name}>", token)
    return text.encode()


def _headers(entry: dict) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in entry["response_headers"])


def _differences(kubelet: FakeKubelet, entry: dict) -> dict[str, tuple[object, object]]:
    """What differs from the recording: status, headers, framing and, for errors, the body."""
    reply = ask(kubelet, _raw(kubelet, entry), entry["method"])
    want = _headers(entry)
    pairs = {"status": (int(entry["status"].split()[1]), reply.status)}
    names = ("Content-Type", "Location", "Content-Encoding", "X-Content-Type-Options")
    names += ("Transfer-Encoding", "Connection")
    pairs |= {name: (want.get(name), reply.headers.get(name)) for name in names}
    if pairs["status"][0] in COMPARED_BODIES:
        pairs["body"] = (_renamed(entry["body"]), reply.body.decode())
        pairs["Content-Length"] = (len(_renamed(entry["body"])), len(reply.body))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def test_all_269_exchanges_are_answered_as_recorded(recorded: Path, one_kubelet: FakeKubelet) -> None:
    entries = json.loads((recorded / "http.json").read_text())
    assert len(entries) == 269
    wrong = [
        (entry["name"], what, pair)
        for entry in entries
        for what, pair in _differences(one_kubelet, entry).items()
        if (entry["name"], what) not in EXCEPTIONS
    ]
    assert wrong == []


def test_the_longest_query_still_reaches_the_kubelet_whole(one_kubelet: FakeKubelet) -> None:
    one_kubelet.forget()
    ask(one_kubelet, f"GET /pods?{'a' * 9000} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert len(one_kubelet.requests[-1].target) == 9006
