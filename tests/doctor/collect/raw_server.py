"""A server that answers with bytes as they are given, on loopback."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Raw:
    """``answers`` are whole answers by path; what was asked is kept, heads only."""

    url: str
    answers: Mapping[str, bytes]
    heads: list[str] = field(default_factory=list)


@contextmanager
def serving(answers: Mapping[str, bytes]) -> Iterator[Raw]:
    raw = Raw("", answers)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline(65536)
                if not line:
                    return
                head += line
            raw.heads.append(head.decode("latin-1"))
            self.wfile.write(raw.answers.get(raw.heads[-1].split(" ")[1], NOT_FOUND))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        raw.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield raw
        server.shutdown()
