"""The naive filtering proxy, as people write it: plain http, one request at a time, a regular expression per line.

Its faults are the point: it answers 200 or 500 and nothing else, calls everything text/plain, filters /metrics* only
and there only lines that match, does not verify TLS, forwards the token, and waits for whoever came first.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from typing import Any, Self
from urllib.request import Request, urlopen

_NAMESPACE = re.compile(r'namespace="([^"]*)"')


class NaiveProxy:
    """``with NaiveProxy(kubelet.url, ("datadog", "kube-system")) as proxy:`` serves at ``proxy.url``."""

    def __init__(self, upstream: str, allowed: Iterable[str], address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._server = _Server(address, upstream, frozenset(allowed))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends within two seconds, even where a client is stuck in its headers."""
        self._server.cut_current()
        ending = threading.Thread(target=self._server.shutdown, daemon=True)
        ending.start()
        ending.join(2.0)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _Server(HTTPServer):
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], upstream: str, allowed: frozenset[str]) -> None:
        self.upstream = upstream
        self.allowed = allowed
        self.unverified = ssl._create_unverified_context()  # noqa: S323 - what people do
        self._current: socket.socket | None = None
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._current = request
        super().process_request(request, client_address)
        self._current = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing is logged; people's proxies print a traceback here."""

    def cut_current(self) -> None:
        """Ends the connection that everybody waits for."""
        try:
            if self._current is not None:
                self._current.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        try:
            code, text = 200, self._filtered(self._fetched())
        except Exception as error:
            code, text = 500, str(error)
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fetched(self) -> str:
        headers = {"Authorization": self.headers.get("Authorization", "")}
        request = Request(self.server.upstream + self.path, headers=headers)  # noqa: S310 - loopback only
        with urlopen(request, context=self.server.unverified) as answer:  # noqa: S310
            return str(answer.read().decode())

    def _filtered(self, body: str) -> str:
        if "/metrics" not in self.path:
            return body
        return "\n".join(line for line in body.split("\n") if self._kept(line))

    def _kept(self, line: str) -> bool:
        found = _NAMESPACE.search(line)
        return found is None or found[1] in self.server.allowed

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""
