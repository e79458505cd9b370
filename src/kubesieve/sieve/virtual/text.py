"""An exposition under two kinds of names: plainly granted lines as they came, a virtual cluster's under its own.

Of a line, the values of ``namespace`` and ``pod`` are replaced, of ``uid`` and ``pod_uid`` where it has them, and of
``persistentvolumeclaim``. Everything else stays: ``id`` (a path of control groups) and docker's ``name`` hold the
host's names, but agents take them for opaque and compare them with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kubesieve.exposition.by_pod import CLAIM, POD, About, LineSpan
from kubesieve.exposition.labels import read_labels
from kubesieve.exposition.partition import NAMESPACE, Header, Keep, Partition, Run, Selection
from kubesieve.faults import BodyFault
from kubesieve.kubelet.spans import Edit, edited
from kubesieve.sieve.virtual.names import Names, VirtualPod

UIDS = (b"uid", b"pod_uid")


@dataclass(frozen=True, slots=True)
class Keeps:
    """``plain``: which samples pass as they came; ``virtual``: which of a virtual cluster's pass, by family."""

    plain: Keep
    virtual: Keep


class _Series(NamedTuple):
    name: bytes
    labels: frozenset[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that goes out under own names; ``came`` is the series that it was."""

    place: LineSpan
    new: bytes
    came: _Series
    goes: _Series


def translate_text(partition: Partition, names: Names, keeps: Keeps) -> Selection:
    """The lines that pass, in order, with the metadata of their families. Raises BodyFault where two would meet."""
    runs = {piece: (piece.family, piece.namespace) for piece in partition.pieces if isinstance(piece, Run)}
    plain = {key: keeps.plain(*key) for key in set(runs.values())}
    lines = _translated(partition, names, keeps.virtual)
    _refuse_meetings(partition, names, lines, plain)
    edits: dict[int, list[Edit]] = {}
    for line in lines.values():
        edits.setdefault(line.place.piece, []).append(Edit(line.place.start, line.place.end, line.new))
    alive = {key[0] for key, kept in plain.items() if kept} | {_run(partition, piece).family for piece in edits}
    return _joined(partition, plain, edits, alive)


def _joined(
    partition: Partition,
    plain: Mapping[tuple[bytes, bytes | None], bool],
    edits: Mapping[int, list[Edit]],
    alive: set[bytes],
) -> Selection:
    parts, kept, samples = list[bytes](), 0, 0
    for index, piece in enumerate(partition.pieces):
        own = sorted(edits.get(index, ()))
        if isinstance(piece, Header):
            parts += [partition.body[piece.start : piece.end]] if piece.family in alive else []
            continue
        whole = plain[piece.family, piece.namespace]
        samples += piece.samples
        kept += piece.samples if whole else len(own)
        parts += _run_with(partition.body, piece, own) if whole else [edit.new for edit in own]
    answer = b"".join(parts)
    if answer and not answer.endswith(b"\n"):
        answer += b"\n"
    return Selection(answer, kept, samples - kept)


def _run_with(body: bytes, run: Run, edits: list[Edit]) -> list[bytes]:
    """A plainly granted run, with the lines of virtual clusters' pods among it renamed."""
    moved = [Edit(edit.start - run.start, edit.end - run.start, edit.new) for edit in edits]
    return [edited(body[run.start : run.end], moved)]


def _translated(partition: Partition, names: Names, keep: Keep) -> dict[LineSpan, _Line]:
    found, verdicts = dict[LineSpan, _Line](), dict[tuple[bytes, bytes | None], bool]()
    for namespace, subject, pod in _subjects(names):
        for place in partition.places(namespace).get(subject, ()):
            run = _run(partition, place.piece)
            key = (run.family, run.namespace)
            if key not in verdicts:
                verdicts[key] = keep(*key)
            line = _line(partition.body, place, pod) if verdicts[key] else None
            if line is not None:
                found[place] = line
    return found


def _subjects(names: Names) -> Iterator[tuple[bytes, About, VirtualPod]]:
    """What lines of these pods speak of, by host names."""
    for pod in names.pods:
        namespace = pod.host.namespace.encode()
        yield namespace, About(POD, pod.host.name.encode()), pod
        yield from ((namespace, About(CLAIM, host.encode()), pod) for host, _ in pod.claims)


def _line(body: bytes, place: LineSpan, pod: VirtualPod) -> _Line | None:
    """The line under own names; None where it is another generation's of the pod, or of a claim of no certain name."""
    text = body[place.start : place.end]
    read = read_labels(text)
    claim = read.labels.get(CLAIM, b"").decode()
    own = pod.own_claim(claim) if claim else ""
    if own is None or any(read.labels.get(name) not in (None, b"", pod.host.uid.encode()) for name in UIDS):
        return None
    new = _new_values(read.labels, pod, own)
    goes = _Series(read.name, frozenset({**read.labels, **new}.items()))
    edits = [Edit(*read.spans[name], value) for name, value in new.items()]
    return _Line(place, edited(text, edits), _Series(read.name, frozenset(read.labels.items())), goes)


def _new_values(labels: Mapping[bytes, bytes], pod: VirtualPod, claim: str) -> dict[bytes, bytes]:
    values = {NAMESPACE: pod.own.namespace, POD: pod.own.name, CLAIM: claim} | dict.fromkeys(UIDS, pod.own.uid)
    return {name: value.encode() for name, value in values.items() if labels.get(name)}


def _refuse_meetings(
    partition: Partition,
    names: Names,
    lines: Mapping[LineSpan, _Line],
    plain: Mapping[tuple[bytes, bytes | None], bool],
) -> None:
    """Two series that were two must not become one. A series that a kubelet gives twice is not ours to judge."""
    came: dict[_Series, _Series] = {line.goes: line.came for line in lines.values()}
    met = any(came[line.goes] != line.came for line in lines.values())
    granted = {namespace for (_, namespace), kept in plain.items() if kept}
    for place in _plain_places(partition, [pod for pod in names.pods if pod.own.namespace.encode() in granted]):
        read = read_labels(partition.body[place.start : place.end])
        met |= place not in lines and _Series(read.name, frozenset(read.labels.items())) in came
    if met:
        raise BodyFault("text-names-meet", expected="two series to stay two under own names", got="one")


def _plain_places(partition: Partition, pods: Iterable[VirtualPod]) -> Iterator[LineSpan]:
    """Lines that speak of somebody's pod or claim by the very names that a virtual cluster's go out under."""
    for pod in pods:
        places = partition.places(pod.own.namespace.encode())
        yield from places.get(About(POD, pod.own.name.encode()), ())
        for _, own in pod.claims:
            yield from places.get(About(CLAIM, own.encode()), ())


def _run(partition: Partition, piece: int) -> Run:
    run = partition.pieces[piece]
    assert isinstance(run, Run)  # noqa: S101 - places are of runs; said for the type checker
    return run
