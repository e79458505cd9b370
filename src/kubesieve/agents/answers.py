"""What an agent was answered: the values its checks are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gave: a status and a whole body, or a transport error in words.

    The body is as an HTTP library hands it on, without any Content-Encoding; ``headers``, by lower-case name, keep
    what was said of it.
    """

    status: int | None
    content_type: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def compressed(self) -> bool:
        return self.headers.get("content-encoding", "identity").lower() not in ("", "identity")


NOT_ASKED = Answer(None, error="no answer")


@dataclass(frozen=True, slots=True)
class View:
    """One look at a node from one place: target ("/pods?verbose=True"; "HEAD /metrics/probes") → answer.

    ``token_sent`` is whether the agent showed its token: it does on https only.
    """

    answers: Mapping[str, Answer]
    token_sent: bool = True

    def answer(self, target: str, method: str = "GET") -> Answer:
        """The answer to exactly this request; else the one to its path alone; else to a GET of it."""
        path = target.partition("?")[0]
        for wanted in (target, path) if method == "GET" else (f"{method} {target}", f"{method} {path}", target, path):
            if wanted in self.answers:
                return self.answers[wanted]
        return NOT_ASKED
