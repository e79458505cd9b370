"""The control groups cAdvisor reports: the root, the slices, and per pod its own, its sandbox's, its containers'.

Usage is a function of the seed and the time. Counters only grow; memory swings around its usual value. cAdvisor looks
at each group every ten seconds or so, each in its own rhythm: a value, and its timestamp, is up to that much older
than the scrape (as recorded on a real node).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kubesieve.stage import seeds
from kubesieve.stage.model import MIB, NO_RESOURCES, Container, Node, Pod, Resources

Kind = Literal["root", "slice", "pod", "sandbox", "container"]
HOUSEKEEPING = 10.0
_PAGE = 4096
_PAUSE = 212 * 1024


@dataclass(frozen=True, slots=True)
class Leaf:
    """Something that uses CPU and memory, from ``since`` (Unix seconds) on."""

    phase: float
    cores: float
    memory: int
    since: float

    def cpu_seconds(self, at: float) -> float:
        """Grows at ``cores`` a second, a little faster and slower by turns, never backwards."""
        elapsed = max(at - self.since, 0.0)
        swing = 60.0 / (2 * math.pi) * (1 - math.cos(2 * math.pi * elapsed / 60.0))
        return round(self.cores * (elapsed + 0.5 * swing), 9)

    def resident(self, at: float) -> int:
        """Bytes in use: within 3 % of ``memory``, in whole pages."""
        return int(self.memory * (1 + 0.03 * seeds.wave(self.phase, at, 300.0))) // _PAGE * _PAGE


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One control group, and the labels cAdvisor gives its rows."""

    id: str
    kind: Kind
    leaves: tuple[Leaf, ...]
    since: float
    phase: float
    resources: Resources = NO_RESOURCES
    pod: Pod | None = None
    container: str = ""
    image: str = ""
    name: str = ""

    def sampled(self, now: float) -> float:
        """When this group was last looked at."""
        offset = self.phase * HOUSEKEEPING
        return max(math.floor((now - offset) / HOUSEKEEPING) * HOUSEKEEPING + offset, self.since)

    def cpu_seconds(self, at: float) -> float:
        return round(sum(leaf.cpu_seconds(at) for leaf in self.leaves), 9)

    def resident(self, at: float) -> int:
        return sum(leaf.resident(at) for leaf in self.leaves)

    @property
    def has_processes(self) -> bool:
        return self.kind in ("root", "sandbox", "container")


def all_cgroups(node: Node) -> tuple[Cgroup, ...]:
    """Every control group of the node, the root first."""
    pods = tuple(group for pod in node.pods if not pod.completed for group in pod_cgroups(node, pod))
    leaves = tuple(leaf for group in pods if group.kind == "pod" for leaf in group.leaves)
    return (root_cgroup(node, leaves), *_slices(node, pods, leaves), *pods)


def root_cgroup(node: Node, leaves: tuple[Leaf, ...]) -> Cgroup:
    """The machine itself: all pods, and what the system uses."""
    system = Leaf(0.3, 0.2 * node.cores, 1200 * MIB, node.born)
    resources = Resources(memory_limit=node.memory, cpu_request=1000)
    return Cgroup("/", "root", (*leaves, system), node.born, _phase(node, "/"), resources)


def pod_cgroups(node: Node, pod: Pod) -> Iterator[Cgroup]:
    """The pod's own group, its sandbox's, and one per running container."""
    since, path = node.started(pod), _pod_path(pod)
    sandbox = Leaf(0.5, 0.0001, _PAUSE, since)
    inner = tuple(_container_cgroup(node, pod, container) for container in pod.running)
    leaves = (sandbox, *(leaf for group in inner for leaf in group.leaves))
    total = _pod_resources(pod)
    yield Cgroup(path, "pod", leaves, since, _phase(node, path), total, pod)
    yield _sandbox_cgroup(node, pod, sandbox)
    yield from inner


def _sandbox_cgroup(node: Node, pod: Pod, leaf: Leaf) -> Cgroup:
    docker = node.runtime == "docker"
    path = f"{_pod_path(pod)}/{pod.sandbox_id}"
    label, name = ("POD", runtime_name(pod, "POD", 0)) if docker else ("", pod.sandbox_id)
    image = "registry.example/pause:3.2"
    return Cgroup(path, "sandbox", (leaf,), leaf.since, _phase(node, path), NO_RESOURCES, pod, label, image, name)


def _container_cgroup(node: Node, pod: Pod, container: Container) -> Cgroup:
    path = f"{_pod_path(pod)}/{container.id}"
    name = container.id if node.runtime == "containerd" else runtime_name(pod, container.name, container.restarts)
    since = node.started(pod) + 1.5
    leaf = Leaf(_phase(node, "load", path), container.cores, container.memory, since)
    labels = (container.name, container.image, name)
    return Cgroup(path, "container", (leaf,), since, _phase(node, path), container.resources, pod, *labels)


def runtime_name(pod: Pod, container: str, restarts: int) -> str:
    """What docker calls a container of a pod."""
    return f"k8s_{container}_{pod.name}_{pod.namespace}_{pod.uid}_{restarts}"


def _slices(node: Node, pods: tuple[Cgroup, ...], leaves: tuple[Leaf, ...]) -> Iterator[Cgroup]:
    shares = Resources(cpu_request=node.cores * 1000, memory_limit=node.memory)
    yield Cgroup("/kubepods", "slice", leaves, node.born, _phase(node, "/kubepods"), shares)
    for qos in ("BestEffort", "Burstable"):
        path = f"/kubepods/{qos.lower()}"
        own = (g for g in pods if g.kind == "pod" and g.pod and g.pod.qos == qos)
        yield Cgroup(path, "slice", tuple(x for g in own for x in g.leaves), node.born, _phase(node, path))
    for index, unit in enumerate(("containerd" if node.runtime == "containerd" else "docker", "kubelet")):
        path = f"/system.slice/{unit}.service"
        leaf = Leaf(0.1 * index, 0.02 + 0.02 * index, (100 + 40 * index) * MIB, node.born)
        yield Cgroup(path, "slice", (leaf,), node.born, _phase(node, path))


def _pod_resources(pod: Pod) -> Resources:
    """A pod's group has a limit only where every container has one (a kubelet's rule)."""
    parts = [container.resources for container in pod.containers]
    cpu, memory = [p.cpu_limit for p in parts], [p.memory_limit for p in parts]
    return Resources(
        sum(p.cpu_request for p in parts),
        sum(p.memory_request for p in parts),
        sum(cpu) if all(cpu) else 0,
        sum(memory) if all(memory) else 0,
    )


def _pod_path(pod: Pod) -> str:
    """Guaranteed pods live straight under /kubepods."""
    middle = "" if pod.qos == "Guaranteed" else f"/{pod.qos.lower()}"
    return f"/kubepods{middle}/pod{pod.uid}"


def _phase(node: Node, *parts: str) -> float:
    return seeds.fraction(node.seed, "phase", *parts)
