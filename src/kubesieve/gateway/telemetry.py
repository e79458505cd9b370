"""kubesieve's own metrics. Label values come from fixed sets, so that no client can make series."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from kubesieve.gateway.answers import Answer

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    """Counts; ``exposition`` gives the text."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("kubesieve_requests", "Requests answered.", ("endpoint", "code"), registry=registry)
        self._refusals = Counter(
            "kubesieve_refusals", "Requests not answered with data, by reason code.", ("reason",), registry=registry
        )
        self._kept = Counter(
            "kubesieve_items", "Samples and pods in scrapes answered from.", ("verdict",), registry=registry
        )
        self._bytes = Counter(
            "kubesieve_bytes", "Bytes decoded from the kubelet, and bytes sent to clients.", ("way",), registry=registry
        )
        self._shared = Counter(
            "kubesieve_shared_scrapes", "Requests answered from a scrape made for another.", registry=registry
        )
        self._seconds = Histogram(
            "kubesieve_request_seconds",
            "From a request's header to the last byte.",
            ("endpoint",),
            registry=registry,
            buckets=SECONDS,
        )
        self._upstream = Histogram(
            "kubesieve_upstream_seconds",
            "From asking the kubelet to its whole body or its fault.",
            ("endpoint", "outcome"),
            registry=registry,
            buckets=SECONDS,
        )
        self._connections = Gauge("kubesieve_connections", "Open connections of clients.", registry=registry)
        self._reloaded = Gauge(
            "kubesieve_configuration_last_reload_successful",
            "1 where the configuration file as it is now is the one in use, 0 where it cannot be used; 1 without one.",
            registry=registry,
        )
        self._reloaded.set(1)
        self._waiting = Gauge(
            "kubesieve_configuration_restart_needed",
            "1 where the configuration file as it is now says something that takes a restart, else 0.",
            registry=registry,
        )
        self._nodes = Gauge("kubesieve_nodes", "Nodes known now, where many are served.", registry=registry)
        self._connections_refused = Counter(
            "kubesieve_connections_refused", "Connections closed at once, beyond a bound.", registry=registry
        )

    def answered(self, endpoint: str, answer: Answer, seconds: float, sent_bytes: int) -> None:
        self._requests.labels(endpoint, str(answer.status)).inc()
        self._seconds.labels(endpoint).observe(seconds)
        self._bytes.labels("down").inc(sent_bytes)
        if answer.reason != "ok":
            self._refusals.labels(answer.reason).inc()
        self._kept.labels("kept").inc(answer.kept)
        self._kept.labels("dropped").inc(answer.dropped)

    def scraped(self, endpoint: str, outcome: str, seconds: float, size: int = 0) -> None:
        """``outcome`` is ``ok`` or a fault's reason code."""
        self._upstream.labels(endpoint, outcome).observe(seconds)
        self._bytes.labels("up").inc(size)

    def shared(self) -> None:
        self._shared.inc()

    def reconfigured(self, good: bool, waiting: bool) -> None:
        """Whether the file as it is now was loaded, and whether something of it waits for a restart."""
        self._reloaded.set(int(good))
        self._waiting.set(int(waiting))

    def connection_refused(self) -> None:
        self._connections_refused.inc()

    def exposition(self, connections: int, nodes: int) -> bytes:
        """With how many connections are open, and nodes known, now."""
        self._connections.set(connections)
        self._nodes.set(nodes)
        return generate_latest(self._registry)
