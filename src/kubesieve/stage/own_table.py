"""The families of a kubelet's own /metrics as data. Names are Kubernetes'; texts and values are made up."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.stage.exposition_text import Labels, labels


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram: its rows' labels, how many events a second, and how long one usually takes."""

    name: str
    help: str
    rows: tuple[Labels, ...]
    rate: float = 0.1
    typical: float = 0.025


def _by(label: str, *values: str) -> tuple[Labels, ...]:
    return tuple(labels(**{label: value}) for value in values)


_HTTP = tuple(
    labels(long_running="false", method="GET", path=path, server_type="readwrite")
    for path in ("healthz", "metrics", "metrics/cadvisor", "metrics/resource", "pods", "stats")
)
_OPERATIONS = ("container_status", "create_container", "list_containers", "podsandbox_status", "version")
_QUEUES = ("DynamicCABundle-client-ca-bundle", "DynamicClientCertificate")
_REST = tuple(labels(code="200", host="127.0.0.1:6443", method=method) for method in ("GET", "PATCH", "POST", "PUT"))
_VERBS = tuple(labels(url="https://127.0.0.1:6443/%7Bprefix%7D", verb=verb) for verb in ("GET", "PATCH", "POST"))
_MOUNTS = tuple(
    labels(operation_name="volume_mount", status="success", volume_plugin=f"kubernetes.io/{plugin}")
    for plugin in ("local-volume", "projected")
)
_VOLUMES = tuple(
    labels(plugin_name="kubernetes.io/projected", state=f"{state}_state_of_world") for state in ("actual", "desired")
)
_BUILD = labels(
    build_date="2021-01-13T13:28:09Z",
    compiler="gc",
    git_commit="0" * 40,
    git_tree_state="clean",
    git_version="v1.20.2",
    go_version="go1.15.15",
    major="1",
    minor="20",
    platform="linux/amd64",
)

HISTOGRAMS = (
    Histogram("apiserver_client_certificate_expiration_seconds", "[ALPHA] Life left in client certificates.", ((),)),
    Histogram(
        "kubelet_cgroup_manager_duration_seconds", "[ALPHA] cgroup work.", _by("operation_type", "create", "update")
    ),
    Histogram("kubelet_containers_per_pod_count", "[ALPHA] Containers per pod.", ((),), 0.01, 1.0),
    Histogram("kubelet_http_requests_duration_seconds", "[ALPHA] Requests served.", _HTTP),
    Histogram("kubelet_pleg_relist_duration_seconds", "[ALPHA] Relisting pods.", ((),), 1.0),
    Histogram("kubelet_pleg_relist_interval_seconds", "[ALPHA] Between relistings.", ((),), 1.0, 1.0),
    Histogram("kubelet_pod_start_duration_seconds", "[ALPHA] From seen to running.", ((),), 0.01, 1.0),
    Histogram("kubelet_pod_worker_duration_seconds", "[ALPHA] Syncing a pod.", _by("operation_type", "create", "sync")),
    Histogram("kubelet_pod_worker_start_duration_seconds", "[ALPHA] From seen to worker.", ((),), 0.01),
    Histogram("kubelet_run_podsandbox_duration_seconds", "[ALPHA] Sandboxes.", _by("runtime_handler", ""), 0.01, 0.5),
    Histogram(
        "kubelet_runtime_operations_duration_seconds", "[ALPHA] The runtime.", _by("operation_type", *_OPERATIONS)
    ),
    Histogram("rest_client_request_duration_seconds", "[ALPHA] Calls to the apiserver.", _VERBS),
    Histogram("storage_operation_duration_seconds", "[ALPHA] Storage.", _MOUNTS),
    Histogram("workqueue_queue_duration_seconds", "[ALPHA] Waiting in a queue.", _by("name", *_QUEUES)),
    Histogram("workqueue_work_duration_seconds", "[ALPHA] Work on a queue.", _by("name", *_QUEUES)),
)

