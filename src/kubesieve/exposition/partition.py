"""A body cut into runs of lines by namespace; an answer is a join of the runs that are kept.

This is the seam: whatever reads a body, plain or compiled, gives a Partition, and everything above works on that. What
is here is the plain one, the specification of the compiled one (compact.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from kubesieve.exposition.by_pod import LineSpans, places_in
from kubesieve.exposition.reader import MAX_LINE_BYTES, MetadataLine, SampleLine, lines

NAMESPACE = b"namespace"


class FamilyVerdict(NamedTuple):
    """Whether samples of a family are kept: of kept namespaces, without the label, with an empty one."""

    own: bool
    unlabelled: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept: samples of these namespaces, as far as their families are. ``families`` says the same of the same
    family each time, and is equal to another that says the same of all.
    """

    namespaces: frozenset[bytes]
    families: Callable[[bytes], FamilyVerdict]

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


class _Index(NamedTuple):
    """A body's runs by namespace and family, the lines about families, and how many samples there are."""

    runs: dict[bytes | None, dict[bytes, list[Run]]]
    headers: list[Header]
    samples: int


class Partition:
    """A whole, valid body and its pieces in order."""

    def __init__(self, body: bytes, pieces: tuple[Run | Header, ...]) -> None:
        self.body = body
        self._given = pieces
        self._places: dict[bytes, LineSpans] = {}

    @cached_property
    def pieces(self) -> tuple[Run | Header, ...]:
        """Of every line that means something, in order."""
        return self._given

    def places(self, namespace: bytes) -> LineSpans:
        """The namespace's lines by pod or claim: read when first asked for, and remembered as long as the body is."""
        if namespace not in self._places:
            runs = ((index, piece) for index, piece in enumerate(self.pieces) if isinstance(piece, Run))
            own = ((index, run.start, run.end) for index, run in runs if run.namespace == namespace)
            self._places[namespace] = places_in(self.body, own)
        return self._places[namespace]

    def namespaces(self) -> frozenset[bytes]:
        """The namespaces with at least one sample, the empty one left out."""
        return frozenset(name for name in self._index.runs if name)

    def select(self, keep: Keep) -> Selection:
        """The lines of the kept runs, byte for byte and in order, with the metadata of their families."""
        index = self._index
        pieces: list[Run | Header] = []
        kept, alive = 0, set()
        for namespace in (None, b"", *keep.namespaces):
            for family, runs in index.runs.get(namespace, {}).items():
                if keep(family, namespace):
                    pieces += runs
                    kept += sum(run.samples for run in runs)
                    alive.add(family)
        pieces += [header for header in index.headers if header.family in alive]
        pieces.sort(key=itemgetter(0))
        answer = b"".join([self.body[piece[0] : piece[1]] for piece in pieces])
        if answer and not answer.endswith(b"\n"):
            answer += b"\n"
        return Selection(answer, kept, index.samples - kept)

    @cached_property
    def _index(self) -> _Index:
        """Made when it is first asked for, and for every answer."""
        runs: dict[bytes | None, dict[bytes, list[Run]]] = {}
        headers: list[Header] = []
        samples = 0
        for piece in self.pieces:
            if isinstance(piece, Header):
                headers.append(piece)
            else:
                samples += piece.samples
                runs.setdefault(piece.namespace, {}).setdefault(piece.family, []).append(piece)
        return _Index(runs, headers, samples)


def read_by_lines(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4), line by line: the specification. Raises BodyFault."""
    pieces: list[Run | Header] = []
    for line in lines(body, max_line=max_line):
        _append(pieces, line)
    return Partition(body, tuple(pieces))


def _append(pieces: list[Run | Header], line: SampleLine | MetadataLine) -> None:
    family = line.family.name
    if isinstance(line, MetadataLine):
        pieces.append(Header(line.start, line.end, family))
        return
    namespace = line.sample.labels.get(NAMESPACE)
    last = pieces[-1] if pieces else None
    if isinstance(last, Run) and last.end == line.start and (last.family, last.namespace) == (family, namespace):
        pieces[-1] = Run(last.start, line.end, family, namespace, last.samples + 1)
    else:
        pieces.append(Run(line.start, line.end, family, namespace, 1))
