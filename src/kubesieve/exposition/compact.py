"""The compiled reader's side of the seam: a Partition over its records, and which reader is used.

Where the compiled reader does not take a body, the plain one reads it: it says why, and it alone decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import count
from typing import Any, Protocol

from kubesieve.compiled import MODULES, compiled
from kubesieve.exposition.partition import FamilyPatterns, FamilyVerdict, Header, Index, Keep, Partition, Run, Selection
from kubesieve.exposition.plain import read_plainly
from kubesieve.exposition.reader import MAX_LINE_BYTES

NO_LABEL, NO_SAMPLE = -1, -2
"""In place of a namespace's number."""
DROPPED, OWN, UNLABELLED, EMPTY_LABEL = range(1 + len(FamilyVerdict._fields))
"""What an answer takes of a namespace's runs: nothing, or those of which a part of their family's verdict is true."""


class Records(Protocol):
    """What the compiled reader makes of a body (compiled/records.pxi)."""

    @property
    def families(self) -> tuple[bytes, ...]: ...

    @property
    def namespaces(self) -> tuple[bytes, ...]: ...

    def __len__(self) -> int: ...

    def piece(self, number: int) -> tuple[int, int, int, int, int]: ...

    def rows(self, patterns: FamilyPatterns) -> bytes: ...

    def select(self, groups: Any, families: Any) -> tuple[bytes, int, int]: ...


MOST_LINE = (1 << 32) - 1
"""A bound on lines that the compiled reader can be told."""
Scan = Callable[[bytes, int], Records | None]


def compiled_reader() -> Scan | None:
    """None where it was not built, or is not wanted."""
    scan: Scan | None = compiled("exposition")
    return scan


_scan = compiled_reader()


def reader_in_use() -> str:
    """``compiled`` where all readers are, else ``plain``."""
    return "compiled" if _scan is not None and all(map(compiled, MODULES)) else "plain"


def read(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4). Raises BodyFault."""
    records = _scan(body, max_line) if _scan is not None and 0 <= max_line <= MOST_LINE else None
    return Compact(body, records) if records is not None else read_plainly(body, max_line=max_line)


class Compact(Partition):
    """The same as the plain Partition of the same body, made of records; pieces are made when they are asked for."""

    def __init__(self, body: bytes, records: Records) -> None:
        super().__init__(body, Index({}, []))
        self._records = records
        self._rows: dict[Callable[[bytes], FamilyVerdict], memoryview] = {}

    @cached_property
    def pieces(self) -> tuple[Run | Header, ...]:
        return tuple(self._piece(number) for number in range(len(self._records)))

    def namespaces(self) -> frozenset[bytes]:
        return frozenset(filter(None, self._records.namespaces))

    def select(self, keep: Keep) -> Selection:
        records = self._records
        if not records.families:
            return Selection(b"", 0, 0)
        rows = self._rows.get(keep.families)
        if rows is None:
            rows = self._rows[keep.families] = _rows_of(records, keep)
        return Selection(*records.select(self._groups(keep.namespaces), rows))

    def _groups(self, kept: frozenset[bytes]) -> bytes:
        """What an answer takes of runs without a label, then of each namespace's."""
        groups = bytearray((DROPPED,)) * (1 + len(self._records.namespaces))
        groups[0] = UNLABELLED
        for name in kept & self._group_of.keys():
            groups[self._group_of[name]] = OWN
        if b"" in self._group_of:
            groups[self._group_of[b""]] = EMPTY_LABEL
        return bytes(groups)

    @cached_property
    def _group_of(self) -> dict[bytes, int]:
        """Where a namespace stands among the groups."""
        return dict(zip(self._records.namespaces, count(1), strict=False))

    def _piece(self, number: int) -> Run | Header:
        start, end, family, namespace, samples = self._records.piece(number)
        name = self._records.families[family]
        if namespace == NO_SAMPLE:
            return Header(start, end, name)
        return Run(start, end, name, None if namespace == NO_LABEL else self._records.namespaces[namespace], samples)


def _rows_of(records: Records, keep: Keep) -> memoryview:
    """A row for each part of a verdict, a column for each family."""
    families, patterns = records.families, keep.patterns()
    if patterns is None:
        rows = zip(*(keep.families(family) for family in families), strict=True)
        table = b"".join(map(bytes, rows))
    else:
        table = records.rows(patterns)
    return memoryview(table).cast("B", (len(FamilyVerdict._fields), len(families)))
