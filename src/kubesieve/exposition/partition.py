"""A body cut into runs of lines by namespace; an answer is a join of the runs that are kept.

This is the seam: whatever reads a body, plain or compiled, gives a Partition, and everything above works on that. What
is here is the plain one, the specification of the compiled one (compact.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from kubesieve.exposition.by_pod import LineSpans, places_in
from kubesieve.exposition.reader import MAX_LINE_BYTES, MetadataLine, lines

NAMESPACE = b"namespace"


class FamilyVerdict(NamedTuple):
    """Whether samples of a family are kept: of kept namespaces, without the label, with an empty one."""

    own: bool
    unlabelled: bool
    empty: bool


class FamilyPatterns(NamedTuple):
    """For each part of a verdict: patterns of whole names (``*`` for any text), and whether what they cover is kept.
    The first that covers a family decides; what none covers is not kept.
    """

    own: tuple[tuple[bytes, bool], ...]
    unlabelled: tuple[tuple[bytes, bool], ...]
    empty: tuple[tuple[bytes, bool], ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept: samples of these namespaces, as far as their families are. ``families`` says the same of the same
    family each time, and is equal to another that says the same of all; ``patterns``, where it gives any, say the same
    as it, for whoever asks of thousands at once.
    """

    namespaces: frozenset[bytes]
    families: Callable[[bytes], FamilyVerdict]
    patterns: Callable[[], FamilyPatterns | None] = field(default=lambda: None, compare=False, repr=False)

    def __call__(self, family: bytes, namespace: bytes | None) -> bool:
        """The namespace is None without the label, empty where the label is empty."""
        verdict = self.families(family)
        if namespace:
            return verdict.own and namespace in self.namespaces
        return verdict.unlabelled if namespace is None else verdict.empty


class Run(NamedTuple):
    """Neighbouring sample lines of one family and one namespace: ``body[start:end]``, ``samples`` of them."""

    start: int
    end: int
    family: bytes
    namespace: bytes | None
    samples: int


class Header(NamedTuple):
    """A HELP, TYPE or UNIT line of a family."""

    start: int
    end: int
    family: bytes


@dataclass(frozen=True, slots=True)
class Selection:
    """An answer: a valid exposition (bytes), and how many samples were kept and dropped."""

    body: bytes
    kept: int
    dropped: int


Rows = list[tuple[int, int, int]]
"""Runs of one family and namespace: start, end, samples of each."""


class Index(NamedTuple):
    """A body's runs by family and namespace, and the lines about families."""

    runs: dict[bytes, dict[bytes | None, Rows]]
    headers: list[Header]


class Partition:
    """A whole, valid body and its pieces in order."""

    def __init__(self, body: bytes, index: Index) -> None:
        self.body = body
        self._index = index
        self._places: dict[bytes, LineSpans] = {}

    @cached_property
    def pieces(self) -> tuple[Run | Header, ...]:
        """Of every line that means something, in order."""
        runs = (
            Run(start, end, family, namespace, samples)
            for family, by_namespace in self._index.runs.items()
            for namespace, rows in by_namespace.items()
            for start, end, samples in rows
        )
        return tuple(sorted((*runs, *self._index.headers), key=itemgetter(0)))

    def places(self, namespace: bytes) -> LineSpans:
        """The namespace's lines by pod or claim: read when first asked for, and remembered as long as the body is."""
        if namespace not in self._places:
            runs = ((index, piece) for index, piece in enumerate(self.pieces) if isinstance(piece, Run))
            own = ((index, run.start, run.end) for index, run in runs if run.namespace == namespace)
            self._places[namespace] = places_in(self.body, own)
        return self._places[namespace]

    def namespaces(self) -> frozenset[bytes]:
        """The namespaces with at least one sample, the empty one left out."""
        return frozenset(name for by_namespace in self._index.runs.values() for name in by_namespace if name)

    def select(self, keep: Keep) -> Selection:
        """The lines of the kept runs, byte for byte and in order, with the metadata of their families."""
        chosen: Rows = []
        alive = set()
        for family, by_namespace in self._index.runs.items():
            for namespace in {None, b"", *keep.namespaces}:
                if namespace in by_namespace and keep(family, namespace):
                    chosen += by_namespace[namespace]
                    alive.add(family)
        kept = sum([row[2] for row in chosen])
        chosen += [(header.start, header.end, 0) for header in self._index.headers if header.family in alive]
        chosen.sort()
        answer = b"".join([self.body[start:end] for start, end, _ in chosen])
        if answer and not answer.endswith(b"\n"):
            answer += b"\n"
        return Selection(answer, kept, self._samples - kept)

    @cached_property
    def _samples(self) -> int:
        rows = (rows for by_namespace in self._index.runs.values() for rows in by_namespace.values())
        return sum([row[2] for some in rows for row in some])


def read_by_lines(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4), line by line: the specification. Raises BodyFault."""
    index = Index({}, [])
    for line in lines(body, max_line=max_line):
        family = line.family.name
        if isinstance(line, MetadataLine):
            index.headers.append(Header(line.start, line.end, family))
        else:
            namespace = line.sample.labels.get(NAMESPACE)
            rows = index.runs.setdefault(family, {}).setdefault(namespace, [])
            add_run(rows, line.start, line.end, 1)
    return Partition(body, index)


def add_run(rows: Rows, start: int, end: int, samples: int) -> None:
    """Adds a run: to the one before, where that ends here."""
    if rows and rows[-1][1] == start:
        rows[-1] = (rows[-1][0], end, rows[-1][2] + samples)
    else:
        rows.append((start, end, samples))
