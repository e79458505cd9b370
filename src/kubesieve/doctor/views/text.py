"""A text body as a view: which namespaces, families and containers it shows. One pass of the exact reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

from kubesieve.agents import Key
from kubesieve.exposition import Sample, SampleLine, lines
from kubesieve.faults import BodyFault

CPU = b"container_cpu_usage_seconds_total"
MEMORY = b"container_memory_usage_bytes"
WORKING_SET = b"container_memory_working_set_bytes"
MEMORY_LIMIT = b"container_spec_memory_limit_bytes"
CPU_QUOTA = b"container_spec_cpu_quota"

AGENT_LABELS = (b"namespace", b"name", b"image", b"id", b"container", b"pod")
SANDBOX = frozenset({b"", b"POD"})
_NONE: frozenset[bytes] = frozenset()
_PLACE = (b"namespace", b"pod", b"container")

RowPlace = tuple[bytes, bytes, bytes, bytes]
"""A metric name and the namespace, pod and container of its row."""


@dataclass(slots=True)
class Row:
    """The series of one container in one body: values of the last row by family, container ids (``name``) met,
    labels an agent wants and did not get, newest timestamp (milliseconds).
    """

    values: dict[bytes, float] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)  # container id → CPU seconds, NaN where it has none
    missing: set[bytes] = field(default_factory=set)
    newest: int | None = None


@dataclass(slots=True)
class FamilyFacts:
    """A family: the line it begins on, whether it has a TYPE, on which line it came again after another."""

    line: int
    typed: bool = False
    reopened: int | None = None
    namespaced: bool = False
    sampled: bool = False


@dataclass(slots=True)
class TextView:
    """What one exposition shows. Where ``fault`` is set, the rest is what came before it and proves nothing.

    ``series`` holds each series' identity and timestamp, ``repeats`` how many came again; only where asked for.
    """

    fault: BodyFault | None = None
    final_newline: bool = True
    samples: int = 0
    families: dict[bytes, FamilyFacts] = field(default_factory=dict)
    namespaces: Counter[str] = field(default_factory=Counter)
    containers: dict[Key, Row] = field(default_factory=dict)
    pods: Counter[tuple[str, str]] = field(default_factory=Counter)  # rows of pods and sandboxes
    node_totals: int = 0  # rows with namespace=""
    newest: int | None = None
    label_names: dict[RowPlace, frozenset[bytes]] = field(default_factory=dict)
    series: dict[bytes, int | None] = field(default_factory=dict)
    repeats: int = 0

    @property
    def readable(self) -> bool:
        return self.fault is None

    def untyped(self) -> dict[bytes, FamilyFacts]:
        """Families an agent skips: without a TYPE line, or come again after another family."""
        return {name: facts for name, facts in self.families.items() if not facts.typed or facts.reopened}

    def shown(self) -> frozenset[str]:
        return frozenset(self.namespaces) - {""}


def read_text_view(body: bytes, *, keep_series: bool = False) -> TextView:
    """Reads a body (text format 0.0.4); never raises: what is wrong is the view's ``fault``."""
    view = TextView(final_newline=not body or body.endswith(b"\n"))
    last: bytes | None = None
    number, seen_to = 1, 0
    try:
        for line in lines(body):
            number += body.count(b"\n", seen_to, line.start)
            seen_to = line.start
            last = _enter(view, line.family.name, line.family.type is not None, last, number)
            if isinstance(line, SampleLine):
                _count(view, line.sample, view.families[line.family.name])
                if keep_series:
                    _keep(view, line.sample)
    except BodyFault as fault:
        view.fault = fault
    return view


def _enter(view: TextView, name: bytes, typed: bool, last: bytes | None, number: int) -> bytes:
    facts = view.families.get(name)
    if facts is None:
        facts = view.families[name] = FamilyFacts(number)
    elif last != name and facts.reopened is None:
        facts.reopened = number
    facts.typed = facts.typed or typed
    return name


def _count(view: TextView, sample: Sample, facts: FamilyFacts) -> None:
    labels = sample.labels
    view.samples += 1
    facts.sampled = True
    place = (sample.name, *(labels.get(label, b"") for label in _PLACE))
    view.label_names[place] = view.label_names.get(place, _NONE).union(labels)  # type: ignore[index,arg-type]
    if sample.timestamp is not None and (view.newest is None or sample.timestamp > view.newest):
        view.newest = sample.timestamp
    raw = labels.get(b"namespace")
    if raw is None:
        return
    facts.namespaced = True
    if not raw:
        view.node_totals += 1
        return
    namespace = raw.decode()
    view.namespaces[namespace] += 1
    pod, container = labels.get(b"pod", b"").decode(), labels.get(b"container", b"")
    if container in SANDBOX:
        view.pods[namespace, pod] += 1
    else:
        _count_row(view.containers.setdefault(Key(namespace, pod, container.decode()), Row()), sample)


def _keep(view: TextView, sample: Sample) -> None:
    """No UTF-8 holds the byte FF: it keeps the parts apart."""
    identity = b"\xff".join((sample.name, *chain(*sorted(sample.labels.items()))))
    view.repeats += identity in view.series
    view.series[identity] = sample.timestamp


def _count_row(row: Row, sample: Sample) -> None:
    labels = sample.labels
    row.values[sample.name] = float(sample.value)
    row.missing.update(label for label in AGENT_LABELS if label not in labels)
    if sample.timestamp is not None and (row.newest is None or sample.timestamp > row.newest):
        row.newest = sample.timestamp
    name = labels.get(b"name", b"").decode()
    if name and sample.name == CPU:
        row.names[name] = float(sample.value)
    elif name:
        row.names.setdefault(name, float("nan"))
