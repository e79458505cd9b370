"""A namespace's lines by what they speak of, a pod or a volume claim: where each stands in the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kubesieve.exposition.labels import read_labels

POD, CLAIM = b"pod", b"persistentvolumeclaim"


class Subject(NamedTuple):
    """A label's name and its value: the pod's where the line has one, else the claim's."""

    label: bytes
    value: bytes


class Place(NamedTuple):
    """``body[start:end]`` is a line of the piece with this number."""

    piece: int
    start: int
    end: int


Places = Mapping[Subject, list[Place]]


def places_in(body: bytes, runs: Iterable[tuple[int, int, int]]) -> Places:
    """Of runs of sample lines (number of the piece, start, end): each line's place, in order, by its subject."""
    found: dict[Subject, list[Place]] = {}
    for piece, start, end in runs:
        for line in body[start:end].splitlines(keepends=True):
            subject = _subject(read_labels(line).labels)
            if subject is not None:
                found.setdefault(subject, []).append(Place(piece, start, start + len(line)))
            start += len(line)
    return found


def _subject(labels: Mapping[bytes, bytes]) -> Subject | None:
    return next((Subject(label, labels[label]) for label in (POD, CLAIM) if labels.get(label)), None)
