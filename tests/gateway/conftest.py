"""A fake kubelet and a gateway in front of it, both on loopback with real sockets."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from kubesieve.gateway.configured import Configured
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.service import running
from kubesieve.gateway.settings import Address, Settings
from kubesieve.sieve import Policy
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import story_node
from kubesieve.stage.pki import Authority
from tests.waiting import becomes

LOOPBACK = Address("127.0.0.1", 0)

wait_until = partial(becomes, seconds=8.0)


class Answered:
    """A raw HTTP/1.1 answer, taken apart."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    @property
    def reason(self) -> str:
        """The reason code in one of our refusals."""
        return self.body.decode().split(": ")[1] if self.body.startswith(b"kubesieve: ") else ""


class Gateway:
    """``serve`` in a thread of its own, so that tests can use blocking sockets; ``path`` is of its configuration."""

    path: Path

    def __init__(self, settings: Settings, configured: Configured | None = None) -> None:
        self._configured = configured
        self._records, self._sentences = io.StringIO(), io.StringIO()
        self._settings, self._ready, self._stopped = settings, threading.Event(), False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        if self._failure:
            raise self._failure

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.journal = Journal(self._records, self._sentences)
        try:
            async with running(self._settings, self.journal, self._configured) as urls:
                self.url, self.admin_url = URL(urls.url), URL(urls.admin_url)
                self._ready.set()
                await self._stop.wait()
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()
            self.journal.stop()

    def stop(self, wait: bool = True) -> None:
        if not self._stopped:
            self._stopped = True
            self._loop.call_soon_threadsafe(self._stop.set)
        if wait:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def records(self, least: int = 1, seconds: float = 5) -> list[dict[str, Any]]:
        """The access records so far, waiting for so many."""
        end = time.monotonic() + seconds
        while len(lines := self._records.getvalue().splitlines()) < least and time.monotonic() < end:
            time.sleep(0.01)
        return [json.loads(line) for line in lines]

    @property
    def raw_records(self) -> str:
        return self._records.getvalue()

    @property
    def sentences(self) -> str:
        return self._sentences.getvalue()

    def connect(self, *, timeout: float = 10, context: ssl.SSLContext | None = None) -> socket.socket:
        connection = socket.create_connection((self.url.host or "", self.url.port or 0), timeout=timeout)
        if self.url.scheme == "https":
            context = context or ssl._create_unverified_context()
            return context.wrap_socket(connection, server_hostname="localhost")
        return connection

    def send(self, raw: bytes) -> Answered:
        """Raw bytes out, everything until the connection closes back."""
        with self.connect() as connection:
            connection.sendall(raw)
            return Answered(read_all(connection))

    def ask(
        self, target: str, token: str | None, method: str = "GET", headers: dict[str, str] | None = None
    ) -> Answered:
        lines = [f"{method} {target} HTTP/1.1", "Host: kubelet", "Connection: close"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def admin(self, path: str) -> Answered:
        with socket.create_connection((self.admin_url.host or "", self.admin_url.port or 0), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return Answered(read_all(connection))


def get_request(target: str, token: str) -> bytes:
    """A whole plain request, as bytes."""
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def read_all(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except (ConnectionError, ssl.SSLError):
        pass
    return b"".join(parts)


@pytest.fixture(scope="session")
def shared_kubelet() -> Iterator[FakeKubelet]:
    kubelet = FakeKubelet(story_node(seed=1)).start()
    yield kubelet
    kubelet.stop()


@pytest.fixture
def kubelet(shared_kubelet: FakeKubelet) -> FakeKubelet:
    """A healthy fake kubelet that has seen no request."""
    shared_kubelet.mend()
    shared_kubelet.forget()
    return shared_kubelet


@pytest.fixture
def token(kubelet: FakeKubelet) -> str:
    return kubelet.tokens["datadog"]


@pytest.fixture
def settings(kubelet: FakeKubelet, tmp_path: Path) -> Settings:
    ca = tmp_path / "kubelet-ca.crt"
    ca.write_bytes(kubelet.ca_pem)
    return Settings(
        listen=LOOPBACK,
        admin_listen=LOOPBACK,
        kubelet=URL(kubelet.url),
        policy=Policy(frozenset({"sandbox"})),
        kubelet_ca=ca,
        cache_seconds=0.0,
        timeout_seconds=3.0,
    )


MakeGateway = Callable[..., Gateway]


@pytest.fixture
def make_gateway(settings: Settings) -> Iterator[MakeGateway]:
    """Starts gateways with some settings changed; stops them after the test."""
    made: list[Gateway] = []

    def make(**changes: Any) -> Gateway:
        gateway = Gateway(replace(settings, **changes))
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.stop()


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    return make_gateway()


@pytest.fixture
def tls_pair(tmp_path: Path) -> tuple[Path, Path]:
    """A serving certificate and its key, in files."""
    return write_pair(tmp_path, Authority())


def write_pair(folder: Path, authority: Authority) -> tuple[Path, Path]:
    pair = authority.issue()
    cert, key = folder / "tls.crt", folder / "tls.key"
    cert.write_bytes(pair.cert)
    key.write_bytes(pair.key)
    return cert, key
