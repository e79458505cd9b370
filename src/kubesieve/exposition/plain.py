"""The reader in plain Python: as ``read_by_lines``, which is its specification, and faster where lines look as usual.

Nearly all lines of a scrape are a name, a block of labels without escapes that may have stood behind another name or in
another scrape before, and plain numbers. All others are read by the plain reader's own functions.
"""

from __future__ import annotations

import re
from itertools import islice

from kubesieve.exposition.families import Families, Family
from kubesieve.exposition.lexer import Cursor
from kubesieve.exposition.partition import NAMESPACE, Header, Index, Partition, Rows, add_run
from kubesieve.exposition.reader import MAX_LINE_BYTES, check_bytes, line_end, read_line
from kubesieve.exposition.sample import RESERVED, Sample

CHUNK_BYTES = 256 * 1024
"""Lines are cut out of so much of a body at a time."""
MOST_KNOWN_BYTES = 32 * 1024 * 1024
"""Of blocks of labels that are remembered, from one body to the next and from a chunk of one to its next."""
ENTRY_BYTES = 200
"""What remembering one costs beside its text, about."""
_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*+")
_NUMBERS = re.compile(rb"-?[0-9]{1,100}+(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]{2})?(?: [0-9]{1,18})?")
"""A value and a time stamp as most are."""
BAD = b"bad"
_PAIR = re.compile(rb'(?:([a-zA-Z_][a-zA-Z0-9_]*+)|"([^"\\]++)")="([^"\\]*+)')
"""A label without its closing quote."""
_QUOTED = re.compile(rb'\{"([^"\\]++)"(?:,([^}]++))?\} (?:%s)' % _NUMBERS.pattern)
"""A line with its metric name in the braces, first."""
_MEANINGLESS = re.compile(rb"(?:[ \t]*+(?:#(?![ \t]*+(?:HELP|TYPE|UNIT)[ \t])[^\n]*+)?+\n)++")
"""Blank lines and free comments, one after the other."""


def read_plainly(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4). Raises BodyFault, as ``read_by_lines`` does."""
    check_bytes(body)
    return Partition(body, _Reading(body, max_line).index())


class _Reading:
    """One body, from its first line to its last."""

    def __init__(self, body: bytes, max_line: int) -> None:
        self._body, self._max_line, self._blocks = body, max_line, _KNOWN.blocks()
        self._families = Families()
        self._index = Index({}, [])
        self._number, self._counted = 1, 0

    def index(self) -> Index:
        start, size = 0, len(self._body)
        while start < size:
            stop = self._body.rfind(b"\n", start, start + CHUNK_BYTES) + 1
            if stop:
                self._blocks = _KNOWN.blocks()
                self._lines(start, stop)
            start = stop or self._other(start)
        return self._index

    def _lines(self, start: int, stop: int) -> None:
        """Takes whole lines: usual ones one after the other, others by themselves."""
        blocks, most, are_numbers = self._blocks, self._max_line, _NUMBERS.fullmatch
        first, samples = start, 0
        name, namespace = None, None
        runs: dict[bytes | None, Rows] = {}
        cut = iter(self._body[start : stop - 1].split(b"\n"))
        for line in cut:
            head, brace, numbers = line.rpartition(b"} ")
            if brace:
                found, _, block = head.partition(b"{")
            else:
                (found, _, numbers), block = line.partition(b" "), None
            own = blocks[block]
            usual = own is not BAD and are_numbers(numbers) is not None and len(line) < most
            if found != name or own is not namespace or not usual:
                if samples:
                    add_run(runs.setdefault(namespace, []), first, start, samples)
                first, samples, namespace = start, 0, own
                if found != name and usual:
                    usual = _NAME.fullmatch(found) is not None
                    if usual:
                        name, runs = found, self._sampled(found)
            if usual:
                samples += 1
                start += len(line) + 1
            else:
                first, name = self._unusual(line, start, stop), None
                more = self._body.count(b"\n", start + len(line) + 1, first)
                next(islice(cut, more, more), None)
                start = first
        if samples:
            add_run(runs.setdefault(namespace, []), first, start, samples)

    def _sampled(self, name: bytes) -> dict[bytes | None, Rows]:
        """The runs of the family that a sample of this name belongs to."""
        family = self._families.of(name)
        family.sampled = True
        return self._index.runs.setdefault(family.name, {})

    def _unusual(self, line: bytes, start: int, stop: int) -> int:
        """Takes a line, or several that mean nothing; where the next begins."""
        nothing = _MEANINGLESS.match(self._body, start, min(stop, start + self._max_line))
        if nothing is not None:
            return nothing.end()
        quoted = _QUOTED.fullmatch(line) if len(line) < self._max_line else None
        own = self._blocks[quoted[2]] if quoted is not None else BAD
        if quoted is None or own is BAD:
            return self._other(start)
        end = start + len(line) + 1
        add_run(self._sampled(quoted[1]).setdefault(own, []), start, end, 1)
        return end

    def _other(self, start: int) -> int:
        """Takes one line by the plain reader; where the next begins."""
        self._number += self._body.count(b"\n", self._counted, start)
        self._counted = start
        stop, end = line_end(self._body, start, self._max_line, self._number)
        read = read_line(Cursor(self._body[start:stop], self._number), self._families)
        if isinstance(read, Sample):
            rows = self._sampled(read.name).setdefault(read.labels.get(NAMESPACE), [])
            add_run(rows, start, end, 1)
        elif isinstance(read, Family):
            self._index.headers.append(Header(start, end, read.name))
        return end


class _Known:
    """The blocks of all bodies, as they are good or bad wherever they stand; forgotten together, when they are many."""

    def __init__(self) -> None:
        self._blocks = _Blocks()

    def blocks(self) -> _Blocks:
        if self._blocks.size > MOST_KNOWN_BYTES:
            self._blocks = _Blocks()
        return self._blocks


class _Blocks(dict[bytes | None, bytes | None]):
    """Namespaces by blocks of labels without their braces; None without that label, and for no block at all; BAD for
    whatever is not plain labels, each name once. The same namespace is the same object each time.
    """

    def __init__(self) -> None:
        super().__init__({None: None})
        self.size = 0
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
            self.size += 8 * len(names) + ENTRY_BYTES
        own = self[block] = self._namespaces[pairs[place]] if place < len(pairs) else None
        self.size += len(block) + ENTRY_BYTES
        return own

    def _name(self, pair: bytes) -> bytes | None:
        """The label's name; None where this is no plain label."""
        match = _PAIR.fullmatch(pair)
        if match is None:
            return None
        bare, quoted, value = match.groups()
        name: bytes = bare or quoted
        if name == NAMESPACE:
            self._namespaces.setdefault(pair, value)
        self._names[pair] = name  # last: another thread that finds it looks up the rest
        self.size += len(pair) + ENTRY_BYTES
        return name


_KNOWN = _Known()
