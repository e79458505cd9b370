"""/metrics: what the kubelet says about itself. Only a few families name a tenant: volumes' and logs' sizes."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.stage.exposition_text import Family, Labels, Sample, histogram, labels, render
from kubesieve.stage.model import Node
from kubesieve.stage.own_table import GAUGES, HISTOGRAMS, SERIES, Histogram

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GC = ((0.0, 2e-05), (0.25, 4e-05), (0.5, 8e-05), (0.75, 0.0002), (1.0, 0.003))
_VOLUME = (
    ("available_bytes", "Bytes left on the volume", 80757186560),
    ("capacity_bytes", "Size of the volume in bytes", 268435456000),
    ("inodes", "Inodes of the volume", 16777216),
    ("inodes_free", "Inodes left on the volume", 16303590),
    ("inodes_used", "Inodes in use on the volume", 473626),
    ("used_bytes", "Bytes in use on the volume", 28187115520),
)


def own_metrics(node: Node, now: float) -> bytes:
    """The body of /metrics."""
    age = max(now - node.born, 0.0)
    return render([*_plain(node, age), *_histograms(age), _garbage_collection(age), *_tenants(node)])


def _plain(node: Node, age: float) -> Iterator[Family]:
    for name, kind, text, start, rate in GAUGES:
        yield Family(name, kind, text, (Sample((), start + int(rate * age) if rate else start),))
    for name, kind, text, rows in SERIES:
        yield Family(name, kind, text, tuple(Sample(row, value + int(rate * age)) for row, value, rate in rows))
    running = sum(len(pod.running) for pod in node.pods)
    states = tuple(Sample(labels(container_state=s), n) for s, n in (("exited", 3), ("running", running)))
    pods = sum(1 for pod in node.pods if not pod.completed)
    yield Family("kubelet_running_containers", "gauge", "[ALPHA] Containers by state", states)
    yield Family("kubelet_running_pods", "gauge", "[ALPHA] Pods with a running sandbox", (Sample((), pods),))
    yield Family(
        "kubelet_node_name", "gauge", "[ALPHA] The node's name; always 1", (Sample(labels(node=node.name), 1),)
    )
    yield Family("process_start_time_seconds", "gauge", "[ALPHA] Start of the process", (Sample((), node.born),))


def _histograms(age: float) -> Iterator[Family]:
    for entry in HISTOGRAMS:
        rows = tuple(sample for row in entry.rows for sample in _distribution(entry, row, age))
        yield Family(entry.name, "histogram", entry.help, rows, ordered=True)


def _distribution(entry: Histogram, row: Labels, age: float) -> tuple[Sample, ...]:
    """Counts that pile up below the typical duration; le comes last, as Go writes it."""
    total = int(entry.rate * age) + 1
    counts = [(bound, total if bound >= entry.typical else total // 3) for bound in _BOUNDS]
    return histogram(row, counts, round(total * entry.typical * 0.6, 9))


def _garbage_collection(age: float) -> Family:
    quantiles = tuple(Sample(labels(quantile=f"{q:g}"), value) for q, value in _GC)
    count = int(age / 20) + 1
    ends = (Sample((), count * 1e-4, suffix="_sum"), Sample((), count, suffix="_count"))
    return Family("go_gc_duration_seconds", "summary", "Pauses of garbage collection.", (*quantiles, *ends), True)


def _tenants(node: Node) -> Iterator[Family]:
    claims = [labels(namespace=pod.namespace, persistentvolumeclaim=pod.claim) for pod in node.pods if pod.claim]
    for part, text, value in _VOLUME:
        samples = tuple(Sample(row, value) for row in claims)
        yield Family(f"kubelet_volume_stats_{part}", "gauge", f"[ALPHA] {text}", samples)
    logs = tuple(
        Sample(labels(container=c.name, namespace=pod.namespace, pod=pod.name, uid=pod.uid), 8192)
        for pod in node.pods
        for c in pod.running
    )
    yield Family("kubelet_container_log_filesystem_used_bytes", "gauge", "[ALPHA] Bytes of a container's logs", logs)
