"""Tables for people: columns as wide as they need, no colour, no lines that a terminal would break oddly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

NARROWEST = 30


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, columns: int | None = None) -> str:
    """Text with one line a row; control characters of cells are shown escaped.

    Where ``columns`` bounds the width, the last cell goes on below itself; else a row is a line, however long.
    """
    lines = [tuple(map(clean, head)), *(tuple(map(clean, row)) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(head))]
    if columns is not None:
        before = sum(widths[:-1]) + 2 * (len(widths) - 1)
        widths[-1] = min(widths[-1], max(columns - before, NARROWEST))
    ruler = tuple("-" * size for size in widths)
    return "\n".join(_line(part, widths) for line in (lines[0], ruler, *lines[1:]) for part in _parts(line, widths[-1]))


def _parts(line: Sequence[str], last: int) -> Iterator[Sequence[str]]:
    """A row as the lines it takes: only its last cell is wrapped."""
    first, *more = fold(line[-1], last)
    yield (*line[:-1], first)
    for part in more:
        yield (*("" for _ in line[:-1]), part)


def fold(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns, cut between words where that is possible; at least one line."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, columns):
            joined = f"{lines[-1]} {piece}" if lines[-1] else piece
            if width(joined) <= columns:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, columns: int) -> Iterator[str]:
    """A word that is too long for a line, cut."""
    start, size = 0, 0
    for place, char in enumerate(word):
        wide = width(char)
        if size + wide > columns and place > start:
            yield word[start:place]
            start, size = place, 0
        size += wide
    yield word[start:]


def clean(cell: str) -> str:
    """Printable characters as they are, all others (controls, bidi marks, line ends, lone surrogates) escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cell)


def width(text: str) -> int:
    """Columns on a terminal: two for wide characters, none for accents that go over the one before."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
