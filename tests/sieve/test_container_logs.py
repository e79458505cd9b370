"""Whose log it is: one's own by the names that /pods shows, and nobody else's by any name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from kubesieve.kubelet.podlist import PodList, read_podlist
from kubesieve.sieve import Policy
from kubesieve.sieve.container_logs import LogName, host_log
from kubesieve.tenancy.values import VirtualCluster
from tests.sieve.virtual_node import FOREIGN, HOST, NODE, A, B, body, host_pods, learnt, own_pods

PODS = read_podlist(body("/pods"))
BOTH = (A, B)


def found(
    asked: tuple[str, str, str], *clusters: VirtualCluster, namespaces: Iterable[str] = (), pods: PodList = PODS
) -> LogName | None:
    granted = frozenset(namespaces)
    names = learnt().names_for(clusters, granted)
    return host_log(pods, Policy(granted), LogName(*asked), names, clusters)


def logs_of_all() -> Iterator[LogName]:
    """Every log of the node under every name that anybody knows it by."""
    for pod in (*NODE.pods, *own_pods(NODE, A), *own_pods(NODE, B)):
        for container in (*pod.containers, *pod.init):
            yield LogName(pod.namespace, pod.name, container.name)


@pytest.mark.parametrize("namespaces", [(), ("sandbox",), ("sandbox", "kube-system"), ("nowhere",)])
def test_plain_namespaces_give_their_own_logs_and_no_others(namespaces: tuple[str, ...]) -> None:
    for log in set(logs_of_all()):
        there = any(pod.namespace == log.namespace and pod.name == log.pod for pod in NODE.pods)
        assert found(log, namespaces=namespaces) == (log if there and log.namespace in namespaces else None)


@pytest.mark.parametrize("clusters", [(A,), (B,), BOTH], ids=["alpha", "beta", "both"])
def test_a_virtual_cluster_gives_logs_by_its_own_names_alone(clusters: tuple[VirtualCluster, ...]) -> None:
    shown = {(pod.own.namespace, pod.own.name): pod.host for pod in learnt().names_for(clusters).pods}
    for log in set(logs_of_all()):
        host = shown.get((log.namespace, log.pod))
        got = found(log, *clusters)
        assert (got is None) == (host is None)
        if host is not None:
            assert got == LogName(host.namespace, host.name, log.container)


def test_the_host_namespace_granted_plainly_gives_what_is_plain_in_it() -> None:
    container = FOREIGN.containers[0].name
    theirs = (HOST, FOREIGN.name, container)
    assert found(theirs, namespaces=(HOST,)) == LogName(*theirs)
    assert found(theirs, A) is None
    virtual = host_pods(NODE, A)[0]
    by_host_name = (HOST, virtual.name, virtual.containers[0].name)
    assert found(by_host_name, namespaces=(HOST,)) == LogName(*by_host_name)
    assert found(by_host_name, A, namespaces=(HOST,)) is None, "it goes by its own name then"


ODD = {"metadata": {"namespace": "sandbox", "name": "odd"}}


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param({**ODD}, id="no spec"),
        pytest.param({**ODD, "spec": []}, id="a spec that is none"),
        pytest.param({**ODD, "spec": {"containers": {"name": "app"}}}, id="containers that are none"),
        pytest.param({**ODD, "spec": {"containers": [None, "app", {"name": 7}, {}]}}, id="odd containers"),
        pytest.param({**ODD, "spec": {"volumes": [{"name": "app"}]}}, id="the name of something else"),
        pytest.param({"metadata": {"namespace": "sandbox"}, "spec": {"containers": [{"name": "app"}]}}, id="no name"),
        pytest.param(
            {"metadata": {"namespace": "sandbox", "name": ["odd"]}, "spec": {"containers": [{"name": "app"}]}},
            id="a name that is none",
        ),
    ],
)
def test_a_pod_that_is_odd_has_no_log(pod: object) -> None:
    pods = read_podlist(json.dumps({"kind": "PodList", "items": [pod]}).encode())
    assert found(("sandbox", "odd", "app"), namespaces=("sandbox",), pods=pods) is None


@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
def test_every_kind_of_container_has_a_log(kind: str) -> None:
    pod = {**ODD, "spec": {kind: [{"name": "other"}, {"name": "app"}]}}
    pods = read_podlist(json.dumps({"kind": "PodList", "items": [pod]}).encode())
    assert found(("sandbox", "odd", "app"), namespaces=("sandbox",), pods=pods) == LogName("sandbox", "odd", "app")
