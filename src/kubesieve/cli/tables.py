"""Tables for people: columns as wide as they need, no colour, no lines that a terminal would break oddly."""

from __future__ import annotations

import shutil
import sys
import textwrap
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


def terminal_columns() -> int | None:
    """The width of the terminal that stdout is, None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _parts(line: Sequence[str], last: int) -> Iterator[Sequence[str]]:
    """A row as the lines it takes: only its last cell is wrapped."""
    first, *more = textwrap.wrap(line[-1], last) or [""]
    yield (*line[:-1], first)
    for part in more:
        yield (*("" for _ in line[:-1]), part)


def clean(cell: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cell)


def width(text: str) -> int:
    """Columns on a terminal: two for wide characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
