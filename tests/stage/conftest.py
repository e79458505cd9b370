"""A story node's kubelet, a raw TLS client, and the recordings where they are present."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

from kubesieve.stage.apiserver import FakeApiserver
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import story_node

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("KUBESIEVE_CORPUS", ROOT.parent / "shared"))
NOW = 1795572755.0

_SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)(?: (-?\d+))?$')
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"')


@dataclass(frozen=True, slots=True)
class Line:
    """A sample as these tests read it: with a reader of their own."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: str
    at: str | None

    @property
    def map(self) -> dict[str, str]:
        return dict(self.labels)


def read_samples(body: bytes) -> list[Line]:
    """All samples of an exposition; a line that is neither sample nor comment fails the test."""
    text = body.decode()
    assert text == "" or text.endswith("\n")
    lines = []
    for line in text.splitlines():
        if line.startswith(("# HELP ", "# TYPE ")):
            continue
        found = _SAMPLE.match(line)
        assert found, line
        lines.append(Line(found[1], tuple(_LABEL.findall(found[2] or "")), found[3], found[4]))
    return lines


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(kubelet: FakeKubelet | FakeApiserver, raw: bytes, method: str = "GET", limit: float = 10.0) -> Reply:
    """Sends raw bytes over TLS and reads one answer."""
    host, port = kubelet.url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cadata=kubelet.ca_pem.decode())
    with (
        socket.create_connection((host, int(port)), limit) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls.sendall(raw)
        answer = HTTPResponse(tls, method=method)
        answer.begin()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())


def get(kubelet: FakeKubelet, target: str, token: str = "datadog", method: str = "GET", **headers: str) -> Reply:
    """One request with the token of a known name (or none)."""
    lines = [f"{method} {target} HTTP/1.1", "Host: stage", "Connection: close"]
    if token:
        lines.append(f"Authorization: Bearer {kubelet.tokens.get(token, token)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ask(kubelet, ("\r\n".join(lines) + "\r\n\r\n").encode(), method)


@pytest.fixture
def kubelet() -> Iterator[FakeKubelet]:
    with FakeKubelet(story_node(), clock=lambda: NOW) as running:
        yield running


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The recordings of a real kubelet; what needs them is skipped where they are absent."""
    folder = CORPUS / "fixtures" / "v1.20.2-real"
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder} (set KUBESIEVE_CORPUS)")
    return folder
