"""What stands, as Prometheus metrics; label values come from the table of verdicts and bounded namespaces."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from kubesieve.doctor.watch.standing import Board

LOOKS = ("fine", "findings", "nothing", "failed")


class Telemetry:
    """Counts looks and shows the board; ``exposition`` gives the text (bytes)."""

    def __init__(self, board: Board) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._looks = Counter("kubesieve_doctor_looks", "Looks, by what came of them.", ("result",), registry=registry)
        for result in LOOKS:
            self._looks.labels(result)
        self._last = Gauge(
            "kubesieve_doctor_last_look_timestamp_seconds", "When the last whole look ended.", registry=registry
        )
        registry.register(_Standings(board))

    def looked(self, result: str, at: float) -> None:
        """``result`` is one of LOOKS, ``at`` Unix seconds; a failed look changes nothing but its count."""
        self._looks.labels(result).inc()
        if result != "failed":
            self._last.set(at)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)


class _Standings(Collector):
    """Read when scraped."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = GaugeMetricFamily(
            "kubesieve_doctor_finding",
            "1 for each finding of the last look.",
            labels=("code", "namespace", "severity", "blame"),
        )
        since = GaugeMetricFamily(
            "kubesieve_doctor_finding_since_timestamp_seconds",
            "When the look began that found it first, without a break since.",
            labels=("code", "namespace"),
        )
        containers = GaugeMetricFamily(
            "kubesieve_doctor_finding_containers", "Containers that the finding explains.", labels=("code", "namespace")
        )
        for one in self._board:
            place = (one.code, one.namespace)
            found.add_metric((*place, one.severity.value, one.blame.value), 1)
            since.add_metric(place, one.since)
            containers.add_metric(place, one.containers)
        return found, since, containers
