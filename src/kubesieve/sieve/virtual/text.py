"""An exposition under two kinds of names: plainly granted lines as they came, a virtual cluster's under its own.

Of a line, the values of ``namespace`` and ``pod`` are replaced, of ``uid`` and ``pod_uid`` where it has them, and of
``persistentvolumeclaim``. Everything else stays: ``id`` (a path of control groups) and docker's ``name`` hold the
host's names, but agents take them for opaque and compare them with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kubesieve.exposition.labels import Labelled, read_labels
from kubesieve.exposition.partition import NAMESPACE, Header, Keep, Partition, Run, Selection
from kubesieve.faults import BodyFault
from kubesieve.kubelet.spans import Edit, edited
from kubesieve.sieve.virtual.names import Names, VirtualPod

POD = b"pod"
UIDS = (b"uid", b"pod_uid")
CLAIM = b"persistentvolumeclaim"


@dataclass(frozen=True, slots=True)
class Keeps:
    """``plain``: which samples pass as they came; ``virtual``: which of a virtual cluster's pass, by family."""

    plain: Keep
    virtual: Keep


def translate_text(partition: Partition, names: Names, keeps: Keeps) -> Selection:
    """The lines that pass, in order, with the metadata of their families. Raises BodyFault where two would meet."""
    walk = _Walk(partition.body, names, keeps)
    parts = [(piece, walk.lines_of(piece) if isinstance(piece, Run) else []) for piece in partition.pieces]
    alive = {piece.family for piece, lines in parts if lines}
    kept = sum(len(lines) for _, lines in parts)
    samples = sum(piece.samples for piece, _ in parts if isinstance(piece, Run))
    answer = b"".join(part for piece, lines in parts for part in _parts(partition.body, piece, lines, alive))
    if answer and not answer.endswith(b"\n"):
        answer += b"\n"
    return Selection(answer, kept, samples - kept)


def _parts(body: bytes, piece: Run | Header, lines: list[bytes], alive: set[bytes]) -> list[bytes]:
    if isinstance(piece, Header):
        return [body[piece.start : piece.end]] if piece.family in alive else []
    return lines


@dataclass(slots=True)
class _Walk:
    """One walk over a body, and what it must remember: verdicts, and the series that could meet."""

    body: bytes
    names: Names
    keeps: Keeps
    hosts: frozenset[bytes] = field(init=False)
    own: frozenset[bytes] = field(init=False)
    verdicts: dict[tuple[bytes, bytes | None], tuple[bool, bool]] = field(default_factory=dict)
    series: dict[tuple[bytes, frozenset[tuple[bytes, bytes]]], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hosts = frozenset(name.encode() for name in self.names.host_namespaces)
        self.own = frozenset(name.encode() for name in self.names.own_namespaces)

    def lines_of(self, run: Run) -> list[bytes]:
        plain, virtual = self._verdict(run)
        if not plain and not virtual:
            return []
        lines = self.body[run.start : run.end].splitlines(keepends=True)
        if not virtual and run.namespace not in self.own:
            return lines
        return [kept for line in lines for kept in self._line(line, plain, virtual)]

    def _verdict(self, run: Run) -> tuple[bool, bool]:
        key = (run.family, run.namespace)
        if key not in self.verdicts:
            self.verdicts[key] = self.keeps.plain(*key), run.namespace in self.hosts and self.keeps.virtual(*key)
        return self.verdicts[key]

    def _line(self, line: bytes, plain: bool, virtual: bool) -> Iterator[bytes]:
        read = read_labels(line)
        new = _new_values(read.labels, self.names) if virtual else None
        if new is not None or plain:
            self._meet(read, new or {})
            yield _edited(line, read, new or {})

    def _meet(self, read: Labelled, new: Mapping[bytes, bytes]) -> None:
        """Two series that were two must not become one. One that a kubelet gives twice stays as it is."""
        came = b"/".join(read.labels.get(name, b"") for name in (NAMESPACE, POD, CLAIM))
        if self.series.setdefault((read.name, frozenset({**read.labels, **new}.items())), came) != came:
            raise BodyFault("text-names-meet", expected="two series to stay two under own names", got="one")


def _new_values(labels: Mapping[bytes, bytes], names: Names) -> dict[bytes, bytes] | None:
    """The values that change; None where the line is no pod's of these names, or of another generation of the pod."""
    namespace, claim = labels[NAMESPACE].decode(), labels.get(CLAIM, b"").decode()
    pod = names.of_host(namespace, labels[POD].decode()) if labels.get(POD) else names.of_claim(namespace, claim)
    if pod is None or any(labels.get(name) not in (None, b"", pod.host.uid.encode()) for name in UIDS):
        return None
    own = pod.own_claim(claim) if claim else ""
    return None if own is None else _of_pod(labels, pod, own)


def _of_pod(labels: Mapping[bytes, bytes], pod: VirtualPod, claim: str) -> dict[bytes, bytes]:
    values = {NAMESPACE: pod.own.namespace, POD: pod.own.name, CLAIM: claim} | dict.fromkeys(UIDS, pod.own.uid)
    return {name: value.encode() for name, value in values.items() if labels.get(name)}


def _edited(line: bytes, read: Labelled, new: Mapping[bytes, bytes]) -> bytes:
    return edited(line, [Edit(*read.spans[name], value) for name, value in new.items()]) if new else line
