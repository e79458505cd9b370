"""A container's row: usage, limit and percent, each a number or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.agents.cadvisor import CPU_USAGE, MEMORY_LIMIT, MEMORY_USAGE, Cadvisor
from kubesieve.agents.dash import Dash, Measure, none, number, percent
from kubesieve.agents.pods import COUNTED_PHASES, Container, Key, PodList


@dataclass(frozen=True, slots=True)
class Row:
    """What the kubelet check sends of one container: cores, bytes and percent."""

    namespace: str
    pod: str
    container: str
    cpu_usage: Measure
    cpu_limit: Measure
    cpu_pct: Measure
    memory_usage: Measure
    memory_limit: Measure
    memory_pct: Measure

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.pod, self.container)


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one run of the check has to make rows of."""

    pods: PodList
    cadvisor: Cadvisor
    pods_failed: bool = False
    series_failed: bool = False


@dataclass(frozen=True, slots=True)
class Scrapes:
    """Two runs some seconds apart; the first may be missing."""

    now: Scrape
    before: Scrape | None
    seconds: float


def make_rows(scrapes: Scrapes) -> tuple[Row, ...]:
    """A row for each container of the pod list, and for each that has series without being there; by name."""
    listed = {container.key: container for container in scrapes.now.pods.containers}
    keys = sorted(set(listed) | scrapes.now.cadvisor.unlisted)
    return tuple(_row(key, listed.get(key), scrapes) for key in keys)


def _row(key: Key, container: Container | None, scrapes: Scrapes) -> Row:
    cpu_usage, cpu_limit = _cpu_usage(key, container, scrapes), _limit(container, "cpu", scrapes.now)
    memory_usage = _memory_usage(key, container, scrapes.now)
    memory_limit = _memory_limit(key, container, scrapes.now)
    ratio = scrapes.now.cadvisor.memory_pct.get(key)
    return Row(
        *key,
        cpu_usage=cpu_usage,
        cpu_limit=cpu_limit,
        cpu_pct=percent(cpu_usage, cpu_limit),
        memory_usage=memory_usage,
        memory_limit=memory_limit,
        memory_pct=percent(memory_usage, memory_limit) if ratio is None else number(100 * ratio),
    )


def _cpu_usage(key: Key, container: Container | None, scrapes: Scrapes) -> Measure:
    """A rate. The counter of another container id is another counter: after a restart it takes two scrapes again."""
    now = scrapes.now.cadvisor.point(CPU_USAGE, key)
    before = scrapes.before.cadvisor.point(CPU_USAGE, key) if scrapes.before else None
    if now is None:
        return none(_why(key, container, CPU_USAGE, scrapes.now))
    if before is None or before.name != now.name or scrapes.seconds <= 0:
        return none(Dash.ONE_SCRAPE)
    if now.value < before.value:
        return none(Dash.COUNTER_RESET)
    return number((now.value - before.value) / scrapes.seconds)


def _memory_usage(key: Key, container: Container | None, scrape: Scrape) -> Measure:
    point = scrape.cadvisor.point(MEMORY_USAGE, key)
    return number(point.value) if point else none(_why(key, container, MEMORY_USAGE, scrape))


def _memory_limit(key: Key, container: Container | None, scrape: Scrape) -> Measure:
    """The series' limit (0 is none), else the pod list's."""
    point = scrape.cadvisor.point(MEMORY_LIMIT, key)
    return number(point.value) if point and point.value > 0 else _limit(container, "memory", scrape)


def _limit(container: Container | None, resource: str, scrape: Scrape) -> Measure:
    if container is None:
        return none(Dash.POD_LIST_FAILED if scrape.pods_failed else Dash.NOT_IN_PODS)
    limit = container.limits.get(resource)
    reasons = (
        (container.phase not in COUNTED_PHASES, Dash.NOT_RUNNING),
        (container.container_id is None, Dash.NO_CONTAINER_ID),
        (resource in container.limits and limit is None, Dash.LIMIT_UNREADABLE),
    )
    dash = next((dash for holds, dash in reasons if holds), Dash.NO_LIMIT)
    return number(float(limit)) if limit and limit > 0 and dash is Dash.NO_LIMIT else none(dash)


def _over(container: Container) -> bool:
    return container.stopped or container.phase not in COUNTED_PHASES


def _why(key: Key, container: Container | None, family: bytes, scrape: Scrape) -> Dash:
    """Why a family has nothing of a container. Filtered: other namespaces have series, this one has none at all."""
    series = scrape.cadvisor
    reasons = (
        (scrape.series_failed, Dash.CHECK_FAILED),
        (scrape.pods_failed, Dash.POD_LIST_FAILED),
        (container is None, Dash.NOT_IN_PODS),
        (container is not None and _over(container), Dash.NOT_RUNNING),
        (container is not None and container.container_id is None, Dash.NO_CONTAINER_ID),
        (family in series.untyped, Dash.UNTYPED),
        (key in series.unlabelled, Dash.LABELS_MISSING),
        (bool(series.namespaces) and key.namespace not in series.namespaces, Dash.FILTERED),
    )
    return next((dash for holds, dash in reasons if holds), Dash.NO_SAMPLE)
