"""A plain http server that answers by path, and keeps what was asked."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from kubesieve.agents import Answer

PLAIN = "text/plain; charset=utf-8"
NOT_FOUND = Answer(404, PLAIN, b"404 page not found\n")

Answers = dict[str, Answer]


@dataclass
class Replay:
    """Answers by path, over http; what was asked is kept."""

    url: str = ""
    answers: Answers = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.asked.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}))
        path = handler.path.partition("?")[0]
        answer = self.answers.get(path, NOT_FOUND)
        assert answer.status is not None
        handler.send_response(answer.status)
        for name, value in {"content-type": answer.content_type, **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer.body)


@contextmanager
def replaying() -> Iterator[Replay]:
    replay = Replay()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            replay.serve(self)

        do_HEAD = do_GET  # noqa: N815 - http.server calls it so

        def log_message(self, *_: object) -> None:
            """Nothing."""

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    replay.url = f"http://127.0.0.1:{listening.server_address[1]}"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield replay
    listening.shutdown()
    listening.server_close()
