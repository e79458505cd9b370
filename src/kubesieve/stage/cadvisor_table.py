"""The families of /metrics/cadvisor as data: name, type, and what a control group has to say for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from kubesieve.stage.cgroups import Cgroup
from kubesieve.stage.exposition_text import Labels
from kubesieve.stage.model import Node
from kubesieve.stage.network import NIC_COLUMNS, interfaces

Values = Iterable[tuple[Labels, float]]
Stamp = Literal["sampled", "seen", "none"]


@dataclass(frozen=True, slots=True)
class Column:
    """A family: which values a control group has for it, with which labels of their own."""

    name: str
    kind: str
    help: str
    values: Callable[[Node, Cgroup, float], Values]
    stamp: Stamp = "sampled"


def _one(value: Callable[[Cgroup, float], float]) -> Callable[[Node, Cgroup, float], Values]:
    return lambda _node, group, at: (((), value(group, at)),)


def _limited(value: Callable[[Cgroup, float], float]) -> Callable[[Node, Cgroup, float], Values]:
    """Only where the group has a CPU limit."""
    return lambda _node, group, at: (((), value(group, at)),) if group.resources.cpu_limit else ()


def _each(label: str, values: dict[str, float]) -> Callable[[Node, Cgroup, float], Values]:
    rows = tuple((((label, name),), value) for name, value in values.items())
    return lambda _node, _group, _at: rows


def _total_cpu(_node: Node, group: Cgroup, at: float) -> Values:
    return (((("cpu", "total"),), group.cpu_seconds(at)),)


def _faults(_node: Node, group: Cgroup, at: float) -> Values:
    minor = 0.0 if group.kind in ("pod", "slice") else float(int(900 + 20 * group.cpu_seconds(at)))
    for kind, value in (("pgfault", minor), ("pgmajfault", 0.0)):
        for scope in ("container", "hierarchy"):
            yield (("failure_type", kind), ("scope", scope)), value


def _ulimit(_node: Node, group: Cgroup, _at: float) -> Values:
    return (((("ulimit", "max_open_files"),), 20000.0),) if group.has_processes else ()


def _network(part: str) -> Callable[[Node, Cgroup, float], Values]:
    def values(node: Node, group: Cgroup, at: float) -> Values:
        return [((("interface", nic.name),), getattr(nic, part)) for nic in interfaces(node, group, at)]

    return values


_DEVICES = ("/dev/shm", "/dev/vda", "/mnt/data", "/sys/fs/cgroup")  # noqa: S108 - names of devices, not paths used
_DISK = "/dev/vda"


def _filesystem(value: float, *, grows: bool = False) -> Callable[[Node, Cgroup, float], Values]:
    """On the root for every device; docker's cAdvisor has rows of the disk per container too."""

    def values(node: Node, group: Cgroup, at: float) -> Values:
        shown = round(value * group.cpu_seconds(at), 9) if grows else value
        if group.kind == "root":
            return [((("device", device),), shown if device == _DISK else 0.0) for device in _DEVICES]
        per_container = node.runtime == "docker" and group.kind in ("sandbox", "container")
        return [((("device", _DISK),), shown // 1000)] if per_container else []

    return values


def _shares(group: Cgroup, _at: float) -> float:
    """A kubelet's rule: 1024 shares a core, never less than 2."""
    return max(group.resources.cpu_request * 1024 // 1000, 2)


def _cpu_part(part: float) -> Callable[[Cgroup, float], float]:
    return lambda group, at: round(group.cpu_seconds(at) * part, 2)


def _memory_part(part: float) -> Callable[[Cgroup, float], float]:
    return lambda group, at: int(group.resident(at) * part) // 4096 * 4096


def _peak(group: Cgroup, _at: float) -> float:
    return sum(int(leaf.memory * 1.1) // 4096 * 4096 for leaf in group.leaves)


def _has(count: int) -> Callable[[Cgroup, float], float]:
    return lambda group, _at: count if group.has_processes else 0


_STATES = dict.fromkeys(("iowaiting", "running", "sleeping", "stopped", "uninterruptible"), 0.0)

_CPU = (
    Column("container_cpu_usage_seconds_total", "counter", "CPU time used, in seconds.", _total_cpu),
    Column("container_cpu_user_seconds_total", "counter", "CPU time used in user mode.", _one(_cpu_part(0.7))),
    Column("container_cpu_system_seconds_total", "counter", "CPU time used in the kernel.", _one(_cpu_part(0.3))),
    Column("container_cpu_load_average_10s", "gauge", "Load over ten seconds.", _one(lambda _g, _t: 0)),
    Column(
        "container_cpu_cfs_periods_total",
        "counter",
        "Enforcement periods that passed.",
        _limited(lambda g, t: int((t - g.since) * 10)),
    ),
    Column(
        "container_cpu_cfs_throttled_periods_total",
        "counter",
        "Enforcement periods in which the group was held back.",
        _limited(lambda g, t: int((t - g.since) / 7)),
    ),
    Column(
        "container_cpu_cfs_throttled_seconds_total",
        "counter",
        "Seconds for which the group was held back.",
        _limited(lambda g, t: round((t - g.since) / 200, 9)),
    ),
)
_MEMORY = (
    Column("container_memory_usage_bytes", "gauge", "Memory in use, caches and all.", _one(_memory_part(1.02))),
    Column("container_memory_working_set_bytes", "gauge", "Memory that cannot be taken back.", _one(_memory_part(1))),
    Column("container_memory_rss", "gauge", "Resident memory.", _one(_memory_part(0.96))),
    Column("container_memory_cache", "gauge", "Page cache.", _one(_memory_part(0.03))),
    Column("container_memory_mapped_file", "gauge", "Memory-mapped files.", _one(_memory_part(0.01))),
    Column("container_memory_max_usage_bytes", "gauge", "Highest use seen.", _one(_peak)),
    Column("container_memory_swap", "gauge", "Swap in use.", _one(lambda _g, _t: 0)),
    Column("container_memory_failcnt", "counter", "Times the limit was hit.", _one(lambda _g, _t: 0)),
    Column("container_memory_failures_total", "counter", "Page faults by type and scope.", _faults),
)
_PROCESSES = (
    Column("container_file_descriptors", "gauge", "Open file descriptors.", _one(_has(5))),
    Column("container_last_seen", "gauge", "When it was last seen.", _one(lambda _g, t: int(t)), "seen"),
    Column("container_processes", "gauge", "Processes inside.", _one(_has(1))),
    Column("container_sockets", "gauge", "Open sockets.", _one(_has(1))),
    Column("container_start_time_seconds", "gauge", "When it started.", _one(lambda g, _t: int(g.since)), "none"),
    Column("container_tasks_state", "gauge", "Tasks by state.", _each("state", _STATES)),
    Column("container_threads", "gauge", "Threads inside.", _one(lambda g, _t: len(g.leaves))),
    Column("container_threads_max", "gauge", "Threads allowed; 0 is no limit.", _one(lambda _g, _t: 0)),
    Column("container_ulimits_soft", "gauge", "Soft limits of the first process.", _ulimit),
)
_SPEC = (
    Column("container_spec_cpu_period", "gauge", "CPU period.", _one(lambda _g, _t: 100000), "none"),
    Column(
        "container_spec_cpu_quota", "gauge", "CPU quota.", _limited(lambda g, _t: g.resources.cpu_limit * 100), "none"
    ),
    Column("container_spec_cpu_shares", "gauge", "CPU shares.", _one(_shares), "none"),
    Column(
        "container_spec_memory_limit_bytes",
        "gauge",
        "Memory limit; 0 is none.",
        _one(lambda g, _t: g.resources.memory_limit),
        "none",
    ),
    Column(
        "container_spec_memory_reservation_limit_bytes", "gauge", "Soft memory limit.", _one(lambda _g, _t: 0), "none"
    ),
    Column("container_spec_memory_swap_limit_bytes", "gauge", "Swap limit.", _one(lambda _g, _t: 0), "none"),
)
_FS = (
    ("inodes_free", "gauge", "Free inodes.", 15000000.0, False),
    ("inodes_total", "gauge", "Inodes.", 16777216.0, False),
    ("io_current", "gauge", "Operations under way.", 0.0, False),
    ("io_time_seconds_total", "counter", "Seconds spent with operations.", 1e-7, True),
    ("io_time_weighted_seconds_total", "counter", "Weighted seconds spent with operations.", 2e-7, True),
    ("limit_bytes", "gauge", "Size of the file system.", 268435456000.0, False),
    ("read_seconds_total", "counter", "Seconds spent reading.", 3e-7, True),
    ("reads_merged_total", "counter", "Reads merged.", 12.0, False),
    ("reads_total", "counter", "Reads done.", 106000.0, False),
    ("sector_reads_total", "counter", "Sectors read.", 7400000.0, False),
    ("sector_writes_total", "counter", "Sectors written.", 12000000.0, False),
    ("usage_bytes", "gauge", "Bytes in use.", 28193230848.0, False),
    ("write_seconds_total", "counter", "Seconds spent writing.", 4e-7, True),
    ("writes_merged_total", "counter", "Writes merged.", 90000.0, False),
    ("writes_total", "counter", "Writes done.", 42000.0, False),
)

TABLE: tuple[Column, ...] = (
    *_CPU,
    *_MEMORY,
    *_PROCESSES,
    *_SPEC,
    *(Column(f"container_fs_{n}", kind, text, _filesystem(v, grows=grows)) for n, kind, text, v, grows in _FS),
    *(Column(f"container_network_{n}_total", "counter", text, _network(part)) for n, part, text in NIC_COLUMNS),
)
