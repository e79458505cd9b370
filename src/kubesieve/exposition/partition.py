"""A body cut into runs of lines by namespace; an answer is a join of the runs that are kept.

This is the seam: whatever reads a body, plain or fast, gives a Partition, and everything above works on that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kubesieve.exposition.by_pod import LineSpans, places_in
from kubesieve.exposition.reader import MAX_LINE_BYTES, MetadataLine, SampleLine, lines

NAMESPACE = b"namespace"

Keep = Callable[[bytes, bytes | None], bool]
"""(family name, namespace) → kept? The namespace is None without the label, empty where the label is empty."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring sample lines of one family and one namespace: ``body[start:end]``, ``samples`` of them."""

    start: int
    end: int
    family: bytes
    namespace: bytes | None
    samples: int


@dataclass(frozen=True, slots=True)
class Header:
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


@dataclass(frozen=True, slots=True)
class Partition:
    """A whole, valid body and its pieces in order."""

    body: bytes
    pieces: tuple[Run | Header, ...]
    _places: dict[bytes, LineSpans] = field(default_factory=dict, init=False, repr=False, compare=False)

    def places(self, namespace: bytes) -> LineSpans:
        """The namespace's lines by pod or claim: read when first asked for, and remembered as long as the body is."""
        if namespace not in self._places:
            runs = ((index, piece) for index, piece in enumerate(self.pieces) if isinstance(piece, Run))
            own = ((index, run.start, run.end) for index, run in runs if run.namespace == namespace)
            self._places[namespace] = places_in(self.body, own)
        return self._places[namespace]

    def namespaces(self) -> frozenset[bytes]:
        """The namespaces with at least one sample, the empty one left out."""
        return frozenset(piece.namespace for piece in self._runs() if piece.namespace)

    def select(self, keep: Keep) -> Selection:
        """The lines of the kept runs, byte for byte and in order, with the metadata of their families."""
        verdicts = {(run.family, run.namespace): keep(run.family, run.namespace) for run in self._runs()}
        alive = {family for (family, _), kept in verdicts.items() if kept}
        parts, kept, dropped = [], 0, 0
        for piece in self.pieces:
            if isinstance(piece, Header):
                stays = piece.family in alive
            else:
                stays = verdicts[piece.family, piece.namespace]
                kept += piece.samples if stays else 0
                dropped += 0 if stays else piece.samples
            if stays:
                parts.append(self.body[piece.start : piece.end])
        answer = b"".join(parts)
        if answer and not answer.endswith(b"\n"):
            answer += b"\n"
        return Selection(answer, kept, dropped)

    def _runs(self) -> list[Run]:
        return [piece for piece in self.pieces if isinstance(piece, Run)]


def read(body: bytes, *, max_line: int = MAX_LINE_BYTES) -> Partition:
    """Reads a whole body (bytes of text format 0.0.4) with the plain reader. Raises BodyFault."""
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
