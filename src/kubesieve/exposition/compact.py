"""The compiled reader's side of the seam: a Partition over its records, and which reader is used.

Where the compiled reader does not take a body, the plain one reads it: it says why, and it alone decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

from kubesieve.compiled import MODULES, compiled
from kubesieve.exposition.partition import FamilyVerdict, Header, Index, Keep, Partition, Run, Selection
from kubesieve.exposition.plain import read_plainly
from kubesieve.exposition.reader import MAX_LINE_BYTES

NO_LABEL, NO_SAMPLE = -1, -2
"""In place of a namespace's number."""
DROPPED, OWN, UNLABELLED, EMPTY_LABEL = range(1 + len(FamilyVerdict._fields))
"""What an answer takes of a namespace's runs: nothing, or those of which a part of their family's verdict is true."""


class Records(Protocol):
    """What the compiled reader makes of a body (compiled/exposition.pyx)."""

    @property
    def families(self) -> tuple[bytes, ...]: ...

    @property
    def namespaces(self) -> tuple[bytes, ...]: ...

    def __len__(self) -> int: ...

    def piece(self, number: int) -> tuple[int, int, int, int, int]: ...

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
            rows = self._rows[keep.families] = _rows_of(records.families, keep.families)
        groups = ((OWN if name in keep.namespaces else DROPPED) if name else EMPTY_LABEL for name in records.namespaces)
        return Selection(*records.select(bytes((UNLABELLED, *groups)), rows))

    def _piece(self, number: int) -> Run | Header:
        start, end, family, namespace, samples = self._records.piece(number)
        name = self._records.families[family]
        if namespace == NO_SAMPLE:
            return Header(start, end, name)
        return Run(start, end, name, None if namespace == NO_LABEL else self._records.namespaces[namespace], samples)


def _rows_of(families: tuple[bytes, ...], verdict: Callable[[bytes], FamilyVerdict]) -> memoryview:
    """A row for each part of a verdict, a column for each family."""
    rows = zip(*(verdict(family) for family in families), strict=True)
    return memoryview(b"".join(map(bytes, rows))).cast("B", (len(FamilyVerdict._fields), len(families)))
