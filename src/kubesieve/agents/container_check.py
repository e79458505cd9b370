"""Datadog's container check where the kubelet is its only source: what it gets from /stats/summary.

The agent knows containers from the runtime; the summary names pods by uid and containers by name, and the pod list
of the same view turns both into a container id. With the host's cgroups mounted it does not ask the kubelet at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubesieve.agents.answers import Answer, View
from kubesieve.agents.dash import Dash, Measure, none, number
from kubesieve.agents.pods import Container, Key, read_pods
from kubesieve.agents.summary import ContainerStats, read_summary

SUMMARY = "/stats/summary"
PODS = "/pods"
NIL_STATS = "Metrics provider returned nil stats for container: {container}"
NOT_AVAILABLE = "Container stats for: {container} not available: {cause}"


@dataclass(frozen=True, slots=True)
class KnownContainer:
    """A container the agent knows of, whatever the kubelet shows: from the runtime, or from a whole view's pod list."""

    key: Key
    container_id: str


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """What the check sends of one container (cores, bytes; never a limit), and the line it logs if there is nothing."""

    key: Key
    cpu_usage: Measure
    memory_usage: Measure
    log: str | None = None


def known_containers(pods_body: bytes) -> tuple[KnownContainer, ...]:
    """The running containers of a whole pod list, as a runtime would name them."""
    containers = read_pods(pods_body).containers
    running = (c for c in containers if c.counted and not c.stopped)
    return tuple(KnownContainer(c.key, c.container_id) for c in running if c.container_id)


def container_check(view: View, known: Iterable[KnownContainer]) -> tuple[ContainerRow, ...]:
    """A row for each known container, in the order given. CPU is the kubelet's own short average."""
    summary = view.answer(SUMMARY)
    cause = _unavailable(summary)
    if cause:
        return tuple(_empty(one, NOT_AVAILABLE, Dash.CHECK_FAILED, cause) for one in known)
    stats = _by_id(read_summary(summary.body).containers, read_pods(view.answer(PODS).body).containers)
    return tuple(_row(one, stats.get(one.container_id)) for one in known)


def _unavailable(summary: Answer) -> str | None:
    if summary.status is None:
        return summary.error or "no answer"
    if summary.status != 200:
        return f"unexpected status code {summary.status} on {SUMMARY}"
    return None


def _by_id(stats: Iterable[ContainerStats], containers: Iterable[Container]) -> dict[str, ContainerStats]:
    ids = {(c.uid, c.key.container): c.container_id for c in containers}
    found = ((ids.get((one.uid, one.name)), one) for one in stats)
    return {container_id: one for container_id, one in found if container_id}


def _row(known: KnownContainer, stats: ContainerStats | None) -> ContainerRow:
    if stats is None:
        return _empty(known, NIL_STATS, Dash.FILTERED)
    cores = None if stats.cpu_nanocores is None else stats.cpu_nanocores / 1e9
    return ContainerRow(known.key, _measured(cores), _measured(stats.memory_usage))


def _measured(value: float | None) -> Measure:
    return none(Dash.NO_SAMPLE) if value is None else number(value)


def _empty(known: KnownContainer, line: str, dash: Dash, cause: str = "") -> ContainerRow:
    log = line.format(container=known.key, cause=cause)
    return ContainerRow(known.key, none(dash), none(dash), log)
