"""Changes and evidence for close calls: what comes and goes between two looks, what is renamed, waits or restarts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kubesieve.doctor.evidence import Evidence, Exchange, Source
from tests.doctor.changes import (
    CADVISOR,
    PODS,
    SUMMARY,
    each_pod,
    frozen,
    shifted,
)
from tests.doctor.scenes import (
    LOOK,
    Change,
    Scene,
    edited,
    kubelet_answer,
    without_lines,
)

SLIS = "/metrics/slis"
DATADOG = frozenset({"datadog"})
CPU_OF_AGENT = rb'^(container_cpu_usage_seconds_total\{container="agent",cpu="total"[^}]*\}) \S+'


def one_look(**more: Any) -> Scene:
    return Scene(rounds=1, **more)


def tenant(path: str, *changes: Change, allowed: frozenset[str] = DATADOG, rounds: int = 1) -> Scene:
    """The proxied view of one tenant, and nothing else."""
    return Scene(allowed=allowed, direct=False, rounds=rounds, spoil_proxy={path: both(*changes)})


def both(*changes: Change) -> Change:
    def apply(one: Exchange) -> Exchange:
        for change in changes:
            one = change(one)
        return one

    return apply


def in_round(number: int, change: Change) -> Change:
    return lambda one: change(one) if one.round == number else one


def both_of(*changes: Callable[[Any], object]) -> Callable[[Any], None]:
    """Of one pod."""

    def apply(pod: Any) -> None:
        for change in changes:
            change(pod)

    return apply


def made(moment: str) -> Callable[[Any], None]:
    def apply(pod: Any) -> None:
        pod["metadata"]["creationTimestamp"] = moment

    return apply


def started(moment: object) -> Callable[[Any], None]:
    def apply(pod: Any) -> None:
        for one in pod["status"]["containerStatuses"]:
            one["state"] = {"running": {"startedAt": moment}}

    return apply


def waiting(pod: Any) -> None:
    pod["status"]["phase"] = "Pending"
    for one in pod["status"]["containerStatuses"]:
        one.pop("containerID", None)
        one["state"] = {"waiting": {"reason": "ContainerCreating"}}


def without_pod(name: str) -> Change:
    """A pod is in no list, no stats and no series."""

    def apply(one: Exchange) -> Exchange:
        if one.path == PODS:
            return edited(lambda d: drop(d["items"], lambda item: item["metadata"]["name"] == name))(one)
        if one.path == SUMMARY:
            return edited(lambda d: drop(d["pods"], lambda item: item["podRef"]["name"] == name))(one)
        return without_lines(b'pod="' + name.encode() + b'"')(one) if one.path.startswith("/metrics/") else one

    return apply


def drop(items: list[Any], unwanted: Callable[[Any], bool]) -> None:
    items[:] = [one for one in items if not unwanted(one)]


def stats_without(pod: Any) -> None:
    """An init container that ended is named, those that wait are not."""
    pod["containers"] = [{"name": "setup", "startTime": "2025-11-24T16:01:00Z"}]


def with_init_stats(document: Any) -> None:
    for pod in document["pods"]:
        if pod["podRef"]["name"] == "with-init":
            pod["containers"].append({"name": "setup", "startTime": "2025-11-24T16:01:00Z"})


def no_numbers(pod: Any) -> None:
    for one in pod["containers"]:
        one.pop("cpu"), one.pop("memory")


def start_time(value: object) -> Callable[[Any], None]:
    def apply(pod: Any) -> None:
        for one in pod["containers"]:
            one["startTime"] = value

    return apply


def node_name_alone(document: Any) -> None:
    document["node"] = {"nodeName": document["node"]["nodeName"]}


def no_fs(document: Any) -> None:
    document["node"].pop("fs", None)


def other_uids(document: Any) -> None:
    for item in document["items"]:
        item["metadata"]["uid"] = "55555555-dddd-4ddd-8ddd-000000000005"


def whole_but_machines(one: Exchange) -> Exchange:
    """The direct body, node totals and all, less the machine families."""
    return without_lines(rb"machine_")(replace(one, body=kubelet_answer(CADVISOR, one.round).body))


def restarted(content: bytes) -> bytes:
    """The agent's container anew: another id, a counter that began again, time stamps of its own."""
    lines = content.splitlines(True)
    mine = re.compile(rb'container="agent".*pod="agent"')
    return b"".join(
        shifted(-40_000)(re.sub(rb"[0-9a-f]{64}", b"d" * 64, one)) if mine.search(one) else one for one in lines
    )


def new_id(pod: Any) -> None:
    for one in pod["status"]["containerStatuses"]:
        one["containerID"] = "containerd://" + "d" * 64


def within(seconds: float) -> Evidence:
    """A proxy that answers the same twice, so many seconds apart."""
    evidence = frozen(Scene(), Source.PROXY)
    moved = (replace(one, at=LOOK + seconds * (one.round - 1)) for one in evidence.exchanges)
    return replace(evidence, exchanges=tuple(moved))


def ended_between() -> Scene:
    """A namespace whose one pod ended after the direct look and before the second proxied one; its series linger."""
    gone = edited(lambda d: drop(d["items"], lambda item: item["metadata"]["namespace"] == "datadog"))
    return Scene(spoil_proxy={PODS: in_round(2, gone)})


def came_between() -> Scene:
    """A namespace's only pod, started a moment before the second look: the summary has not measured it yet."""
    name = "agent"
    seconds = edited(each_pod("datadog", started("2025-11-24T17:00:10Z")))
    unmeasured = edited(lambda d: drop(d["pods"], lambda pod: pod["podRef"]["name"] == name))
    first = {"*": in_round(1, without_pod(name))}
    return Scene(
        spoil_direct={**first, PODS: in_round(2, seconds)},
        spoil_proxy={**first, PODS: in_round(2, seconds), SUMMARY: in_round(2, unmeasured)},
    )
