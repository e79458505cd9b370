"""Errors by whose fault they are. Each knows its reason code, its status and one helpful sentence.

A sentence says what was expected, what came (a kind of thing, never a value out of a body, never a secret) and what to
do. Rooms raise these; the edges (command line, gateway) turn them into an exit code or an answer.
"""

from __future__ import annotations

from dataclasses import dataclass


class Fault(Exception):
    """Something that stops an answer. ``reason`` is a stable code, ``status`` the HTTP status it becomes."""

    def __init__(self, reason: str, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.status = status


class CallerFault(Fault):
    """The request is at fault: 4xx, and the kubelet is not asked."""


class UpstreamFault(Fault):
    """The kubelet, or the way to it, is at fault: 401, 403, 404 as it said them, else 502 or 504."""


class OwnFault(Fault):
    """This program, its settings or its limits are at fault: 5xx, or exit code 2."""

    def __init__(self, reason: str, sentence: str, *, status: int = 500) -> None:
        super().__init__(reason, sentence, status=status)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a body: line and column count from 1, the column in bytes."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class BodyFault(UpstreamFault):
    """A body that cannot be read exactly, so that nothing of it may be served (502)."""

    def __init__(self, reason: str, *, expected: str, got: str, position: Position | None = None) -> None:
        where = f"{position}: " if position else ""
        super().__init__(reason, f"{where}expected {expected}, got {got}", status=502)
        self.expected = expected
        self.got = got
        self.position = position
