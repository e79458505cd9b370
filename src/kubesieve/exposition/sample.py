"""One sample line: name, labels, value, optional timestamp, optional exemplar."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NoReturn

from kubesieve.exposition.lexer import LABEL_NAME, METRIC_NAME, WORD, Cursor, unescape

RESERVED = b"__name__"

PAIR = re.compile(
    rb'[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"((?:[^"\\]|\\["\\n])+)")[ \t]*=[ \t]*'
    rb'"((?:[^"\\]|\\["\\n])*)"[ \t]*([,}])'
)
_DECIMAL = re.compile(rb"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_NOT_FINITE = re.compile(rb"(?:nan|[+-]?inf(?:inity)?)", re.IGNORECASE)
_INTEGER = re.compile(rb"[+-]?[0-9]{1,19}")
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class Sample:
    """Decoded: ``labels`` by name as bytes, in order; ``value`` as written; ``timestamp`` in milliseconds."""

    name: bytes
    labels: dict[bytes, bytes]
    value: bytes
    timestamp: int | None


def read_sample(cursor: Cursor) -> Sample:
    """Reads the whole line at the cursor as a sample. Raises BodyFault."""
    name, labels = _name_and_labels(cursor)
    cursor.skip_blanks()
    value = _take_number(cursor, "a value")
    timestamp = _take_timestamp(cursor)
    if cursor.next_is(b"#"):
        _skip_exemplar(cursor)
    if not cursor.at_end():
        cursor.fail("the end of the line")
    return Sample(name, labels, value, timestamp)


def _name_and_labels(cursor: Cursor) -> tuple[bytes, dict[bytes, bytes]]:
    if cursor.next_is(b"{"):
        quoted_name, labels = _take_labels(cursor, with_name=True)
        if quoted_name is None:
            cursor.at -= 1
            cursor.fail("a quoted metric name inside the braces")
        return quoted_name, labels
    name = cursor.take(METRIC_NAME, "a metric name, a comment or a blank line")
    cursor.skip_blanks()
    if not cursor.next_is(b"{"):
        return name, {}
    return name, _take_labels(cursor, with_name=False)[1]


def _take_labels(cursor: Cursor, *, with_name: bool) -> tuple[bytes | None, dict[bytes, bytes]]:
    """From ``{`` past ``}``: the quoted metric name where the braces hold one, and the labels."""
    cursor.take_byte(b"{", "an opening brace")
    name: bytes | None = None
    labels: dict[bytes, bytes] = {}
    while True:
        match = PAIR.match(cursor.line, cursor.at)
        if match is None:
            if _closed(cursor):
                return name, labels
            name = _take_quoted_name(cursor, name, with_name=with_name)
            continue
        bare, quoted, value, after = match.groups()
        label = bare if bare is not None else unescape(quoted)
        if label in labels or label == RESERVED:
            _refuse_label(cursor, label)
        labels[label] = unescape(value)
        cursor.at = match.end()
        if after == b"}":
            return name, labels


def _closed(cursor: Cursor) -> bool:
    cursor.skip_blanks()
    if cursor.next_is(b"}"):
        cursor.at += 1
        return True
    return False


def _refuse_label(cursor: Cursor, label: bytes) -> NoReturn:
    cursor.skip_blanks()
    if label == RESERVED:
        cursor.fail("a label name other than the reserved one", got="the reserved label name")
    cursor.fail("each label once", reason="text-duplicate-label", got="a label given before")


def _take_quoted_name(cursor: Cursor, name: bytes | None, *, with_name: bool) -> bytes:
    """What stands here is no label: a quoted metric name, or an error that is found token by token."""
    cursor.skip_blanks()
    start = cursor.at
    if not cursor.next_is(b'"'):
        cursor.take(LABEL_NAME, "a label name or a closing brace")
        _explain_pair(cursor)
    quoted = cursor.take_quoted("a quoted name")
    if not quoted:
        cursor.at = start
        cursor.fail("a name of at least one character", got="an empty quoted name")
    cursor.skip_blanks()
    if cursor.next_is(b"="):
        _explain_pair(cursor)
    if not with_name or name is not None:
        cursor.fail("an equals sign after a label name")
    if not cursor.next_is(b"}"):
        cursor.take_byte(b",", "a comma or a closing brace")
    return quoted


def _explain_pair(cursor: Cursor) -> None:
    """Past a label name: raises at the first token that is not as it should be."""
    cursor.skip_blanks()
    cursor.take_byte(b"=", "an equals sign after a label name")
    cursor.skip_blanks()
    cursor.take_quoted("a quoted label value")
    cursor.skip_blanks()
    cursor.fail("a comma or a closing brace")


def _take_number(cursor: Cursor, expected: str) -> bytes:
    start = cursor.at
    word = cursor.take(WORD, expected)
    if not is_number(word):
        cursor.at = start
        cursor.fail(f"{expected} (a decimal number, NaN or Inf)", got="another word")
    return word


def is_number(word: bytes) -> bool:
    """Whether the format takes it: decimal, NaN or Inf; no hexadecimal, no underscores, no overflow to infinity.

    Source: Go's strconv.ParseFloat, with the letters ``p`` and ``_`` refused, as Prometheus' parsers do.
    """
    if _DECIMAL.fullmatch(word):
        return not math.isinf(float(word))
    return _NOT_FINITE.fullmatch(word) is not None


def _take_timestamp(cursor: Cursor) -> int | None:
    cursor.skip_blanks()
    if cursor.at_end() or cursor.next_is(b"#"):
        return None
    start = cursor.at
    word = cursor.take(WORD, "a timestamp")
    if not _INTEGER.fullmatch(word) or not -_INT64 <= int(word) < _INT64:
        cursor.at = start
        cursor.fail("a timestamp (whole milliseconds, 64 bits) or the end of the line", got="another word")
    cursor.skip_blanks()
    return int(word)


def _skip_exemplar(cursor: Cursor) -> None:
    """An OpenMetrics exemplar: ``# {labels} value [seconds]``."""
    cursor.take_byte(b"#", "an exemplar")
    cursor.skip_blanks()
    _take_labels(cursor, with_name=False)
    cursor.skip_blanks()
    _take_number(cursor, "an exemplar's value")
    cursor.skip_blanks()
    if not cursor.at_end():
        _take_number(cursor, "an exemplar's timestamp")
        cursor.skip_blanks()
