"""/pods, /runningpods/ and /stats/summary: shapes as recorded, and text that fools careless readers."""

from __future__ import annotations

import json
from pathlib import Path

from kubesieve.stage.node import build_node, story_node
from kubesieve.stage.podlist import pods, running_pods
from kubesieve.stage.story import AWKWARD
from kubesieve.stage.summary import summary
from tests.stage.conftest import NOW

QOS = {"pod-with-limits": "Burstable", "pod-without-limits": "BestEffort", "agent": "Guaranteed"}


def _pods() -> dict[str, dict]:
    return {item["metadata"]["name"]: item for item in json.loads(pods(story_node(), NOW))["items"]}


def _summary(**options: bool) -> dict:
    return json.loads(summary(story_node(), NOW, **options))


def test_pods_is_one_line_and_the_summary_is_indented() -> None:
    assert pods(story_node(), NOW).count(b"\n") == 1
    assert pods(story_node(), NOW).startswith(b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{')
    assert summary(story_node(), NOW).startswith(b'{\n "node": {\n  "nodeName": ')
    assert not summary(story_node(), NOW).endswith(b"\n")


def test_quality_of_service_and_limits_are_the_storys() -> None:
    items = _pods()
    assert {name: items[name]["status"]["qosClass"] for name in QOS} == QOS
    resources = items["pod-with-limits"]["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "200m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}}
    assert items["pod-without-limits"]["spec"]["containers"][0]["resources"] == {}


def test_the_static_pods_uid_is_a_hash_and_its_name_ends_in_the_nodes() -> None:
    metadata = _pods()["static-web-stage-node"]["metadata"]
    assert len(metadata["uid"]) == 32
    assert metadata["creationTimestamp"] is None
    assert "managedFields" not in metadata


def test_awkward_text_is_in_annotations_and_environment() -> None:
    pod = _pods()["awkward"]
    assert pod["metadata"]["annotations"]["example.com/note"] == AWKWARD
    assert pod["spec"]["containers"][0]["env"][0]["value"] == AWKWARD
    assert pod["metadata"]["labels"]["namespace"] == "datadog"


def test_a_crash_loop_waits_and_has_no_usage() -> None:
    status = _pods()["crash-loop"]["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert "crash-loop" not in {pod["podRef"]["name"] for pod in _summary()["pods"]}


def test_the_claim_is_in_the_summary_with_its_own_namespace() -> None:
    pod = next(p for p in _summary()["pods"] if p["podRef"]["name"] == "with-pvc")
    refs = [volume["pvcRef"] for volume in pod["volume"] if "pvcRef" in volume]
    assert refs == [{"name": "customer-db", "namespace": "tenant-a"}]


def test_only_cpu_and_memory_leaves_the_rest_out() -> None:
    reduced = _summary(only_cpu_and_memory=True)
    assert list(reduced["pods"][0]) == ["podRef", "startTime", "containers", "cpu", "memory"]
    assert list(reduced["node"]) == ["nodeName", "systemContainers", "startTime", "cpu", "memory"]


def test_all_endpoints_speak_of_the_same_pods() -> None:
    node = build_node(pods=12, namespaces=3)
    listed = {item["metadata"]["uid"]: item for item in json.loads(pods(node, NOW))["items"]}
    usage = {pod["podRef"]["uid"] for pod in json.loads(summary(node, NOW))["pods"]}
    assert usage < set(listed)
    assert {listed[uid]["metadata"]["name"] for uid in set(listed) - usage} == {"crash-loop", "completed"}


def test_namespaces_are_those_asked_for() -> None:
    assert build_node(pods=6, namespaces=3, story=False).namespaces == ("team-00", "team-01", "team-02")
    assert len(build_node(pods=6, story=False).pods) == 6


def test_pods_are_shaped_as_recorded(recorded: Path) -> None:
    real = {item["metadata"]["name"]: item for item in json.loads((recorded / "pods").read_bytes())["items"]}
    mine = _pods()
    for name in set(real) & set(mine) - {"with-init"}:
        assert _keys(mine[name], 3) == _keys(real[name], 3), name


def test_the_summary_is_shaped_as_recorded(recorded: Path) -> None:
    real, mine = json.loads((recorded / "stats_summary").read_bytes()), _summary()
    assert _keys(mine["node"], 9) == _keys(real["node"], 9)
    want = {pod["podRef"]["name"]: _keys(pod, 9) for pod in real["pods"]}
    got = {pod["podRef"]["name"]: _keys(pod, 9) for pod in mine["pods"]}
    assert {name: got[name] for name in set(got) & set(want)} == {name: want[name] for name in set(got) & set(want)}
    assert len(got) == len(want)


def test_running_pods_are_shaped_as_recorded(recorded: Path) -> None:
    real = json.loads((recorded / "runningpods").read_bytes())["items"]
    mine = json.loads(running_pods(story_node()))["items"]
    assert len(mine) == len(real)
    assert {str(_keys(item, 9)) for item in mine} == {str(_keys(item, 9)) for item in real}


def _keys(value: object, depth: int) -> object:
    """The keys of an object, in order, without what differs by manifest: labels, annotations, arguments, owners."""
    if isinstance(value, list):
        return [_keys(value[0], depth)] if value and depth else []
    if not isinstance(value, dict) or depth == 0:
        return type(value).__name__
    free = {"labels", "annotations", "managedFields", "args", "ports", "env", "volumeMounts", "containers"}
    if "podRef" in value:
        free -= {"containers"}
    return [(key, _keys(inner, depth - 1)) for key, inner in value.items() if key not in free]
