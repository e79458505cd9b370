"""Which node is looked at, with which images."""

from __future__ import annotations

from typing import Any

import pytest

from kubesieve.faults import OwnFault
from kubesieve.lab.cluster import Images, Plan
from tests.lab.cluster.conftest import FakeCluster, node_object

WINDOWS = node_object("a-windows")
WINDOWS["status"]["nodeInfo"]["operatingSystem"] = "windows"
UNFIT = {
    "windows": WINDOWS,
    "cordoned": node_object("a-cordoned", unschedulable=True),
    "not ready": {
        **node_object("a-lost"),
        "status": {**node_object()["status"], "conditions": [{"type": "Ready", "status": "Unknown"}]},
    },
}


@pytest.mark.parametrize("other", list(UNFIT.values()), ids=list(UNFIT))
async def test_the_node_is_one_that_is_ready_and_takes_pods(cluster: FakeCluster, other: dict[str, Any]) -> None:
    (cluster.folder / "objects").unlink()
    cluster.put(f"node//{other['metadata']['name']}", other)
    with pytest.raises(OwnFault, match="expected a node that is ready and takes pods; got a-"):
        await Plan.make(cluster.kubectl, Images())
    cluster.put("node//worker-1", node_object())
    plan = await Plan.make(cluster.kubectl, Images())
    assert (plan.node.name, plan.node.hostname) == ("worker-1", "worker-1.example")


async def test_a_node_with_taints_is_taken_where_there_is_no_other(cluster: FakeCluster) -> None:
    tainted = node_object("a-tainted", taints=[{"key": "control-plane", "effect": "NoSchedule"}])
    cluster.put("node//a-tainted", tainted)
    assert (await Plan.make(cluster.kubectl, Images())).node.name == "worker-1"
    (cluster.folder / "objects").unlink()
    cluster.put("node//a-tainted", tainted)
    assert (await Plan.make(cluster.kubectl, Images())).node.name == "a-tainted"


async def test_a_node_can_be_named_and_has_to_be_there(cluster: FakeCluster) -> None:
    cluster.put("node//worker-2", node_object("worker-2"))
    assert (await Plan.make(cluster.kubectl, Images(), node="worker-2")).node.name == "worker-2"
    with pytest.raises(OwnFault, match="expected a node nowhere; got worker-1, worker-2"):
        await Plan.make(cluster.kubectl, Images(), node="nowhere")


@pytest.mark.parametrize(
    ("version", "fine_grained"),
    [("v1.20.2", False), ("v1.32.9-eks-1", False), ("v1.33.0", True), ("v1.36.1+k3s1", True), ("v1.30+abc", False)],
)
async def test_smaller_rights_are_for_kubelets_that_know_them(
    cluster: FakeCluster, version: str, fine_grained: bool
) -> None:
    cluster.put("node//worker-1", node_object(version=version))
    assert (await Plan.make(cluster.kubectl, Images())).node.fine_grained is fine_grained


async def test_an_ipv6_address_stands_in_brackets(cluster: FakeCluster) -> None:
    node = node_object()
    node["status"]["addresses"] = [{"type": "InternalIP", "address": "2001:db8::7"}]
    cluster.put("node//worker-1", node)
    assert (await Plan.make(cluster.kubectl, Images())).node.url == "https://[2001:db8::7]:10250"


def test_images_are_the_published_ones_or_those_that_are_given() -> None:
    assert Images.of({"app": "my/nginx:1"}) == Images(app="my/nginx:1")
    with pytest.raises(OwnFault, match="expected an image of kubesieve, app, python; got 'nginx'"):
        Images.of({"nginx": "my/nginx:1"})
