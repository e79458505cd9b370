"""Comment lines: HELP, TYPE and UNIT are metadata of a family; all else is free text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubesieve.exposition.families import TYPES, Families, Family
from kubesieve.exposition.lexer import METRIC_NAME, Cursor

_KEYWORD = re.compile(rb"[ \t]*(HELP|TYPE|UNIT)[ \t]+(?=[^ \t])")
_DOCSTRING = re.compile(rb"(?:[^\\]|\\[\\n])*")
_REST = re.compile(rb".*")


@dataclass(frozen=True, slots=True)
class Metadata:
    keyword: bytes
    name: bytes
    text: bytes


def read_comment(cursor: Cursor) -> Metadata | None:
    """Reads the line at its ``#``: metadata, or None for a free comment. Raises BodyFault."""
    cursor.take_byte(b"#", "a comment")
    match = _KEYWORD.match(cursor.line, cursor.at)
    if match is None:
        return None
    keyword = match.group(1)
    if keyword == b"UNIT" and not METRIC_NAME.match(cursor.line, match.end()):
        return None
    cursor.at = match.end()
    name = _take_name(cursor)
    if not cursor.at_end() and cursor.line[cursor.at : cursor.at + 1] not in (b" ", b"\t"):
        cursor.fail("a blank after the metric name")
    cursor.skip_blanks()
    return Metadata(keyword, name, _take_text(cursor, keyword))


def _take_name(cursor: Cursor) -> bytes:
    if not cursor.next_is(b'"'):
        return cursor.take(METRIC_NAME, "a metric name")
    start = cursor.at
    name = cursor.take_quoted("a quoted metric name")
    if not name:
        cursor.at = start
        cursor.fail("a name of at least one character", got="an empty quoted name")
    return name


def _take_text(cursor: Cursor, keyword: bytes) -> bytes:
    if keyword == b"TYPE":
        start = cursor.at
        text = cursor.take(_REST, "a type").rstrip(b" \t")
        if text not in TYPES:
            cursor.at = start
            cursor.fail("counter, gauge, histogram, summary or untyped", got="another word" if text else None)
        return text
    if keyword == b"UNIT":
        return cursor.take(_REST, "a unit")
    text = cursor.take(_DOCSTRING, "a docstring")
    if not cursor.at_end():
        cursor.at += 1
        cursor.fail("a backslash or the letter n after a backslash")
    return text


def declare(cursor: Cursor, metadata: Metadata, families: Families) -> Family:
    """Adds what the comment says to its family. Raises BodyFault where it was said before, or comes too late."""
    family = families.of(metadata.name)
    keyword = metadata.keyword.decode()
    cursor.at = 0
    if metadata.keyword in family.declared:
        cursor.fail(
            f"one {keyword} line for each family",
            reason=f"text-second-{keyword.lower()}",
            got=f"a second {keyword} line",
        )
    if metadata.keyword == b"TYPE":
        if family.sampled:
            cursor.fail("a TYPE line before its samples", reason="text-late-type", got="a TYPE line after a sample")
        family.type = metadata.text
    family.declared |= {metadata.keyword}
    return family
