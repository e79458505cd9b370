"""The reader in plain Python: as ``read_by_lines``, which is its specification, and faster where lines look as usual.

Nearly all lines of a scrape are a name, a block of labels without escapes that may have stood behind another name
before, and plain numbers. All others are read by the plain reader's own functions.
"""

from __future__ import annotations

import re

from kubesieve.exposition.families import Families, Family
from kubesieve.exposition.lexer import Cursor
from kubesieve.exposition.partition import NAMESPACE, Header, Partition, Run
from kubesieve.exposition.reader import MAX_LINE_BYTES, check_bytes, line_end, read_line
from kubesieve.exposition.sample import RESERVED, Sample

CHUNK_BYTES = 256 * 1024
"""Lines are cut out of so much of a body at a time."""
_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*+")
_NUMBERS = re.compile(rb"-?[0-9]{1,100}+(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]{2})?(?: [0-9]{1,18})?")
"""A value and a time stamp as most are."""
BAD = b"bad"
_PAIR = re.compile(rb'([a-zA-Z_][a-zA-Z0-9_]*+)="([^"\\]*+)')
"""A label without its closing quote."""


def read_plainly(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4). Raises BodyFault, as ``read_by_lines`` does."""
    check_bytes(body)
    return Partition(body, _Reading(body, max_line).pieces())


class _Reading:
    """One body, from its first line to its last."""

    def __init__(self, body: bytes, max_line: int) -> None:
        self._body, self._max_line = body, max_line
        self._families = Families()
        self._blocks = _Blocks()
        self._pieces: list[Run | Header] = []
        self._number, self._counted = 1, 0

    def pieces(self) -> tuple[Run | Header, ...]:
        start, size = 0, len(self._body)
        while start < size:
            stop = self._body.rfind(b"\n", start, start + CHUNK_BYTES) + 1
            if stop:
                self._lines(start, stop)
            start = stop or self._other(start)
        return tuple(self._pieces)

    def _lines(self, start: int, stop: int) -> None:
        """Takes whole lines: usual ones one after the other, any other by itself."""
        blocks, most, are_numbers = self._blocks, self._max_line, _NUMBERS.fullmatch
        first, samples = start, 0
        name: bytes | None = None
        family, namespace = b"", None
        for line in self._body[start : stop - 1].split(b"\n"):
            head, brace, numbers = line.rpartition(b"} ")
            if brace:
                found, _, block = head.partition(b"{")
            else:
                (found, _, numbers), block = line.partition(b" "), None
            own = blocks[block]
            usual = own is not BAD and are_numbers(numbers) is not None and len(line) < most
            if found != name or own is not namespace or not usual:
                if samples:
                    self._add(first, start, family, namespace, samples)
                first, samples, namespace = start, 0, own
                if found != name and usual:
                    usual = _NAME.fullmatch(found) is not None
                    if usual:
                        owner = self._families.of(found)
                        owner.sampled, name, family = True, found, owner.name
            if usual:
                samples += 1
                start += len(line) + 1
            else:
                first = start = self._other(start)
                name = None
        if samples:
            self._add(first, start, family, namespace, samples)

    def _add(self, start: int, end: int, family: bytes, namespace: bytes | None, samples: int) -> None:
        """To the run before, where that is of the same family and namespace and ends here, or as a new one."""
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, Run) and (last.end, last.family, last.namespace) == (start, family, namespace):
            self._pieces[-1] = Run(last.start, end, family, namespace, last.samples + samples)
        else:
            self._pieces.append(Run(start, end, family, namespace, samples))

    def _other(self, start: int) -> int:
        """Takes one line by the plain reader; where the next begins."""
        self._number += self._body.count(b"\n", self._counted, start)
        self._counted = start
        stop, end = line_end(self._body, start, self._max_line, self._number)
        read = read_line(Cursor(self._body[start:stop], self._number), self._families)
        if isinstance(read, Sample):
            family = self._families.of(read.name)
            family.sampled = True
            self._add(start, end, family.name, read.labels.get(NAMESPACE), 1)
        elif isinstance(read, Family):
            self._pieces.append(Header(start, end, read.name))
        return end


class _Blocks(dict[bytes | None, bytes | None]):
    """Namespaces by blocks of labels without their braces; None without that label, and for no block at all; BAD for
    whatever is not plain labels, each name once. The same namespace is the same object each time.
    """

    def __init__(self) -> None:
        super().__init__({None: None})
        self._names: dict[bytes, bytes] = {}
        self._namespaces: dict[bytes, bytes] = {}
        self._places: dict[tuple[bytes | None, ...], int] = {}

    def __missing__(self, block: bytes) -> bytes | None:
        """Learns a block."""
        if not block.endswith(b'"'):
            return BAD
        pairs = block[:-1].split(b'",')
        names = tuple(map(self._names.get, pairs))
        place = self._places.get(names)
        if place is None:
            names = tuple(map(self._name, pairs))
            if None in names or RESERVED in names or len(set(names)) < len(names):
                return BAD
            place = self._places[names] = names.index(NAMESPACE) if NAMESPACE in names else len(names)
        own = self[block] = self._namespaces[pairs[place]] if place < len(pairs) else None
        return own

    def _name(self, pair: bytes) -> bytes | None:
        """The label's name; None where this is no plain label."""
        match = _PAIR.fullmatch(pair)
        if match is None:
            return None
        name, value = match.groups()
        self._names[pair] = name
        if name == NAMESPACE:
            self._namespaces.setdefault(pair, value)
        return name