# (family, type, help, rows of (labels, value at boot, growth a second))
SERIES: tuple[tuple[str, str, str, tuple[tuple[Labels, float, float], ...]], ...] = (
    ("go_info", "gauge", "The Go version.", ((labels(version="go1.15.15"), 1, 0),)),
    ("kubernetes_build_info", "gauge", "[ALPHA] The build; always 1", ((_BUILD, 1, 0),)),
    ("kubelet_http_inflight_requests", "gauge", "[ALPHA] Requests under way", tuple((row, 0, 0) for row in _HTTP)),
    ("kubelet_http_requests_total", "counter", "[ALPHA] Requests served", tuple((row, 1, 0.1) for row in _HTTP)),
    (
        "kubelet_runtime_operations_total",
        "counter",
        "[ALPHA] Operations of the runtime",
        tuple((row, 1, 0.2) for row in _by("operation_type", *_OPERATIONS)),
    ),
    (
        "kubelet_runtime_operations_errors_total",
        "counter",
        "[ALPHA] Failed operations of the runtime",
        tuple((row, 1, 0) for row in _by("operation_type", "container_status")),
    ),
    ("rest_client_requests_total", "counter", "[ALPHA] Calls to the apiserver", tuple((r, 2, 0.1) for r in _REST)),
    ("storage_operation_status_count", "counter", "[ALPHA] Storage", tuple((row, 2, 0) for row in _MOUNTS)),
    ("volume_manager_total_volumes", "gauge", "[ALPHA] Volumes", tuple((row, 13, 0) for row in _VOLUMES)),
    ("workqueue_adds_total", "counter", "[ALPHA] Additions", tuple((row, 1, 0.01) for row in _by("name", *_QUEUES))),
    ("workqueue_depth", "gauge", "[ALPHA] Length", tuple((row, 0, 0) for row in _by("name", *_QUEUES))),
    ("workqueue_retries_total", "counter", "[ALPHA] Retries", tuple((row, 0, 0) for row in _by("name", *_QUEUES))),
)

_MEMSTATS_GAUGES = (
    *("alloc_bytes", "buck_hash_sys_bytes", "gc_sys_bytes", "heap_alloc_bytes", "heap_idle_bytes"),
    *("heap_inuse_bytes", "heap_objects", "heap_released_bytes", "heap_sys_bytes", "mcache_inuse_bytes"),
    *("mcache_sys_bytes", "mspan_inuse_bytes", "mspan_sys_bytes", "next_gc_bytes", "other_sys_bytes"),
    *("stack_inuse_bytes", "stack_sys_bytes", "sys_bytes"),
)
_MEMSTATS_COUNTERS = ("alloc_bytes_total", "frees_total", "lookups_total", "mallocs_total")

# (family, type, help, value at boot, growth a second)
GAUGES: tuple[tuple[str, str, str, float, float], ...] = (
    ("apiserver_audit_event_total", "counter", "[ALPHA] Audit events.", 0, 0),
    ("authentication_token_cache_active_fetch_count", "gauge", "[ALPHA] Token look-ups under way.", 0, 0),
    ("get_token_count", "counter", "[ALPHA] Tokens asked for.", 0, 0),
    ("get_token_fail_count", "counter", "[ALPHA] Tokens not got.", 0, 0),
    ("go_goroutines", "gauge", "Goroutines.", 320, 0),
    ("go_threads", "gauge", "Threads.", 17, 0),
    ("go_memstats_gc_cpu_fraction", "gauge", "Share of CPU time for garbage collection.", 0.00042, 0),
    ("go_memstats_last_gc_time_seconds", "gauge", "Last garbage collection.", 1.7e9, 0),
    ("kubelet_node_config_error", "gauge", "[ALPHA] 1 where the configuration is bad.", 0, 0),
    ("kubelet_pleg_discard_events", "counter", "[ALPHA] Events thrown away.", 0, 0),
    ("kubelet_pleg_last_seen_seconds", "gauge", "[ALPHA] Last relisting.", 1.7e9, 0),
    ("kubelet_run_podsandbox_errors_total", "counter", "[ALPHA] Sandboxes that failed.", 0, 0),
    ("process_cpu_seconds_total", "counter", "CPU time of the process.", 14, 0.03),
    ("process_max_fds", "gauge", "File descriptors allowed.", 1048576, 0),
    ("process_open_fds", "gauge", "File descriptors open.", 33, 0),
    ("process_resident_memory_bytes", "gauge", "Resident memory.", 112226304, 0),
    ("process_virtual_memory_bytes", "gauge", "Virtual memory.", 1987629056, 0),
    ("process_virtual_memory_max_bytes", "gauge", "Virtual memory allowed.", -1, 0),
    (
        "rest_client_exec_plugin_ttl_seconds",
        "gauge",
        "[ALPHA] Life left of the plug-in's certificate.",
        float("inf"),
        0,
    ),
    *((f"go_memstats_{name}", "gauge", "Memory of the Go runtime.", 2.5e07, 0) for name in _MEMSTATS_GAUGES),
    *((f"go_memstats_{name}", "counter", "Memory of the Go runtime.", 1.2e06, 900.0) for name in _MEMSTATS_COUNTERS),
)
