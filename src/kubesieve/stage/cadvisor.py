"""/metrics/cadvisor: per control group as cAdvisor writes it, then the machine's own families."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.stage import seeds
from kubesieve.stage.cadvisor_table import TABLE, Column
from kubesieve.stage.cgroups import Cgroup, all_cgroups
from kubesieve.stage.exposition_text import Family, Labels, Sample, labels, render
from kubesieve.stage.model import Node


def cadvisor(node: Node, now: float) -> bytes:
    """The body of /metrics/cadvisor at ``now``."""
    groups = [(group, base_labels(group)) for group in all_cgroups(node)]
    families = [_family(node, column, groups, now) for column in TABLE]
    return render([*families, *_machine(node)])


def base_labels(group: Cgroup) -> dict[str, str]:
    """The labels of every row of a group; a row that is nobody's has them all empty."""
    pod = group.pod
    return {
        "container": group.container,
        "id": group.id,
        "image": group.image,
        "name": group.name,
        "namespace": pod.namespace if pod else "",
        "pod": pod.name if pod else "",
    }


def _family(node: Node, column: Column, groups: list[tuple[Cgroup, dict[str, str]]], now: float) -> Family:
    rows = (row for group, base in groups for row in _rows(node, column, (group, base), now))
    return Family(column.name, column.kind, column.help, tuple(rows))


def _rows(node: Node, column: Column, row: tuple[Cgroup, dict[str, str]], now: float) -> Iterator[Sample]:
    group, base = row
    at, stamp = group.sampled(now), None
    if column.stamp == "sampled":
        stamp = int(at * 1000)
    elif column.stamp == "seen":
        stamp = int((now - group.phase / 10) * 1000)
        at = stamp / 1000
    for extra, value in column.values(node, group, at):
        yield Sample(_merged(base, extra), value, stamp)


def _merged(base: dict[str, str], extra: Labels) -> Labels:
    return tuple(sorted({**base, **dict(extra)}.items())) if extra else tuple(base.items())


def _machine(node: Node) -> Iterator[Family]:
    ids = {part: seeds.uuid(node.seed, part) for part in ("boot_id", "machine_id", "system_uuid")}
    facts: tuple[tuple[str, str, float], ...] = (
        ("machine_cpu_cores", "Logical processors of the machine.", node.cores),
        ("machine_cpu_physical_cores", "Physical processors of the machine.", max(node.cores // 2, 1)),
        ("machine_cpu_sockets", "Processor sockets of the machine.", 1),
        ("machine_memory_bytes", "Memory of the machine.", node.memory),
        ("machine_nvm_avg_power_budget_watts", "Power budget of the non-volatile memory.", 0),
    )
    for name, text, value in facts:
        yield Family(name, "gauge", text, (Sample(labels(**ids), value),))
    modes = tuple(Sample(labels(**ids, mode=mode), 0) for mode in ("app_direct_mode", "memory_mode"))
    yield Family("machine_nvm_capacity", "gauge", "Non-volatile memory by mode.", modes)
    yield Family("machine_scrape_error", "gauge", "1 where the machine could not be read, else 0.", (Sample((), 0),))
    yield Family("container_scrape_error", "gauge", "1 where containers could not be read, else 0.", (Sample((), 0),))
    yield Family("cadvisor_version_info", "gauge", "Always 1; the labels say what runs.", (Sample(_version(node), 1),))


def _version(node: Node) -> Labels:
    docker = "20.10.7" if node.runtime == "docker" else "Unknown"
    empty = {"cadvisorRevision": "", "cadvisorVersion": ""}
    return labels(**empty, dockerVersion=docker, kernelVersion="6.1.0-stage", osVersion="Stage Linux 12")
