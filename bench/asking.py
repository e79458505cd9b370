"""A client that costs little: asks for one path again and again over kept connections, and counts what comes.

    python bench/asking.py PORT PATH CONNECTIONS REQUESTS CERTIFICATE

prints JSON: a digest of the first body and what TLS was agreed on; after a line on stdin, when all others have come,
how many, their bytes, the seconds. It does not verify the other side, which is what is measured.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from typing import Any

BUFFER = 256 * 1024


class Connection:
    """One kept connection to a server on loopback."""

    def __init__(self, port: int, certificate: str) -> None:
        context = ssl._create_unverified_context()
        context.load_cert_chain(certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 60))
        self._buffer = memoryview(bytearray(BUFFER))

    def ask(self, path: str, keep: Any = None) -> int:
        """How long the body is; ``keep`` takes its pieces."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self.socket.sendall(request.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.socket.recv(16 * 1024)
            if not part:
                raise ConnectionError("the connection ended within a head")
            head += part
        lines, _, body = head.partition(b"\r\n\r\n")
        if not lines.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"expected 200; got {lines[:60]!r} {body[:200]!r}")
        named = dict(line.lower().split(b": ", 1) for line in lines.split(b"\r\n")[1:])
        size = int(named[b"content-length"])
        if keep is not None:
            keep(body)
        left = size - len(body)
        while left:
            got = self.socket.recv_into(self._buffer, min(left, BUFFER))
            if not got:
                raise ConnectionError("the connection ended within a body")
            if keep is not None:
                keep(self._buffer[:got])
            left -= got
        return size


def main(port: int, path: str, connections: int, requests: int, certificate: str) -> None:
    kept = [Connection(port, certificate) for _ in range(connections)]
    digest = hashlib.sha256()
    kept[0].ask(path, digest.update)
    print(json.dumps({"digest": digest.hexdigest(), "tls": kept[0].socket.cipher()}), flush=True)
    sys.stdin.readline()  # whoever measures takes the time now
    sizes: list[int] = []

    def work(one: Connection) -> None:
        sizes.extend(one.ask(path) for _ in range(requests // connections))

    started = time.monotonic()
    threads = [threading.Thread(target=work, args=(one,)) for one in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = {"bytes": sum(sizes), "answers": len(sizes), "seconds": time.monotonic() - started}
    print(json.dumps(done), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
