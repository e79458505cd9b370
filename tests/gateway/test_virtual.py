"""Virtual clusters behind the gateway: each sees its own pods under its own names, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy, scan
from kubesieve.sieve.naming import answer_for, learn
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Gateway
from tests.sieve.virtual_node import HOST, NODE, PLACES, A, B, host_pods, marks_of, own_pods

CLUSTERS = {"tenant-a": A, "tenant-b": B}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("virtual"), node=NODE).running() as one:
        yield one


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    tenants = [
        tenant(name, account(name), vcluster={"namespace": HOST, "name": one.name}) for name, one in CLUSTERS.items()
    ]
    tenants.append(tenant("host", account("datadog"), namespaces=["datadog"]))
    with cluster.serving(grants={"tenants": tenants}) as made:
        yield made


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_pod_list_is_the_virtual_clusters_own(cluster: Cluster, gateway: Gateway, name: str) -> None:
    answer = gateway.ask("/pods", cluster.token(name))
    assert answer.status == 200, answer.body
    shown = {(one["namespace"], one["name"], one["uid"]) for one in metadata(answer.body)}
    assert shown == {(pod.namespace, pod.name, pod.uid) for pod in own_pods(NODE, CLUSTERS[name])}


def metadata(body: bytes) -> list[dict[str, str]]:
    return [item["metadata"] for item in json.loads(body)["items"]]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("name", CLUSTERS)
def test_nothing_of_the_other_cluster_comes_on_any_endpoint(
    cluster: Cluster, gateway: Gateway, name: str, path: str
) -> None:
    answer = gateway.ask(path, cluster.token(name))
    assert answer.status == 200, answer.body
    other = B if name == "tenant-a" else A
    foreign = {mark for pod in (*own_pods(NODE, other), *host_pods(NODE, other)) for mark in marks_of(pod)}
    own = {
        mark for pod in (*own_pods(NODE, CLUSTERS[name]), *host_pods(NODE, CLUSTERS[name])) for mark in marks_of(pod)
    }
    text = answer.body.decode()
    assert [mark for mark in foreign - own if mark in text] == []


def test_the_bytes_are_those_of_a_tenant_alone(cluster: Cluster, gateway: Gateway) -> None:
    """The pod list does not change from one scrape to the next."""
    raw = cluster.kubelet_body("/pods")
    pods = scan(BY_PATH["/pods"], raw)
    names = learn(pods).names_for([A], frozenset())  # type: ignore[arg-type]
    alone = answer_for(BY_PATH["/pods"], pods, Policy(frozenset()), names).body
    gateway.ask("/pods", cluster.token("tenant-b"))
    assert gateway.ask("/pods", cluster.token("tenant-a")).body == alone


def test_a_tenant_of_plain_namespaces_sees_no_virtual_pod(cluster: Cluster, gateway: Gateway) -> None:
    assert {one["namespace"] for one in metadata(gateway.ask("/pods", cluster.token("datadog")).body)} == {"datadog"}


def test_series_are_under_the_clusters_own_names(cluster: Cluster, gateway: Gateway) -> None:
    text = gateway.ask("/metrics/cadvisor", cluster.token("tenant-a")).body.decode()
    assert 'namespace="default"' in text
    assert 'pod="web-0"' in text
    assert HOST not in text.replace(f"-x-{HOST}", "")


def test_where_the_pod_list_cannot_be_read_nothing_goes_out(cluster: Cluster) -> None:
    vcluster = {"namespace": HOST, "name": A.name}
    grants = {"tenants": [tenant("a", account("tenant-a"), vcluster=vcluster)]}
    with cluster.serving(grants=grants, sharing={"ttl": 0}) as gateway:
        cluster.kubelet.break_("/pods", "500")
        try:
            answer = gateway.ask("/metrics/cadvisor", cluster.token("tenant-a"))
        finally:
            cluster.kubelet.mend()
    assert (answer.status, answer.reason) == (502, "upstream-status")
