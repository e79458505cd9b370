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

_USUAL = re.compile(
    rb"([a-zA-Z_:][a-zA-Z0-9_:]*+)(\{[^\n]*\})? "
    rb"-?[0-9]{1,100}+(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]{2})?(?: [0-9]{1,18})?\n"
    rb"|[^\n]*\n?"
)
"""A line as most are, with its name: it is a sample if its block of labels, if any, is one. Else any line, without."""
_PAIR = re.compile(rb'([a-zA-Z_][a-zA-Z0-9_]*+)="([^"\\]*+)"(?:,|\}\Z)')
_AROUND = len(b'="",')


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
            start = self._usual(start)
            if start < size:
                start = self._other(start)
        return tuple(self._pieces)

    def _usual(self, start: int) -> int:
        """Takes usual lines from here on; where the first other one begins."""
        blocks, most = self._blocks, self._max_line
        first, samples = start, 0
        name, family, namespace = b"", b"", None
        for match in _USUAL.finditer(self._body, start):
            found, block = match.groups()
            end = match.end()
            if found is None or end - start > most or (block not in blocks and not blocks.learn(block)):
                break
            own = blocks[block]
            if found != name or own != namespace:
                if samples:
                    self._add(first, start, family, namespace, samples)
                first, samples = start, 0
                if found != name:
                    owner = self._families.of(found)
                    owner.sampled, name, family = True, found, owner.name
                namespace = own
            samples += 1
            start = end
        if samples:
            self._add(first, start, family, namespace, samples)
        return start

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
    """Namespaces by blocks of labels that are good, None for those without that label, and for no block at all."""

    def __init__(self) -> None:
        super().__init__({None: None})
        self._heads: dict[bytes, tuple[frozenset[bytes], bytes | None]] = {}

    def learn(self, block: bytes) -> bool:
        """Remembers a block that holds nothing but plain pairs, each name once; False for any other."""
        head, _, last = block.rpartition(b",")
        known = self._heads.get(head) if head else None
        if known is None:
            return self._learn_whole(block, head)
        match = _PAIR.fullmatch(last)
        if match is None or match[1] in known[0] or match[1] == RESERVED:
            return False
        self[block] = match[2] if match[1] == NAMESPACE else known[1]
        return True

    def _learn_whole(self, block: bytes, head: bytes) -> bool:
        pairs = _PAIR.findall(block, 1)
        labels = dict(pairs)
        size = len(b"".join(labels)) + len(b"".join(labels.values())) + _AROUND * len(labels) + 1
        if size != len(block) or len(labels) < len(pairs) or RESERVED in labels:
            return False
        self[block] = labels.get(NAMESPACE)
        name, value = labels.popitem()
        if head and len(block) - len(head) == len(name) + len(value) + _AROUND + 1:
            self._heads[head] = frozenset(labels), labels.get(NAMESPACE)
        return True
