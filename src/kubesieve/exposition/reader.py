"""A body, line by line. The plain reader: what it takes and refuses is the specification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubesieve.exposition.comment import declare, read_comment
from kubesieve.exposition.families import Families, Family
from kubesieve.exposition.lexer import Cursor
from kubesieve.exposition.sample import Sample, read_sample
from kubesieve.faults import BodyFault, Position

MAX_LINE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A sample; ``body[start:end]`` is its line with the line feed."""

    start: int
    end: int
    family: Family
    sample: Sample


@dataclass(frozen=True, slots=True)
class MetadataLine:
    """A HELP, TYPE or UNIT line; ``body[start:end]`` is its line with the line feed."""

    start: int
    end: int
    family: Family


def lines(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Iterator[SampleLine | MetadataLine]:
    """The lines that mean something, in order; free comments and blank lines are skipped.

    Raises BodyFault at the first thing that is not the text format, also after lines were given out: who serves
    reads to the end first.
    """
    check_bytes(body)
    families = Families()
    start, number = 0, 1
    while start < len(body):
        stop, end = line_end(body, start, max_line, number)
        line = read_line(Cursor(body[start:stop], number), families)
        if isinstance(line, Sample):
            yield SampleLine(start, end, _sampled(families.of(line.name)), line)
        elif line is not None:
            yield MetadataLine(start, end, line)
        start, number = end, number + 1


def line_end(body: bytes, start: int, max_line: int, number: int) -> tuple[int, int]:
    """Where the line that starts here ends, without its line feed and with it. Raises BodyFault for one too long."""
    found = body.find(b"\n", start)
    stop, end = (found, found + 1) if found >= 0 else (len(body), len(body))
    if stop - start > max_line:
        raise BodyFault(
            "text-line-too-long",
            expected=f"lines of at most {max_line} bytes",
            got="a longer one",
            position=Position(number, max_line + 1),
        )
    return stop, end


def read_line(cursor: Cursor, families: Families) -> Sample | Family | None:
    """One line: a sample, the family that a comment is about, None for what means nothing. Raises BodyFault."""
    cursor.skip_blanks()
    if cursor.at_end():
        return None
    if not cursor.next_is(b"#"):
        return read_sample(cursor)
    metadata = read_comment(cursor)
    return declare(cursor, metadata, families) if metadata else None


def _sampled(family: Family) -> Family:
    family.sampled = True
    return family


def check_bytes(body: bytes) -> None:
    """What no line may hold: invalid UTF-8, NUL, a carriage return (some readers take it for a line's end)."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _at(body, error.start, "text-not-utf8", "UTF-8", "a byte that is not") from None
    for byte, reason, got in (
        (b"\0", "text-nul", "a NUL"),
        (b"\r", "text-carriage-return", "a carriage return"),
    ):
        offset = body.find(byte)
        if offset >= 0:
            raise _at(body, offset, reason, "text with line feeds only", got)


def _at(body: bytes, offset: int, reason: str, expected: str, got: str) -> BodyFault:
    line = body.count(b"\n", 0, offset) + 1
    column = offset - (body.rfind(b"\n", 0, offset) + 1) + 1
    return BodyFault(reason, expected=expected, got=got, position=Position(line, column))
