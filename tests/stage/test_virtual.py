"""Virtual clusters on the embedded node: what the syncer makes of a tenant's pods, and that the node stays as it is."""

from __future__ import annotations

import json

from kubesieve.stage import podlist
from kubesieve.stage.node import story_node
from kubesieve.stage.story import bare_pod, box
from kubesieve.stage.virtual import host_name, own_pod, with_virtual_cluster

NODE = story_node()
WEB = own_pod(NODE, bare_pod("default", "web-0", box("app")), of="alpha")
WITH = with_virtual_cluster(NODE, "vc", "alpha", [WEB])


def _item(name: str) -> dict[str, dict[str, dict[str, str]]]:
    items = json.loads(podlist.pods(WITH, WITH.born + 400))["items"]
    return next(item for item in items if item["metadata"]["name"] == name)


def test_the_nodes_own_pods_stay_as_they_were() -> None:
    assert WITH.pods[: len(NODE.pods)] == NODE.pods
    assert [pod.name for pod in WITH.pods[len(NODE.pods) :]] == ["alpha-0", "web-0-x-default-x-alpha"]


def test_a_host_pod_has_the_syncers_marks_and_the_tenants_containers() -> None:
    metadata = _item("web-0-x-default-x-alpha")["metadata"]
    assert metadata["namespace"] == "vc"
    assert metadata["labels"]["vcluster.loft.sh/managed-by"] == "alpha"
    assert "app" not in metadata["labels"], "the tenant's own keys are hashed"
    own = {name: metadata["annotations"][f"vcluster.loft.sh/object-{name}"] for name in ("name", "namespace", "uid")}
    assert own == {"name": "web-0", "namespace": "default", "uid": WEB.uid}
    assert metadata["uid"] != WEB.uid
    assert WITH.pods[-1].containers == WEB.containers


def test_the_control_plane_has_none() -> None:
    metadata = _item("alpha-0")["metadata"]
    marks = {**metadata["labels"], **metadata["annotations"]}
    assert not [name for name in marks if name.startswith("vcluster.loft.sh/")]


def test_two_clusters_pods_of_one_name_have_nothing_in_common_but_the_name() -> None:
    other = own_pod(NODE, bare_pod("default", "web-0", box("app")), of="beta")
    assert (other.namespace, other.name) == (WEB.namespace, WEB.name)
    assert {other.uid, other.sandbox_id, other.containers[0].id}.isdisjoint(
        {WEB.uid, WEB.sandbox_id, WEB.containers[0].id}
    )


def test_long_names_are_cut_with_a_hash() -> None:
    assert host_name("web-0", "default", "alpha") == "web-0-x-default-x-alpha"
    assert len(host_name("a" * 60, "default", "alpha")) == 63
    assert host_name("a" * 60, "default", "alpha") != host_name("a" * 61, "default", "alpha")
