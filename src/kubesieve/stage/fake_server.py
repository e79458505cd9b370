"""What the fake kubelet and the fake apiserver share: a TLS listener whose requests are remembered."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Self

from kubesieve.stage.http_values import Answer, Request
from kubesieve.stage.pki import Authority, KeyPair
from kubesieve.stage.tls_server import TlsServer, server_context


class FakeServer(ABC):
    """``with`` starts and stops it; ``requests`` lists what arrived. ``answer`` is what tells one fake from another."""

    def __init__(self, authority: Authority, pair: KeyPair, address: tuple[str, int]) -> None:
        self.authority = authority
        self._requests: list[Request] = []
        self._lock = threading.Lock()
        self._server = TlsServer(address, server_context(pair, authority.pem), self._handle)

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """The answer to one request; called from the connections' threads."""

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def ca_pem(self) -> bytes:
        return self.authority.pem

    @property
    def requests(self) -> tuple[Request, ...]:
        """All that arrived so far, in order."""
        with self._lock:
            return tuple(self._requests)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _handle(self, request: Request) -> Answer:
        with self._lock:
            self._requests.append(request)
        return self.answer(request)
