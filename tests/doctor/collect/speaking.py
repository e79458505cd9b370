"""A server on loopback that does with each connection what a test says, with TLS or without."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from kubesieve.doctor.collect.doors import trust_for
from kubesieve.entrance import Entrance
from kubesieve.stage.pki import Authority
from kubesieve.stage.tls_server import server_context

Speak = Callable[[socket.socket, str], None]


@dataclass
class Server:
    """``heads`` are the requests' heads, in order; ``connections`` counts those that came about."""

    url: str
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    def header(self, name: str) -> list[str]:
        """The values of a header, "" where a request had none."""
        found = []
        for head in self.heads:
            lines = [line.partition(":") for line in head.split("\r\n")[1:]]
            found.append(next((value.strip() for key, _, value in lines if key.lower() == name), ""))
        return found


def answer(body: bytes = b"ok", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/plain", *headers]
    lines += [f"Content-Length: {len(body) if length is None else length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def saying(raw: bytes) -> Speak:
    return lambda connection, _: connection.sendall(raw)


@contextmanager
def speaking(speak: Speak, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """``speak`` is given the connection and the path asked for; the connection is closed behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}")

        def serve(plain: socket.socket) -> None:
            try:
                with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                    connection.settimeout(5)
                    head = b""
                    while b"\r\n\r\n" not in head and head[:1] != b"\x16":  # a greeting of TLS is answered, too
                        part = connection.recv(65536)
                        if not part:
                            return
                        head += part
                    server.heads.append(head.decode("latin-1"))
                    speak(connection, server.heads[-1].split(" ")[1])
            except OSError:
                pass

        def accept() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                server.connections += 1
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Trusted:
    """A certificate authority in a file, and contexts of servers it signed for."""

    authority: Authority
    file: Path

    def context(
        self, *, ips: tuple[str, ...] = ("127.0.0.1",), expired: bool = False, san: bool = True
    ) -> ssl.SSLContext:
        return server_context(self.authority.issue(ips=ips, expired=expired, san=san), self.authority.pem)

    def entrance(self, url: str, authorization: str | None = None, server_name: str | None = None) -> Entrance:
        return Entrance(URL(url), trust_for((self.file,), insecure=False), authorization, server_name)


def trusted(folder: Path) -> Trusted:
    authority = Authority()
    file = folder / "ca.crt"
    file.write_bytes(authority.pem)
    return Trusted(authority, file)
