"""/stats/summary as a view: which pods and containers it has numbers of. Absent and null are "not measured"; 0 is 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubesieve.doctor.views.json_fields import document, moment, number, part, parts, text
from kubesieve.doctor.views.pods import ListFlaw, list_flaw


@dataclass(frozen=True, slots=True)
class Stats:
    """One container: CPU (nanocores, core-nanoseconds), memory (bytes), its start and measurement (Unix seconds)."""

    name: str
    nanocores: float | None
    core_nanoseconds: float | None
    usage: float | None
    working_set: float | None
    started: float | None
    measured: float | None


@dataclass(frozen=True, slots=True)
class PodStats:
    namespace: str
    name: str
    uid: str
    containers: Mapping[str, Stats]
    claims: tuple[tuple[str, str], ...] = ()  # (path, namespace) of each volume claim named


@dataclass(frozen=True, slots=True)
class SummaryView:
    flaw: ListFlaw | None = None
    node_name: str = ""
    has_node: bool = True
    fs_partial: bool = False
    pods: Mapping[tuple[str, str], PodStats] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        return self.flaw in (None, ListFlaw.ITEM_NULL, ListFlaw.ITEMS_NULL)

    def shown(self) -> frozenset[str]:
        return frozenset(namespace for namespace, _ in self.pods)


def read_summary_view(body: bytes) -> SummaryView:
    """Reads a summary (stats/v1alpha1); never raises."""
    whole = document(body)
    flaw = list_flaw(body, whole, "pods")
    if not isinstance(whole, dict) or flaw in (ListFlaw.STATUS, ListFlaw.OTHER_KIND):
        return SummaryView(flaw)
    node, filesystem = part(whole, "node"), part(part(whole, "node"), "fs")
    pods = [_pod(pod, index) for index, pod in enumerate(parts(whole, "pods"))]
    return SummaryView(
        flaw,
        node_name=text(node, "nodeName"),
        has_node=isinstance(whole.get("node"), dict),
        fs_partial=filesystem.get("capacityBytes") is not None and filesystem.get("usedBytes") is None,
        pods={(pod.namespace, pod.name): pod for pod in pods},
    )


def _pod(pod: Mapping[str, Any], index: int) -> PodStats:
    reference = part(pod, "podRef")
    containers = [_stats(one) for one in parts(pod, "containers")]
    claims = (
        (f"pods[{index}].volume[{place}].pvcRef.namespace", text(part(volume, "pvcRef"), "namespace"))
        for place, volume in enumerate(parts(pod, "volume"))
        if "pvcRef" in volume
    )
    return PodStats(
        text(reference, "namespace"),
        text(reference, "name"),
        text(reference, "uid"),
        {one.name: one for one in containers},
        tuple(claims),
    )


def _stats(one: Mapping[str, Any]) -> Stats:
    cpu, memory = part(one, "cpu"), part(one, "memory")
    return Stats(
        name=text(one, "name"),
        nanocores=number(cpu, "usageNanoCores"),
        core_nanoseconds=number(cpu, "usageCoreNanoSeconds"),
        usage=number(memory, "usageBytes"),
        working_set=number(memory, "workingSetBytes"),
        started=moment(one, "startTime"),
        measured=moment(cpu, "time"),
    )
