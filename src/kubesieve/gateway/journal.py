"""What is written while serving: one JSON record a request on stdout, sentences for the operator on stderr.

Writing happens on a thread of its own behind a bounded queue: a reader of our output that stops reading holds up
nobody, it loses records, and how many is told when it reads again.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import IO, Any, Protocol

MOST_WAITING = 10_000
MOST_CHARACTERS = 256


class Sink(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


class Unbuffered:
    """A standard stream past Python's own buffer. A write that waits for a reader would hold the buffer's lock, which
    the interpreter takes when it ends (and aborts), and what could not be written would be tried again then.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._number = stream.fileno()

    def write(self, text: str, /) -> None:
        left = text.encode(errors="backslashreplace")
        while left:
            left = left[os.write(self._number, left) :]

    def flush(self) -> None:
        """Nothing waits here."""


class Journal:
    """Start, write, stop. ``record`` and ``say`` never block and never raise."""

    def __init__(self, records: Sink | None = None, sentences: Sink | None = None) -> None:
        self._records = records or Unbuffered(sys.stdout)
        self._sentences = sentences or Unbuffered(sys.stderr)
        self._queue: queue.Queue[tuple[Sink, str] | None] = queue.Queue(MOST_WAITING)
        self._lost = 0
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def record(self, fields: dict[str, Any]) -> None:
        """One line of JSON in ASCII: whatever came from outside is escaped and cut, so that no line can be forged."""
        self._put(self._records, json.dumps({name: shortened(value) for name, value in fields.items()}))

    def say(self, sentence: str) -> None:
        """One line for the operator; control characters are shown escaped."""
        self.say_plain("kubesieve: " + sentence)

    def say_plain(self, line: str) -> None:
        """The same without our name before it, for lines that programs wait for."""
        self._put(self._sentences, printable(line))

    def stop(self, seconds: float = 2.0) -> None:
        """Writes what is waiting, for at most so many seconds."""
        try:
            self._queue.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _put(self, sink: Sink, line: str) -> None:
        try:
            self._queue.put_nowait((sink, line))
        except queue.Full:
            self._lost += 1

    def _write_all(self) -> None:
        while (entry := self._queue.get()) is not None:
            sink, line = entry
            lost, self._lost = self._lost, 0
            _write(sink, line)
            if lost:
                _write(self._sentences, f"kubesieve: {lost} lines lost: nobody read them in time")


def _write(sink: Sink, line: str) -> None:
    try:
        sink.write(line + "\n")
        sink.flush()
    except (OSError, ValueError):
        pass


def shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return value[:MOST_CHARACTERS] + "…"
    return value


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
