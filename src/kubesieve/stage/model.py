"""The node as values: what runs on it, with which limits and under which names. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Runtime = Literal["containerd", "docker"]
Qos = Literal["Guaranteed", "Burstable", "BestEffort"]
State = Literal["running", "waiting", "completed"]
ProbeType = Literal["Liveness", "Readiness", "Startup"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Resources:
    """Requests and limits: CPU in thousandths of a core, memory in bytes; 0 is "not set"."""

    cpu_request: int = 0
    memory_request: int = 0
    cpu_limit: int = 0
    memory_limit: int = 0

    @property
    def empty(self) -> bool:
        return self == Resources()

    @property
    def guaranteed(self) -> bool:
        limits = (self.cpu_limit, self.memory_limit)
        return 0 not in limits and limits == (self.cpu_request, self.memory_request)


NO_RESOURCES = Resources()


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe of a container; ``failing`` ones count results "failed"."""

    type: ProbeType
    port: int = 8080
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A container. ``cores`` and ``memory`` are its usual load; ``id`` is without the runtime's prefix."""

    name: str
    image: str
    id: str
    resources: Resources = NO_RESOURCES
    cores: float = 0.005
    memory: int = 8 * MIB
    state: State = "running"
    restarts: int = 0
    probes: tuple[Probe, ...] = ()
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod. ``started`` is in seconds after the node's boot; ``claim`` names a volume claim, if it has one."""

    namespace: str
    name: str
    uid: str
    sandbox_id: str
    ip: str
    containers: tuple[Container, ...]
    init: tuple[Container, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    started: float = 60.0
    claim: str = ""
    host_network: bool = False
    static: bool = False

    @property
    def qos(self) -> Qos:
        resources = [c.resources for c in (*self.containers, *self.init)]
        if all(r.empty for r in resources):
            return "BestEffort"
        return "Guaranteed" if all(r.guaranteed for r in resources) else "Burstable"

    @property
    def completed(self) -> bool:
        return all(c.state == "completed" for c in self.containers)

    @property
    def running(self) -> tuple[Container, ...]:
        return tuple(c for c in self.containers if c.state == "running")

    @property
    def token_volume(self) -> str:
        return f"kube-api-access-{self.sandbox_id[:5]}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node and its pods. ``born`` is its boot in Unix seconds; ``slis`` says whether it has /metrics/slis."""

    name: str
    seed: int
    runtime: Runtime
    pods: tuple[Pod, ...]
    born: float
    ip: str = "192.0.2.10"
    cores: int = 4
    memory: int = 16 << 30
    slis: bool = True

    @property
    def namespaces(self) -> tuple[str, ...]:
        return tuple(sorted({pod.namespace for pod in self.pods}))

    def pod(self, namespace: str, name: str) -> Pod | None:
        """The pod of that name, or None."""
        return next((p for p in self.pods if (p.namespace, p.name) == (namespace, name)), None)

    def started(self, pod: Pod) -> float:
        """When the pod started, in Unix seconds."""
        return self.born + pod.started
