"""/stats/summary as the agents read it: every number is optional, absent and null both mean not measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubesieve.agents.rules import Flaw


@dataclass(frozen=True, slots=True)
class ContainerStats:
    """What the summary says of one container of the pod with this uid; None is not measured, 0 is measured."""

    uid: str
    name: str
    cpu_nanoseconds: float | None
    cpu_nanocores: float | None
    memory_usage: float | None
    memory_working_set: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    containers: tuple[ContainerStats, ...] = ()
    node_name: str | None = None
    flaws: tuple[Flaw, ...] = ()


def read_summary(body: bytes) -> Summary:
    """Reads a summary; never raises: what is wrong is among the flaws."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Summary(flaws=(Flaw.UNREADABLE,))
    if not isinstance(document, dict):
        return Summary(flaws=(Flaw.UNREADABLE,))
    node, pods = _part(document, "node"), document.get("pods", [])
    found = tuple(stats for pod in pods if isinstance(pod, dict) for stats in _containers(pod)) if pods else ()
    name = node.get("nodeName")
    return Summary(found, name if isinstance(name, str) else None, tuple(_flaws(node, pods)))


def _flaws(node: Mapping[str, Any], pods: object) -> Iterator[Flaw]:
    if pods is None:
        yield Flaw.PODS_NULL
    filesystem = _part(node, "fs")
    if filesystem.get("capacityBytes") is not None and filesystem.get("usedBytes") is None:
        yield Flaw.NODE_FS_PARTIAL


def _containers(pod: Mapping[str, Any]) -> Iterator[ContainerStats]:
    containers = pod.get("containers")
    for container in containers if isinstance(containers, list) else ():
        if isinstance(container, dict):
            cpu, memory = _part(container, "cpu"), _part(container, "memory")
            yield ContainerStats(
                uid=str(_part(pod, "podRef").get("uid", "")),
                name=str(container.get("name", "")),
                cpu_nanoseconds=_number(cpu, "usageCoreNanoSeconds"),
                cpu_nanocores=_number(cpu, "usageNanoCores"),
                memory_usage=_number(memory, "usageBytes"),
                memory_working_set=_number(memory, "workingSetBytes"),
            )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _number(part: Mapping[str, Any], name: str) -> float | None:
    value = part.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
