"""/metrics/resource, /metrics/probes and /metrics/slis: the short expositions of a kubelet."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.stage.cgroups import Cgroup, all_cgroups
from kubesieve.stage.exposition_text import Family, Labels, Sample, labels, render
from kubesieve.stage.model import Container, Node, Pod, Probe

_CPU, _MEMORY = "cpu_usage_seconds_total", "memory_working_set_bytes"
_ERROR_HELP = "[ALPHA] 1 where container metrics could not be read, else 0"


def resource(node: Node, now: float) -> bytes:
    """The body of /metrics/resource: CPU and working set of the node (without labels), pods and containers."""
    groups = all_cgroups(node)
    parts = (("container", "container"), ("pod", "pod"), ("node", "root"))
    families = [family for level, kind in parts for family in _level(level, kind, groups, now)]
    return render([*families, Family("scrape_error", "gauge", _ERROR_HELP, (Sample((), 0),))])


def resource_without_runtime() -> bytes:
    """What /metrics/resource says while the container runtime is away: a 200 with nothing but the error."""
    return render([Family("scrape_error", "gauge", _ERROR_HELP, (Sample((), 1),))])


def _level(level: str, kind: str, groups: tuple[Cgroup, ...], now: float) -> Iterator[Family]:
    """A pod between two starts of its only container is not listed (as recorded)."""
    shown = (group for group in groups if group.kind == kind and (group.pod is None or group.pod.running))
    rows = [(_who(group, level), group, group.sampled(now)) for group in shown]
    cpu = tuple(Sample(who, group.cpu_seconds(at), int(at * 1000)) for who, group, at in rows)
    memory = tuple(Sample(who, group.resident(at), int(at * 1000)) for who, group, at in rows)
    yield Family(f"{level}_{_CPU}", "counter", f"[ALPHA] CPU time the {level} used, in core-seconds", cpu)
    yield Family(f"{level}_{_MEMORY}", "gauge", f"[ALPHA] Working set of the {level} in bytes", memory)


def _who(group: Cgroup, level: str) -> Labels:
    if group.pod is None:
        return ()
    pod = labels(namespace=group.pod.namespace, pod=group.pod.name)
    return labels(container=group.container, **dict(pod)) if level == "container" else pod


def probes(node: Node, now: float) -> bytes:
    """The body of /metrics/probes: results of probes counted since the container started."""
    rows = tuple(
        _probe(pod, container, probe, now - node.started(pod))
        for pod in node.pods
        for container in pod.running
        for probe in container.probes
    )
    text = "[ALPHA] Results of liveness, readiness and startup probes of a container"
    return render([Family("prober_probe_total", "counter", text, rows)])


def _probe(pod: Pod, container: Container, probe: Probe, elapsed: float) -> Sample:
    who = {"container": container.name, "namespace": pod.namespace, "pod": pod.name, "pod_uid": pod.uid}
    result = "failed" if probe.failing else "successful"
    count = 1 if probe.type == "Startup" else max(int(elapsed / 10), 1)
    return Sample(labels(**who, probe_type=probe.type, result=result), count)


def slis(node: Node, now: float) -> bytes:
    """The body of /metrics/slis (Kubernetes 1.26 and newer): health checks, nothing of any pod."""
    names = ("log", "ping", "syncloop")
    states = tuple(Sample(labels(name=name, type="healthz"), 1) for name in names)
    count = max(int(now - node.born), 1)
    totals = tuple(Sample(labels(name=name, status="success", type="healthz"), count) for name in names)
    return render(
        [
            Family("kubernetes_healthcheck", "gauge", "[ALPHA] Result of one health check.", states),
            Family("kubernetes_healthchecks_total", "counter", "[ALPHA] Results of all health checks.", totals),
        ]
    )
