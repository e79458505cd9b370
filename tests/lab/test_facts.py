"""What the tables read in bodies, from bodies made by hand."""

from __future__ import annotations

import json

import pytest

from kubesieve.agents import Answer
from kubesieve.lab.facts import NO_ROW, PodFacts, namespaces, pods, samples_of, series

METRICS = b"""# TYPE container_spec_cpu_quota gauge
container_spec_cpu_quota{container="",namespace="sandbox",pod="p"} 20000
container_spec_cpu_quota{container="nginx",namespace="sandbox",pod="p"} 20000
# TYPE container_spec_memory_limit_bytes gauge
container_spec_memory_limit_bytes{container="",namespace="sandbox",pod="p"} 0
container_spec_memory_limit_bytes{container="nginx",namespace="sandbox",pod="p"} 2.68435456e+08 1700000000000
# TYPE other gauge
other{exported_namespace="kube-system",pod="namespace=\\"datadog\\""} 1
"""
LIMITED = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "200m", "memory": "256Mi"}}


def _pod(namespace: str, name: str, resources: object, qos: str) -> dict[str, object]:
    return {
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"containers": [{"name": "c", "resources": resources}]},
        "status": {"qosClass": qos},
    }


PODS = json.dumps(
    {
        "items": [
            _pod("sandbox", "b", {}, "BestEffort"),
            _pod("sandbox", "a", LIMITED, "Burstable"),
            _pod("x", "c", {}, ""),
        ]
    }
).encode()


def ok(body: bytes) -> Answer:
    return Answer(200, body=body)


@pytest.mark.parametrize(
    ("endpoint", "body", "seen"),
    [
        ("/metrics/cadvisor", METRICS, {"sandbox"}),
        ("/metrics/resource", b"", set()),
        ("/pods", PODS, {"sandbox", "x"}),
        ("/stats/summary", b'{"pods":[{"podRef":{"namespace":"a"}}]}', {"a"}),
        ("/stats/summary", b'{"pods":[]}', set()),
    ],
)
def test_namespaces_are_those_a_body_is_about(endpoint: str, body: bytes, seen: set[str]) -> None:
    assert namespaces(endpoint, ok(body)) == seen


@pytest.mark.parametrize("endpoint", ["/metrics/cadvisor", "/metrics/resource", "/pods", "/stats/summary"])
@pytest.mark.parametrize("body", [b"<html>", b'{"items":null,"pods":null}', b'{"items":[{}],"pods":[1]}', b"\xff"])
def test_a_body_that_cannot_be_read_shows_nothing_rather_than_no_namespaces(endpoint: str, body: bytes) -> None:
    assert namespaces(endpoint, ok(body)) is None


def test_an_error_page_shows_nothing_even_if_it_could_be_read() -> None:
    assert namespaces("/pods", Answer(500, body=PODS)) is None
    assert samples_of(Answer(500, body=METRICS)) == ()


@pytest.mark.parametrize(
    ("family", "rows", "value"),
    [("container_spec_cpu_quota", 2, "20000"), ("container_spec_memory_limit_bytes", 2, "268435456")],
)
def test_the_value_is_the_containers_row_as_a_plain_number(family: str, rows: int, value: str) -> None:
    found = series(samples_of(ok(METRICS)), family, "sandbox", "p")
    assert (found.rows, found.value) == (rows, value)


def test_a_family_without_rows_of_the_pod_says_so() -> None:
    assert series(samples_of(ok(METRICS)), "container_spec_cpu_quota", "sandbox", "another") == NO_ROW


def test_pods_come_by_name_with_requests_and_limits_as_written() -> None:
    assert pods(ok(PODS), "sandbox") == (
        PodFacts("a", "Burstable", "100m / 200m", "128Mi / 256Mi"),
        PodFacts("b", "BestEffort", "none / none", "none / none"),
    )


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items":[{"metadata":{"namespace":"sandbox"}}]}'])
def test_no_pod_list_has_no_pods(body: bytes) -> None:
    assert pods(ok(body), "sandbox") == ()
