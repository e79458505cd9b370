"""The container series of /metrics/cadvisor, joined to the pod list the way the checks do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kubesieve.agents.families import UNTYPED, SampleFamily
from kubesieve.agents.pods import Container, Key
from kubesieve.exposition import Sample

CPU_USAGE = b"container_cpu_usage_seconds_total"
MEMORY_USAGE = b"container_memory_usage_bytes"
MEMORY_LIMIT = b"container_spec_memory_limit_bytes"

REQUIRED_LABELS = (b"namespace", b"name", b"image", b"id", b"container", b"pod")
NO_CONTAINER = frozenset({b"", b"POD"})


class Point(NamedTuple):
    """What a family says of one container: a value, and the ``name`` label it is joined on."""

    value: float
    name: bytes


Combine = Callable[[Point, Point], Point]


def _last(_: Point, new: Point) -> Point:
    return new


def _sum(old: Point, new: Point) -> Point:
    return Point(old.value + new.value, old.name)


@dataclass(frozen=True, slots=True)
class Series:
    """What becomes of a family: the agent's metric, and how several rows of one container or pod become one."""

    metric: str
    combine: Combine = _last
    named: bool = False  # whether a row needs a ``name`` that is not empty


CONTAINER_SERIES: Mapping[bytes, Series] = {
    CPU_USAGE: Series("kubernetes.cpu.usage.total"),
    b"container_cpu_load_average_10s": Series("kubernetes.cpu.load.10s.avg"),
    b"container_cpu_system_seconds_total": Series("kubernetes.cpu.system.total"),
    b"container_cpu_user_seconds_total": Series("kubernetes.cpu.user.total"),
    b"container_cpu_cfs_periods_total": Series("kubernetes.cpu.cfs.periods"),
    b"container_cpu_cfs_throttled_periods_total": Series("kubernetes.cpu.cfs.throttled.periods"),
    b"container_cpu_cfs_throttled_seconds_total": Series("kubernetes.cpu.cfs.throttled.seconds"),
    b"container_fs_reads_bytes_total": Series("kubernetes.io.read_bytes"),
    b"container_fs_writes_bytes_total": Series("kubernetes.io.write_bytes"),
    b"container_fs_usage_bytes": Series("kubernetes.filesystem.usage", _sum, named=True),
    MEMORY_USAGE: Series("kubernetes.memory.usage", _sum, named=True),
    b"container_memory_working_set_bytes": Series("kubernetes.memory.working_set"),
    b"container_memory_cache": Series("kubernetes.memory.cache"),
    b"container_memory_rss": Series("kubernetes.memory.rss"),
    b"container_memory_swap": Series("kubernetes.memory.swap", _sum, named=True),
    MEMORY_LIMIT: Series("kubernetes.memory.limits"),
}


@dataclass(frozen=True, slots=True)
class Cadvisor:
    """What the check gets out of the series: points by family and container, and what it passed over."""

    points: Mapping[bytes, Mapping[Key, Point]] = field(default_factory=dict)
    memory_pct: Mapping[Key, float] = field(default_factory=dict)
    untyped: frozenset[bytes] = frozenset()
    namespaces: frozenset[str] = frozenset()  # those with any row
    unlisted: frozenset[Key] = frozenset()  # containers with rows that the pod list does not have
    unlabelled: frozenset[Key] = frozenset()  # containers with rows that lack a required label

    def point(self, family: bytes, key: Key) -> Point | None:
        return self.points.get(family, {}).get(key)


def read_cadvisor(families: Iterable[SampleFamily], containers: Iterable[Container]) -> Cadvisor:
    """Joins families to the containers of the same view's pod list that have an id."""
    wanted = [family for family in families if family.name in CONTAINER_SERIES]
    listed = {container.key: container.container_id for container in containers}
    known = frozenset(key for key, container_id in listed.items() if container_id)
    typed = [family for family in wanted if family.type != UNTYPED]
    samples = [sample for family in wanted for sample in family.samples]
    rows = frozenset(key for sample in samples if (key := container_key(sample)))
    return Cadvisor(
        points=_points_by_family(typed, known),
        memory_pct=_memory_pct(typed, known),
        untyped=frozenset(family.name for family in wanted if family.type == UNTYPED),
        namespaces=frozenset(_text(sample, b"namespace") for sample in samples) - {""},
        unlisted=rows - frozenset(listed),
        unlabelled=frozenset(key for sample in samples if (key := _stripped_key(sample))),
    )


def container_key(sample: Sample) -> Key | None:
    """Whose row this is; None where it is no container's: a label is absent, or it is a pod's or a sandbox's."""
    labels = sample.labels
    if any(label not in labels for label in REQUIRED_LABELS) or labels[b"container"] in NO_CONTAINER:
        return None
    return _key(sample)


def _stripped_key(sample: Sample) -> Key | None:
    """The container a row names although it lacks a label that makes it count."""
    if sample.labels.get(b"container", b"") in NO_CONTAINER or container_key(sample):
        return None
    key = _key(sample)
    return key if all(key) else None


def _key(sample: Sample) -> Key:
    return Key(_text(sample, b"namespace"), _text(sample, b"pod"), _text(sample, b"container"))


def _text(sample: Sample, label: bytes) -> str:
    return sample.labels.get(label, b"").decode()


def _points_by_family(families: Iterable[SampleFamily], known: frozenset[Key]) -> dict[bytes, dict[Key, Point]]:
    """A family that a lenient parser meets twice adds to what it said before."""
    points: dict[bytes, dict[Key, Point]] = {}
    for family in families:
        points.setdefault(family.name, {}).update(_points(family, known))
    return points


def _points(family: SampleFamily, known: frozenset[Key]) -> dict[Key, Point]:
    series = CONTAINER_SERIES[family.name]
    points: dict[Key, Point] = {}
    for sample in family.samples:
        key = container_key(sample)
        if key is None or key not in known:
            continue
        point = Point(float(sample.value), sample.labels[b"name"])
        points[key] = series.combine(points[key], point) if key in points else point
    return {key: point for key, point in points.items() if point.name or not series.named}


def _memory_pct(families: Iterable[SampleFamily], known: frozenset[Key]) -> dict[Key, float]:
    """Usage ÷ limit by ``name``; a limit that comes before the usages finds none to divide."""
    usage: dict[bytes, float] = {}
    pct: dict[Key, float] = {}
    for family in families:
        if family.name == MEMORY_USAGE:
            usage = {point.name: point.value for point in _points(family, known).values()}
        if family.name == MEMORY_LIMIT:
            limits = _points(family, known).items()
            pct = {key: usage[p.name] / p.value for key, p in limits if p.value > 0 and p.name in usage}
    return pct
