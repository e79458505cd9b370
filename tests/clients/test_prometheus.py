"""A real Prometheus scrapes through ``kubesieve serve``: every target is up, and nothing foreign is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import ANY_PORT, own_tls, upstream
from tests.clients.programs import Curl, Serving
from tests.clients.prometheus import Prometheus, RunningPrometheus, Series
from tests.conftest import require_client
from tests.independent_text import samples
from tests.waiting import becomes

ALLOWED = ("sandbox", "datadog")
JOBS = {
    "cadvisor": "/metrics/cadvisor",
    "resource": "/metrics/resource",
    "probes": "/metrics/probes",
    "own": "/metrics",
}
WRONG = "wrong-token"
SCRAPES = 3

JOB = """\
- job_name: {job}
  scheme: https
  metrics_path: {path}
  honor_labels: true
  honor_timestamps: true
  authorization: {{credentials_file: {token}}}
  tls_config: {{ca_file: {ca}}}
  static_configs: [{{targets: ["{target}"]}}]
"""


@dataclass(frozen=True, slots=True)
class Scraped:
    """Prometheus after some scrapes, and the kubelet's own bodies by job."""

    prometheus: Prometheus
    direct: dict[str, bytes]


def _configuration(folder: Path, stage: EmbeddedNode, target: str, ca: Path) -> Path:
    (folder / "wrong").write_text("nobodys")
    tokens = {**dict.fromkeys(JOBS, stage.token_file("datadog")), WRONG: folder / "wrong"}
    paths = {**JOBS, WRONG: "/metrics/cadvisor"}
    jobs = (JOB.format(job=job, path=paths[job], token=tokens[job], ca=ca, target=target) for job in tokens)
    file = folder / "prometheus.yml"
    times = "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
    file.write_text(times + "scrape_configs:\n" + "".join(jobs))
    return file


@pytest.fixture(scope="module")
def scraped(
    shared_stage: EmbeddedNode, tls_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scraped]:
    """One Prometheus for all tests here, after a few scrapes of each job."""
    program, curl = require_client("prometheus"), require_client("curl")
    folder = tmp_path_factory.mktemp("prometheus")
    shared_stage.kubelet.mend()
    options = [*ANY_PORT, *upstream(shared_stage), *own_tls(tls_folder), "--namespaces", ",".join(ALLOWED)]
    serving = Serving(options, folder / "records")
    target = serving.address.removeprefix("https://")
    configuration = _configuration(folder, shared_stage, target, tls_folder / "ca.crt")
    client = Curl(curl, shared_stage.url, shared_stage.ca_file, f"Bearer {shared_stage.tokens['datadog']}")
    try:
        with RunningPrometheus(program, folder, configuration) as prometheus:
            assert becomes(lambda: _scraped_often(prometheus), 15), prometheus.targets()
            yield Scraped(prometheus, {job: client.ask(path).body for job, path in JOBS.items()})
    finally:
        serving.stop()


def _scraped_often(prometheus: Prometheus) -> bool:
    counts = [prometheus.value(f'count_over_time(up{{job="{job}"}}[1m])') for job in (*JOBS, WRONG)]
    return all(count is not None and count >= SCRAPES for count in counts)


def _allowed_series(body: bytes) -> set[Series]:
    """Series of the allowed namespaces in a kubelet's body, as Prometheus stores them: empty labels are no labels."""
    return {
        frozenset({("__name__", name), *((key, value) for key, value in labels.items() if value)})
        for name, labels, _ in samples(body)
        if labels.get("namespace") in ALLOWED
    }


def _namespaced(series: set[Series]) -> set[Series]:
    return {one for one in series if "namespace" in dict(one)}


@pytest.mark.parametrize("job", JOBS)
def test_every_endpoint_is_up(scraped: Scraped, job: str) -> None:
    target = scraped.prometheus.targets()[job]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert scraped.prometheus.value(f'min_over_time(up{{job="{job}"}}[1m])') == 1


@pytest.mark.parametrize("job", JOBS)
def test_the_series_of_the_allowed_namespaces_are_there_and_no_others(scraped: Scraped, job: str) -> None:
    stored = _namespaced(scraped.prometheus.series(job))
    expected = _allowed_series(scraped.direct[job])
    assert expected, "the kubelet has series of these namespaces on every endpoint"
    assert stored == expected


@pytest.mark.parametrize("job", JOBS)
def test_each_scrape_takes_as_many_samples_as_there_are_series(scraped: Scraped, job: str) -> None:
    taken = scraped.prometheus.value(f'scrape_samples_scraped{{job="{job}"}}')
    assert taken == scraped.prometheus.value(f'scrape_samples_post_metric_relabeling{{job="{job}"}}')
    assert taken == len(scraped.prometheus.series(job))


def test_no_namespace_label_but_the_allowed_ones(scraped: Scraped) -> None:
    assert set(scraped.prometheus.get("label/namespace/values")) == set(ALLOWED)
    names = scraped.prometheus.get("labels")
    assert "exported_namespace" not in names


def test_nothing_foreign_is_named_anywhere(scraped: Scraped, shared_stage: EmbeddedNode) -> None:
    everything = json.dumps(scraped.prometheus.get("series", **{"match[]": '{__name__=~".+"}'}))
    pods = shared_stage.node.pods
    own = {pod.name for pod in pods if pod.namespace in ALLOWED}
    foreign = [pod for pod in pods if pod.namespace not in ALLOWED]
    secrets = {text for pod in foreign for text in (pod.name, pod.uid, pod.namespace) if text not in own}
    assert len(secrets) > len(foreign)
    assert {text for text in secrets if f'"{text}"' in everything or f"/{text}" in everything} == set()
    assert [pod.uid for pod in foreign if pod.uid in everything or pod.uid.replace("-", "_") in everything] == []


def test_the_limit_a_tenant_asks_for_is_the_one_it_set(scraped: Scraped) -> None:
    of = '{namespace="sandbox",pod="pod-with-limits",container="nginx"}'
    assert scraped.prometheus.value(f"container_spec_cpu_quota{of}") == 20000
    assert scraped.prometheus.value(f"container_spec_memory_limit_bytes{of}") == 268435456


def test_counters_move_so_rates_work(scraped: Scraped) -> None:
    query = 'max(changes(container_cpu_usage_seconds_total{namespace=~".+"}[1m]))'
    assert becomes(lambda: (scraped.prometheus.value(query) or 0) > 0, 25)


def test_a_wrong_token_is_down_with_the_kubelets_401(scraped: Scraped) -> None:
    target = scraped.prometheus.targets()[WRONG]
    assert scraped.prometheus.value(f'up{{job="{WRONG}"}}') == 0
    assert target["health"] == "down"
    assert "401" in target["lastError"]
    assert scraped.prometheus.series(WRONG) == set()
