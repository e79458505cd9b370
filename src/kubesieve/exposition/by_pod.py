"""A namespace's lines by what they speak of, a pod or a volume claim: where each stands in the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kubesieve.exposition.labels import read_labels

POD, CLAIM = b"pod", b"persistentvolumeclaim"


class About(NamedTuple):
    """A label's name and its value: the pod's where the line has one, else the claim's."""

    label: bytes
    value: bytes


class LineSpan(NamedTuple):
    """``body[start:end]`` is a line of the piece with this number."""

    piece: int
    start: int
    end: int


LineSpans = Mapping[About, list[LineSpan]]


def places_in(body: bytes, runs: Iterable[tuple[int, int, int]]) -> LineSpans:
    """Of runs of sample lines (number of the piece, start, end): each line's place, in order, by what it speaks of."""
    found: dict[About, list[LineSpan]] = {}
    for piece, start, end in runs:
        for line in body[start:end].splitlines(keepends=True):
            about = _about(read_labels(line).labels)
            if about is not None:
                found.setdefault(about, []).append(LineSpan(piece, start, start + len(line)))
            start += len(line)
    return found


def _about(labels: Mapping[bytes, bytes]) -> About | None:
    return next((About(label, labels[label]) for label in (POD, CLAIM) if labels.get(label)), None)
