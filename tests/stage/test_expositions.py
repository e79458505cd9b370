"""What the renderers write is a valid exposition, sorted and shaped as a real kubelet's."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.exposition_text import Family, Sample, go_float, render
from kubesieve.stage.model import Node
from kubesieve.stage.node import build_node, story_node
from kubesieve.stage.own_metrics import own_metrics
from kubesieve.stage.resource import probes, resource, slis
from tests.stage.conftest import NOW, Line, read_samples

RENDERERS: dict[str, Callable[[Node, float], bytes]] = {
    "metrics_cadvisor": cadvisor,
    "metrics_resource": resource,
    "metrics_probes": probes,
    "metrics_slis": slis,
    "metrics": own_metrics,
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (-1, "-1"),
        (20000, "20000"),
        (999999, "999999"),
        (1000000, "1e+06"),
        (268435456, "2.68435456e+08"),
        (25276514304, "2.5276514304e+10"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.8272e-05, "1.8272e-05"),
        (1092.245272188, "1092.245272188"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert go_float(value) == text


def test_label_values_are_escaped() -> None:
    body = render([Family("m", "gauge", "a\\b\nc", (Sample((("x", 'q"b\\n\n'),), 1),))])
    assert body == b'# HELP m a\\\\b\\nc\n# TYPE m gauge\nm{x="q\\"b\\\\n\\n"} 1\n'


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("runtime", ["containerd", "docker"])
def test_every_line_can_be_read(name: str, runtime: str) -> None:
    body = RENDERERS[name](build_node(pods=7, runtime=runtime), NOW)
    assert read_samples(body)


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("runtime", ["containerd", "docker"])
def test_families_are_sorted_and_said_once(name: str, runtime: str) -> None:
    types = [line.split()[2] for line in _text(name, runtime).splitlines() if line.startswith("# TYPE ")]
    assert types == sorted(set(types))


@pytest.mark.parametrize("name", ["metrics_cadvisor", "metrics_resource", "metrics_probes"])
def test_samples_are_sorted_by_their_label_values_within_a_family(name: str) -> None:
    families: dict[str, list[Line]] = {}
    for line in read_samples(RENDERERS[name](build_node(pods=7), NOW)):
        families.setdefault(line.name, []).append(line)
    for lines in families.values():
        keys = [(len(line.labels), [value for _, value in line.labels]) for line in lines]
        assert keys == sorted(keys)


@pytest.mark.parametrize("name", RENDERERS)
def test_no_series_comes_twice(name: str) -> None:
    series = [(line.name, line.labels) for line in read_samples(RENDERERS[name](build_node(pods=7), NOW))]
    assert len(series) == len(set(series))


@pytest.mark.parametrize("name", RENDERERS)
def test_the_same_seed_and_time_give_the_same_bytes(name: str) -> None:
    one, other = (RENDERERS[name](build_node(pods=3, seed=7), NOW) for _ in range(2))
    assert one == other
    if name in ("metrics_cadvisor", "metrics_probes"):
        assert one != RENDERERS[name](build_node(pods=3, seed=8), NOW)


@pytest.mark.parametrize("name", ["metrics_cadvisor", "metrics_resource", "metrics_probes", "metrics"])
def test_counters_never_go_back(name: str) -> None:
    node = replace(story_node(), born=NOW - 600)
    before: dict[tuple[str, object], float] = {}
    for step in range(30):
        body = RENDERERS[name](node, NOW + 3.7 * step)
        counters = {line.split()[2] for line in body.decode().splitlines() if line.endswith(" counter")}
        for line in read_samples(body):
            if line.name in counters:
                key = (line.name, line.labels)
                assert float(line.value) >= before.get(key, 0.0)
                before[key] = float(line.value)


def test_cpu_time_grows_where_something_runs() -> None:
    node = replace(story_node(), born=NOW - 600)
    first, second = (read_samples(resource(node, at)) for at in (NOW, NOW + 15))
    used = [line for line in first if line.name == "container_cpu_usage_seconds_total"]
    later = {line.labels: float(line.value) for line in second if line.name == used[0].name}
    assert all(later[line.labels] > float(line.value) for line in used)


def test_timestamps_are_a_little_before_the_scrape() -> None:
    stamps = [int(line.at) for line in read_samples(cadvisor(story_node(), NOW)) if line.at]
    assert all(NOW * 1000 - 10_000 <= at <= NOW * 1000 for at in stamps)


def test_the_limited_pod_has_its_quota_twice_and_the_unlimited_none() -> None:
    lines = _rows("container_spec_cpu_quota", namespace="sandbox")
    assert [(line.map["container"], line.map["pod"], line.value) for line in lines] == [
        ("", "pod-with-limits", "20000"),
        ("nginx", "pod-with-limits", "20000"),
    ]


def test_the_memory_limit_is_on_the_container_and_pod_rows_and_0_on_the_sandbox_row() -> None:
    lines = _rows("container_spec_memory_limit_bytes", namespace="sandbox", pod="pod-with-limits")
    limits = {(line.map["container"], bool(line.map["name"])): line.value for line in lines}
    assert limits == {("", False): "2.68435456e+08", ("", True): "0", ("nginx", True): "2.68435456e+08"}
    unlimited = _rows("container_spec_memory_limit_bytes", namespace="sandbox", pod="pod-without-limits")
    assert {line.value for line in unlimited} == {"0"}


def test_a_pod_where_one_container_has_no_limit_has_none() -> None:
    lines = _rows("container_spec_memory_limit_bytes", namespace="tenant-a", pod="two-containers")
    limits = {(line.map["container"], bool(line.map["name"])): line.value for line in lines}
    assert limits[("metrics", True)] == "6.7108864e+07"
    assert limits[("", False)] == "0"


def test_network_series_are_on_sandbox_rows_and_hostnetwork_pods_carry_the_nodes_interfaces() -> None:
    lines = [line for line in _rows("container_network_receive_bytes_total") if line.map["pod"]]
    assert all(line.map["container"] == "" and line.map["name"] for line in lines)
    host = {line.map["interface"] for line in lines if line.map["pod"] == "node-local-hostnet"}
    assert host == {"cni0", "eth0", "ifb0", "ifb1"}
    assert {line.map["interface"] for line in lines if line.map["pod"] != "node-local-hostnet"} == {"eth0"}


def test_rows_that_are_nobodys_have_an_empty_namespace() -> None:
    ids = {line.map["id"] for line in _rows("container_memory_rss", namespace="")}
    assert {"/", "/kubepods", "/kubepods/besteffort", "/kubepods/burstable", "/system.slice/kubelet.service"} <= ids


def test_docker_calls_sandboxes_pod_and_names_containers_by_pod() -> None:
    lines = [line.map for line in read_samples(cadvisor(story_node(runtime="docker"), NOW))]
    sandboxes = [labels for labels in lines if labels.get("container") == "POD"]
    assert sandboxes
    assert all(labels["name"].startswith("k8s_POD_") for labels in sandboxes)
    assert any(labels.get("name", "").startswith("k8s_nginx_pod-with-limits_sandbox_") for labels in lines)


def test_node_series_of_resource_have_no_labels() -> None:
    bare = [line.name for line in read_samples(resource(story_node(), NOW)) if not line.labels]
    assert bare == ["node_cpu_usage_seconds_total", "node_memory_working_set_bytes", "scrape_error"]


@pytest.mark.parametrize("name", ["metrics_cadvisor", "metrics_resource", "metrics_probes"])
def test_the_same_families_with_the_same_labels_in_the_same_order_as_recorded(name: str, recorded: Path) -> None:
    want = _label_orders(read_samples((recorded / name).read_bytes()))
    assert _label_orders(read_samples(RENDERERS[name](story_node(), NOW))) == want


@pytest.mark.parametrize("name", ["metrics_cadvisor", "metrics_resource", "metrics_probes"])
def test_each_pod_has_as_many_rows_of_each_family_as_recorded(name: str, recorded: Path) -> None:
    want = _structure(read_samples((recorded / name).read_bytes()))
    assert _structure(read_samples(RENDERERS[name](story_node(), NOW))) == want


def test_families_of_metrics_are_ones_a_kubelet_has(recorded: Path) -> None:
    mine, real = (_label_orders(read_samples(b)) for b in (_body("metrics"), (recorded / "metrics").read_bytes()))
    assert {name for name in mine if name not in real} == set()
    namespaced = {name for name, orders in real.items() if any("namespace" in order for order in orders)}
    assert {name: real[name] for name in namespaced} == {name: mine[name] for name in namespaced}


@pytest.mark.parametrize("name", RENDERERS)
def test_promtool_finds_nothing_malformed(name: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on PATH")
    done = subprocess.run([promtool, "check", "metrics"], input=_body(name), capture_output=True, timeout=30)
    assert b"error" not in done.stderr.lower().replace(b"_error", b"")
    assert done.returncode in (0, 3)  # 3: style advice, which Kubernetes' own names earn too


def _text(name: str, runtime: str) -> str:
    return RENDERERS[name](build_node(pods=7, runtime=runtime), NOW).decode()


def _body(name: str) -> bytes:
    return RENDERERS[name](story_node(), NOW)


def _rows(name: str, **labels: str) -> list[Line]:
    lines = read_samples(cadvisor(story_node(), NOW))
    return [line for line in lines if line.name == name and labels.items() <= line.map.items()]


def _label_orders(lines: list[Line]) -> dict[str, set[tuple[str, ...]]]:
    orders: dict[str, set[tuple[str, ...]]] = {}
    for line in lines:
        orders.setdefault(line.name, set()).add(tuple(name for name, _ in line.labels))
    return orders


def _structure(lines: list[Line]) -> dict[tuple[str, str, str], int]:
    """(family, namespace, kind of row) → how many: names, ids and nodes differ, the shape must not."""
    counts: dict[tuple[str, str, str], int] = {}
    for line in lines:
        labels = line.map
        kind = "container" if labels.get("container") else "sandbox" if labels.get("name") else "other"
        key = (line.name, labels.get("namespace", "-"), kind + (" stamped" if line.at else ""))
        counts[key] = counts.get(key, 0) + 1
    return counts
