"""Tables for people: columns as wide as they need, no colour, no lines that a terminal would break oddly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Text with one line a row; control characters of cells are shown escaped."""
    lines = [tuple(map(clean, head)), *(tuple(map(clean, row)) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(head))]
    ruler = tuple("-" * size for size in widths)
    return "\n".join(_line(line, widths) for line in (lines[0], ruler, *lines[1:]))


def clean(cell: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cell)


def width(text: str) -> int:
    """Columns on a terminal: two for wide characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
