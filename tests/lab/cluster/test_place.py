"""Looks that are taken in a pod: what is asked there, what comes back, and which configuration kubesieve has then."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from kubesieve.agents import CheckRequest
from kubesieve.faults import OwnFault
from kubesieve.lab.cluster import ClusterPlace, Images, Plan, up
from kubesieve.lab.embedded import EmbeddedPlace, embedded_place
from kubesieve.lab.place import Way
from kubesieve.lab.scene import DIRECT, NAIVE, NAIVE_TOKEN, SIEVE, TENANT, WIDENED
from tests.lab.cluster.conftest import PLAN, FakeCluster

PODS = CheckRequest("/pods")


@pytest.fixture
async def embedded() -> AsyncIterator[EmbeddedPlace]:
    async with embedded_place() as place:
        yield place


@pytest.fixture
async def place(cluster: FakeCluster, embedded: EmbeddedPlace) -> ClusterPlace:
    """A cluster whose addresses lead to the embedded node."""
    await up(cluster.kubectl, PLAN)
    for namespace in ("datadog", "payments"):
        cluster.put(f"pod/{namespace}/any", {"kind": "Pod", "metadata": {"name": "any", "namespace": namespace}})
    addresses = {
        PLAN.node.url: embedded.kubelet.url,
        "http://10.0.0.13:443": embedded.naive.url,
        "https://10.0.0.9:8443": str(await embedded.url(SIEVE)).rstrip("/"),
    }
    (cluster.folder / "addresses").write_text(json.dumps(addresses))
    (cluster.folder / "token").write_text(embedded.kubelet.tokens["datadog"])
    ca = cluster.objects["configmap/kubelet-proxy/kubesieve-ca"]
    cluster.put("configmap/kubelet-proxy/kubesieve-ca", {**ca, "data": {"ca.crt": embedded.files.ca.read_text()}})
    place = ClusterPlace(cluster.kubectl, PLAN)
    setting = await place.setting()
    assert set(setting.namespaces) >= {"datadog", "payments", "sandbox"}
    return place


@pytest.mark.parametrize(
    ("way", "status", "token_sent"),
    [(DIRECT, 200, True), (NAIVE, 500, False), (NAIVE_TOKEN, 200, True), (SIEVE, 200, True)],
)
async def test_a_look_comes_back_as_it_was_taken(
    place: ClusterPlace, embedded: EmbeddedPlace, way: Way, status: int, token_sent: bool
) -> None:
    there = await embedded.look(way, [PODS])
    look = await place.look(way, [PODS])
    assert (look.view.answers["/pods"].status, look.view.token_sent) == (status, token_sent)
    assert look.view.answers["/pods"].body == there.view.answers["/pods"].body


async def test_a_caller_without_a_token_shows_none(place: ClusterPlace) -> None:
    answer = await place.without_token(DIRECT, "/pods")
    assert (answer.status, answer.body) == (401, b"Unauthorized")


async def test_one_waits_beside_a_client_that_is_stuck(place: ClusterPlace) -> None:
    assert (await place.beside_stuck(NAIVE, "/healthz", 0.5)).status is None
    assert (await place.beside_stuck(DIRECT, "/healthz", 5.0)).status == 200


async def test_kubesieve_is_verified_by_its_own_ca(place: ClusterPlace, cluster: FakeCluster) -> None:
    stranger = cluster.objects["secret/kubelet-proxy/kubesieve"]["data"]["tls.crt"]
    place._ca = base64.b64decode(stranger).decode()
    look = await place.look(SIEVE, [PODS])
    assert look.view.answers["/pods"].error == "ClientConnectorCertificateError"


@pytest.mark.parametrize(
    ("way", "granted", "own_agent"),
    [
        (SIEVE, {"datadog": ["datadog", "kube-system"]}, False),
        (WIDENED, {"datadog": ["datadog", "kube-system", "sandbox"]}, False),
        (TENANT, {"datadog": ["datadog", "kube-system"], "sandbox": ["sandbox"]}, True),
    ],
)
async def test_a_way_out_is_applied_to_the_cluster(
    cluster: FakeCluster, place: ClusterPlace, way: Way, granted: dict[str, list[str]], own_agent: bool
) -> None:
    await place.open(TENANT)
    await place.open(way)
    config = json.loads(cluster.objects["configmap/kubelet-proxy/kubesieve"]["data"]["config.yaml"])
    assert {one["name"]: one["namespaces"] for one in config["grants"]["tenants"]} == granted
    assert ("pod/sandbox/agent" in cluster.objects) is own_agent
    assert cluster.said("rollout")[-1].startswith("rollout status daemonset/kubesieve")


async def test_without_the_lab_the_cluster_is_told_apart_from_a_broken_one(cluster: FakeCluster) -> None:
    with pytest.raises(OwnFault, match="expected what `kubesieve lab up` makes"):
        await ClusterPlace.find(cluster.kubectl)


async def test_a_place_is_found_by_what_up_decided(cluster: FakeCluster) -> None:
    plan = replace(PLAN, images=Images(app="my/nginx:1"), kubelet_ca="PEM", kubelet_name="worker-1")
    await up(cluster.kubectl, plan)
    assert (await ClusterPlace.find(cluster.kubectl))._plan == plan


async def test_a_way_is_open_when_something_answers_there(
    place: ClusterPlace, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the first look after a pod was replaced is an error, and a step of the story fails for nothing."""
    addresses = (cluster.folder / "addresses").read_text()
    asked: list[str] = []
    perform = place._perform

    async def later(way: Way, request: bytes) -> bytes:
        asked.append(way.name)
        there = addresses if len(asked) > 2 else addresses.replace("https://127.0.0.1", "https://127.0.0.2")
        (cluster.folder / "addresses").write_text(there)
        return await perform(way, request)

    monkeypatch.setattr(place, "_perform", later)
    await place.open(WIDENED)
    assert asked == [WIDENED.name] * 3
    look = await place.look(SIEVE, [PODS])
    assert look.view.answers["/pods"].status == 200


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": {}, "node": {}, "more": 1}'])
async def test_a_plan_of_another_version_is_told(text: str) -> None:
    with pytest.raises(OwnFault, match="expected a plan as this version writes it"):
        Plan.of_text(text)


async def test_the_kubelets_ca_goes_with_the_configuration(cluster: FakeCluster) -> None:
    plan = replace(PLAN, kubelet_ca="PEM", kubelet_name="worker-1")
    await up(cluster.kubectl, plan)
    data = cluster.objects["configmap/kubelet-proxy/kubesieve"]["data"]
    assert data["kubelet-ca.crt"] == "PEM"
    known = json.loads(data["config.yaml"])["kubelet"]
    assert (known["caFile"], known["serverName"]) == ("/etc/kubesieve/kubelet-ca.crt", "worker-1")
