"""Where the label values of an accepted sample line lie in it: for whoever replaces some and keeps all other bytes."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.exposition.lexer import BLANKS, METRIC_NAME, QUOTED, unescape
from kubesieve.exposition.sample import PAIR


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line's metric name, its labels decoded, and for each where its value lies between the quotes."""

    name: bytes
    labels: dict[bytes, bytes]
    spans: dict[bytes, tuple[int, int]]


def read_labels(line: bytes) -> Labelled:
    """Reads the head of a line that the reader has taken for a sample; what follows the labels is not looked at."""
    at = _past_blanks(line, 0)
    match = METRIC_NAME.match(line, at)
    found = Labelled(match.group() if match else b"", {}, {})
    at = _past_blanks(line, match.end() if match else at)
    return _read_braces(line, at + 1, found) if line.startswith(b"{", at) else found


def _read_braces(line: bytes, at: int, found: Labelled) -> Labelled:
    """Pairs up to the closing brace, with a quoted metric name among them where the line has one."""
    name = found.name
    while True:
        pair = PAIR.match(line, at)
        if pair is not None:
            label = pair[1] if pair[1] is not None else unescape(pair[2])
            found.labels[label], found.spans[label] = unescape(pair[3]), pair.span(3)
            at = pair.end()
            if pair[4] == b"}":
                break
            continue
        quoted = QUOTED.match(line, _past_blanks(line, at))
        if quoted is None:
            break
        name, at = unescape(quoted[1]), _past_blanks(line, quoted.end())
        at += line.startswith(b",", at)
    return Labelled(name, found.labels, found.spans)


def _past_blanks(line: bytes, at: int) -> int:
    match = BLANKS.match(line, at)
    return match.end() if match else at
