"""/stats/summary: the kubelet's statistics of the node and its running pods."""

from __future__ import annotations

from kubesieve.stage import seeds
from kubesieve.stage.cgroups import Cgroup, all_cgroups
from kubesieve.stage.go_json import pretty, rfc3339
from kubesieve.stage.model import Node, Pod
from kubesieve.stage.network import Nic, node_interfaces, pod_interface

Json = dict[str, object]
_DISK, _FREE, _INODES = 268435456000, 80757186560, 16777216


def summary(node: Node, now: float, *, only_cpu_and_memory: bool = False) -> bytes:
    """The body of /stats/summary; ``only_cpu_and_memory`` leaves disks, network, volumes and process counts out."""
    groups = all_cgroups(node)
    by_pod = _by_pod(groups)
    running = sorted((pod for pod in node.pods if pod.running), key=lambda p: seeds.fraction(node.seed, "sum", p.uid))
    pods = [_pod(node, by_pod[pod.uid], now, full=not only_cpu_and_memory) for pod in running]
    return pretty({"node": _node(node, groups, now, full=not only_cpu_and_memory), "pods": pods})


def _by_pod(groups: tuple[Cgroup, ...]) -> dict[str, list[Cgroup]]:
    found: dict[str, list[Cgroup]] = {}
    for group in groups:
        if group.pod:
            found.setdefault(group.pod.uid, []).append(group)
    return found


def _node(node: Node, groups: tuple[Cgroup, ...], now: float, *, full: bool) -> Json:
    root, seconds = groups[0], int(now)
    named = {group.id.rsplit("/", 1)[-1]: group for group in groups if group.kind == "slice"}
    runtime = next(group for name, group in named.items() if name in ("containerd.service", "docker.service"))
    system = (("pods", named["kubepods"]), ("kubelet", named["kubelet.service"]), ("runtime", runtime))
    body: Json = {
        "nodeName": node.name,
        "systemContainers": [{"name": name, **_usage(group, now)} for name, group in system],
        "startTime": rfc3339(node.born),
        "cpu": _cpu(root, now),
        "memory": _memory(root, now, available=node.memory),
    }
    if not full:
        return body
    disk = _disk(seconds, 28193230848)
    body |= {"network": _network(node_interfaces(node, now), root.sampled(now)), "fs": disk}
    body["runtime"] = {"imageFs": _disk(seconds, 2666496)}
    return body | {"rlimit": {"time": rfc3339(now), "maxpid": 32768, "curproc": 300 + len(node.pods)}}


def _usage(group: Cgroup, now: float) -> Json:
    return {"startTime": rfc3339(group.since), "cpu": _cpu(group, now), "memory": _memory(group, now)}


def _cpu(group: Cgroup, now: float) -> Json:
    at = group.sampled(now)
    nano = round(1e9 * (group.cpu_seconds(at) - group.cpu_seconds(at - 10)) / 10)
    total = round(1e9 * group.cpu_seconds(at))
    return {"time": rfc3339(at), "usageNanoCores": nano, "usageCoreNanoSeconds": total}


def _memory(group: Cgroup, now: float, available: int = 0) -> Json:
    """`availableBytes` is there only where a limit is: a container without one has no such field."""
    at = group.sampled(now)
    used, limit = group.resident(at), available or group.resources.memory_limit
    head: Json = {"time": rfc3339(at)} | ({"availableBytes": limit - used} if limit else {})
    body: Json = {"usageBytes": int(used * 1.02), "workingSetBytes": used, "rssBytes": int(used * 0.96)}
    faults = 0 if group.kind in ("pod", "slice") else int(900 + 20 * group.cpu_seconds(at))
    return {**head, **body, "pageFaults": faults, "majorPageFaults": 0}


def _disk(at: float, used: int, inodes: int = 366) -> Json:
    return {
        "time": rfc3339(at),
        "availableBytes": _FREE,
        "capacityBytes": _DISK,
        "usedBytes": used,
        "inodesFree": _INODES - 473626,
        "inodes": _INODES,
        "inodesUsed": inodes,
    }


def _network(nics: tuple[Nic, ...], at: float) -> Json:
    """The default interface's counters, then all interfaces: a pod in the node's network shows the node's."""
    every = [_interface(nic) for nic in nics]
    default = next(nic for nic in every if nic["name"] == "eth0")
    return {"time": rfc3339(at), **default, "interfaces": every}


def _interface(nic: Nic) -> Json:
    return {
        "name": nic.name,
        "rxBytes": int(nic.rx_bytes),
        "rxErrors": 0,
        "txBytes": int(nic.tx_bytes),
        "txErrors": 0,
    }


def _pod(node: Node, groups: list[Cgroup], now: float, *, full: bool) -> Json:
    own, containers = groups[0], [group for group in groups if group.kind == "container"]
    pod = own.pod
    assert pod is not None  # noqa: S101 - groups of a pod have one; said for the type checker
    body: Json = {
        "podRef": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        "startTime": rfc3339(own.since),
        "containers": [_container(group, now, full=full) for group in containers],
        "cpu": _cpu(own, now),
        "memory": _memory(own, now),
    }
    return body | _disks(node, own, now) if full else body


def _disks(node: Node, own: Cgroup, now: float) -> Json:
    """What the full summary adds to a pod. A static pod has neither volumes nor ephemeral storage (as recorded)."""
    pod, at = own.pod, own.sampled(now)
    assert pod is not None  # noqa: S101 - see above
    nics = node_interfaces(node, at) if pod.host_network else (pod_interface(own.since, at),)
    body: Json = {"network": _network(nics, at)}
    if not pod.static:
        body |= {"volume": _volumes(pod, now), "ephemeral-storage": _disk(now, 61440, 18)}
    return body | {"process_stats": {"process_count": 0}}


def _volumes(pod: Pod, now: float) -> list[Json]:
    token = {**_disk(now, 12288, 9), "name": pod.token_volume}
    if not pod.claim:
        return [token]
    claim = {"name": pod.claim, "namespace": pod.namespace}
    return [token, {**_disk(now, 28187115520, 473636), "name": "data", "pvcRef": claim}]


def _container(group: Cgroup, now: float, *, full: bool) -> Json:
    body: Json = {"name": group.container, **_usage(group, now)}
    return body | {"rootfs": _disk(now, 53248, 16), "logs": _disk(now, 8192, 2)} if full else body
