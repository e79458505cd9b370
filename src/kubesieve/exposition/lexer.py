"""Tokens of one line of the text format, and what to say when the expected one is not there.

Source: the Prometheus "text-based format" 0.0.4, with the quoted UTF-8 names of 1.0.0.
"""

from __future__ import annotations

import re
from typing import NoReturn

from kubesieve.faults import BodyFault, Position

METRIC_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(rb"[a-zA-Z_][a-zA-Z0-9_]*")
QUOTED = re.compile(rb'"((?:[^"\\]|\\["\\n])*)"')
BLANKS = re.compile(rb"[ \t]*")
WORD = re.compile(rb"[^ \t]+")

_ESCAPES = {b"\\\\": b"\\", b'\\"': b'"', b"\\n": b"\n"}
_ESCAPE = re.compile(rb'\\["\\n]')

_KINDS = (
    (re.compile(rb"[0-9]"), "a digit"),
    (re.compile(rb"[a-zA-Z_]"), "a letter"),
    (re.compile(rb":"), "a colon"),
    (re.compile(rb"[ \t]"), "a blank"),
    (re.compile(rb'"'), "a quote"),
    (re.compile(rb"[{}]"), "a brace"),
    (re.compile(rb","), "a comma"),
    (re.compile(rb"="), "an equals sign"),
    (re.compile(rb"#"), "a number sign"),
    (re.compile(rb"\\"), "a backslash"),
    (re.compile(rb"[\x00-\x1f\x7f]"), "a control character"),
    (re.compile(rb"[\x80-\xff]"), "a character beyond ASCII"),
)


def kind_at(line: bytes, column: int) -> str:
    """The kind of token at a byte offset of a line, for error messages: a kind, never the token itself."""
    if column >= len(line):
        return "the end of the line"
    return next((kind for pattern, kind in _KINDS if pattern.match(line, column)), "punctuation")


def unescape(quoted: bytes) -> bytes:
    r"""The value between the quotes, with ``\\``, ``\"`` and ``\n`` decoded."""
    if b"\\" not in quoted:
        return quoted
    return _ESCAPE.sub(lambda match: _ESCAPES[match.group()], quoted)


class Cursor:
    """A place in one line (bytes without the line feed). Every ``take`` moves on or raises a BodyFault."""

    __slots__ = ("at", "line", "number")

    def __init__(self, line: bytes, number: int) -> None:
        self.line = line
        self.number = number
        self.at = 0

    def skip_blanks(self) -> None:
        match = BLANKS.match(self.line, self.at)
        self.at = match.end() if match else self.at

    def next_is(self, byte: bytes) -> bool:
        return self.line.startswith(byte, self.at)

    def at_end(self) -> bool:
        return self.at >= len(self.line)

    def take(self, pattern: re.Pattern[bytes], expected: str) -> bytes:
        """What the pattern matches here, moving past it."""
        match = pattern.match(self.line, self.at)
        if match is None:
            self.fail(expected)
        self.at = match.end()
        return match.group()

    def take_byte(self, byte: bytes, expected: str) -> None:
        if not self.next_is(byte):
            self.fail(expected)
        self.at += 1

    def take_quoted(self, expected: str) -> bytes:
        r"""A string in quotes, decoded. Only ``\\``, ``\"`` and ``\n`` are escapes."""
        match = QUOTED.match(self.line, self.at)
        if match is None:
            self._explain_quoted(expected)
        self.at = match.end()
        return unescape(match.group(1))

    def _explain_quoted(self, expected: str) -> NoReturn:
        self.take_byte(b'"', expected)
        while not self.at_end():
            if self.next_is(b"\\"):
                self.at += 1
                if self.line[self.at : self.at + 1] not in (b"\\", b'"', b"n"):
                    self.fail("a backslash, a quote or the letter n after a backslash")
            self.at += 1
        self.fail("a closing quote")

    def fail(self, expected: str, *, reason: str = "text-malformed", got: str | None = None) -> NoReturn:
        raise BodyFault(
            reason,
            expected=expected,
            got=got or kind_at(self.line, self.at),
            position=Position(self.number, self.at + 1),
        )
