"""A threading TLS server over the standard library's http.server: requests in as values, answers out as told."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Self

from kubesieve.stage.delivery import deliver
from kubesieve.stage.http_values import Answer, Request
from kubesieve.stage.pki import KeyPair

Handle = Callable[[Request], Answer]
_BODY_LIMIT = 1 << 20
_IDLE = 30.0


class TlsServer(ThreadingHTTPServer):
    """One listener. ``handle`` answers each request; it is called from the connections' threads."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, handle: Handle) -> None:
        self.context = context
        self.handle = handle
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def server_bind(self) -> None:
        """Without http.server's look-up of the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"https://[{host!s}]:{port}" if ":" in str(host) else f"https://{host!s}:{port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts; the handshake is the connection's own thread's business."""
        raw, address = self.socket.accept()
        raw.settimeout(_IDLE)
        wrapped = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(wrapped)
        return wrapped, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away, or never speak TLS, are nothing to report; mistakes of ours are."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops listening, and cuts what is open: a stuck answer ends here."""
        self.stopping.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join(2.0)
        self.server_close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: TlsServer
    connection: ssl.SSLSocket

    def setup(self) -> None:
        self.request.do_handshake()
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:
        """No log: what arrived is in the server's list."""

    def handle_one_request(self) -> None:
        """Any method; the target is taken from the raw line, as http.server folds leading slashes."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or len(self.raw_requestline) > 65536 or not self.parse_request():
            return
        answer = self._spoken(self.server.handle(self._request()))
        if answer.delivery == "reset":
            _reset(self.connection)
            return
        if not deliver(self.wfile, self.command, answer, self._pause):
            self.close_connection = True

    def _spoken(self, answer: Answer) -> Answer:
        """As this client can take it: no chunks for HTTP/1.0, and a word where the connection ends after it."""
        if self.request_version == "HTTP/1.0":
            answer = replace(answer, framing="length")
        if answer.status == 400 and answer.content_type is None and not answer.body:
            self.close_connection = True
        if self.close_connection and answer.status != 101:
            answer = replace(answer, headers=(*answer.headers, ("Connection", "close")))
        return answer

    def _request(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(min(int(length), _BODY_LIMIT)) if length.isdigit() else b""
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
        target = self.requestline.split(" ")[1]
        return Request(self.command, target, tuple(self.headers.items()), _user(self.connection), body)

    def _pause(self, seconds: float) -> bool:
        """Waits; False where the server stops meanwhile."""
        return not self.server.stopping.wait(seconds)


def _user(connection: ssl.SSLSocket) -> str:
    """The common name of the client's certificate, which is Kubernetes' user name."""
    subject = (connection.getpeercert() or {}).get("subject", ())
    pairs = [pair for part in subject if isinstance(part, tuple) for pair in part]
    return next((str(pair[1]) for pair in pairs if pair[0] == "commonName"), "")


def _reset(connection: ssl.SSLSocket) -> None:
    """An RST: the socket is closed with nothing left to linger for."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def server_context(pair: KeyPair, client_ca: bytes | None = None) -> ssl.SSLContext:
    """A TLS server's context; with ``client_ca`` client certificates are asked for, and checked, but not required."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0
    with tempfile.TemporaryDirectory(prefix="kubesieve-stage-") as folder:
        path = Path(folder) / "tls.pem"
        path.touch(mode=0o600)
        path.write_bytes(pair.chain)
        context.load_cert_chain(path)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=client_ca.decode())
    return context
