"""A node small enough to read: team-a/web-0 with both limits, team-b/db-0 with none, two scrapes 10 s apart."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kubesieve.agents import Answer, View

TEXT = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"
NOT_FOUND = Answer(404, "text/plain; charset=utf-8", b"404 page not found\n")

CORPUS = Path(os.environ.get("KUBESIEVE_CORPUS", Path(__file__).parents[3] / "shared"))

Pod = dict[str, object]


@pytest.fixture
def series() -> Callable[..., bytes]:
    """One cadvisor line: labels as given, in the order cadvisor writes them, empty ones kept; None leaves one out."""

    def line(family: str, value: object, /, **labels: str | None) -> bytes:
        defaults = {
            "container": "app",
            "id": "/kubepods/poda/c1",
            "image": "example/app:1",
            "name": "c1",
            "namespace": "team-a",
            "pod": "web-0",
        }
        pairs = ",".join(f'{key}="{text}"' for key, text in (defaults | labels).items() if text is not None)
        return f"{family}{{{pairs}}} {value}\n".encode()

    return line


@pytest.fixture
def pod() -> Callable[..., Pod]:
    """One item of a pod list with one container."""

    def item(namespace: str, name: str, container: str, cid: str | None, **more: object) -> Pod:
        status = {"name": container, "containerID": f"containerd://{cid}", "state": {"running": {}}}
        return {
            "metadata": {"namespace": namespace, "name": name, "uid": f"uid-{name}"},
            "spec": {"containers": [{"name": container, "resources": more.get("resources", {})}]},
            "status": {
                "phase": more.get("phase", "Running"),
                **({"containerStatuses": [status]} if cid else {}),
            },
        }

    return item


@pytest.fixture
def pod_list() -> Callable[..., Answer]:
    def answer(*items: object) -> Answer:
        return Answer(200, JSON, json.dumps({"kind": "PodList", "items": items}).encode())

    return answer


@pytest.fixture
def summary() -> Callable[..., Answer]:
    """A summary with the containers given as (pod uid, container name, its stats)."""

    def answer(*containers: tuple[str, str, dict[str, object]], **more: object) -> Answer:
        pods = [{"podRef": {"uid": uid}, "containers": [{"name": name, **stats}]} for uid, name, stats in containers]
        return Answer(200, JSON, json.dumps({"node": {"nodeName": "n1"}, "pods": pods, **more}).encode())

    return answer


@pytest.fixture
def cadvisor(series: Callable[..., bytes]) -> Callable[..., bytes]:
    """The three families the percentages are made of, for both containers."""

    def body(seconds: float = 0.0) -> bytes:
        other = {"container": "db", "name": "c2", "namespace": "team-b", "pod": "db-0", "id": "/kubepods/podb/c2"}
        rows = (
            ("container_cpu_usage_seconds_total", "counter", 20 + seconds * 0.1, 7 + seconds * 0.2),
            ("container_memory_usage_bytes", "gauge", 64 << 20, 5 << 20),
            ("container_spec_memory_limit_bytes", "gauge", 256 << 20, 0),
        )
        return b"".join(
            f"# TYPE {name} {kind}\n".encode() + series(name, web) + series(name, db, **other)
            for name, kind, web, db in rows
        )

    return body


@pytest.fixture
def healthy(
    pod: Callable[..., Pod],
    pod_list: Callable[..., Answer],
    summary: Callable[..., Answer],
    cadvisor: Callable[..., bytes],
) -> dict[str, Answer]:
    """Every answer as it should be."""
    limits = {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m"}}
    stats = {"cpu": {"usageNanoCores": 100_000_000}, "memory": {"usageBytes": 64 << 20}}
    return {
        "/healthz": Answer(200, "text/plain; charset=utf-8", b"ok"),
        "/pods": pod_list(pod("team-a", "web-0", "app", "c1", resources=limits), pod("team-b", "db-0", "db", "c2")),
        "/spec": NOT_FOUND,
        "/spec/": NOT_FOUND,
        "/stats/summary": summary(("uid-web-0", "app", stats), ("uid-db-0", "db", stats)),
        "/metrics/cadvisor": Answer(200, TEXT, cadvisor()),
        "/metrics": Answer(200, TEXT, b"# TYPE kubelet_running_pods gauge\nkubelet_running_pods 2\n"),
        "/metrics/probes": Answer(200, TEXT),
        "/metrics/slis": NOT_FOUND,
    }


@pytest.fixture
def later(healthy: dict[str, Answer], cadvisor: Callable[..., bytes]) -> View:
    """The same node 10 s on: web-0 used a tenth of a core, db-0 a fifth."""
    return View(healthy | {"/metrics/cadvisor": Answer(200, TEXT, cadvisor(10))})


@pytest.fixture
def corpus() -> Path:
    """Recordings of real kubelets, kept outside the repository."""
    if not (CORPUS / "fixtures" / "v1.20.2-real").is_dir():
        pytest.skip("no recordings here: KUBESIEVE_CORPUS names the folder that holds fixtures/")
    return CORPUS
