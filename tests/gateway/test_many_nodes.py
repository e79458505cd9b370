"""One gateway before many nodes, end to end: each request asks the kubelet of the node that it names, and no other."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.kubelet.client import KubeletClient
from kubesieve.kubelet.endpoints import ENDPOINTS
from kubesieve.kubelet.trust import Trust
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.pki import Authority
from tests.gateway.cluster import account, tenant
from tests.gateway.conftest import Answered, Gateway, wait_until
from tests.gateway.many_nodes import LOOPBACK, ManyNodes, at
from tests.gateway.test_tenants import seen

A, B = "tenant-a", "tenant-b"
ONE, TWO, THREE = "stage-node", "stage-node-2", "stage-node-3"
GRANTS = {"tenants": [tenant("a", account(A), namespaces=[A]), tenant("b", account(B), namespaces=[B])]}
PATHS = [endpoint.path for endpoint in ENDPOINTS]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManyNodes]:
    with ManyNodes(tmp_path_factory.mktemp("nodes")).running() as one:
        yield one


@pytest.fixture(scope="module")
def shared_gateway(cluster: ManyNodes) -> Iterator[Gateway]:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": 0}) as gateway:
        yield gateway


@pytest.fixture
def gateway(cluster: ManyNodes, shared_gateway: Gateway) -> Iterator[Gateway]:
    """Nothing is shared in time, so that each test sees its own requests."""
    cluster.forget()
    yield shared_gateway
    for name in cluster.kubelets:
        cluster.put(name)


def uids(answer: Answered) -> set[str]:
    return {item["metadata"]["uid"] for item in json.loads(answer.body)["items"]}


def own_uids(cluster: ManyNodes, node: str, namespace: str) -> set[str]:
    return {pod.uid for pod in cluster.kubelets[node].node.pods if pod.namespace == namespace}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("node", [ONE, TWO, THREE])
@pytest.mark.parametrize("who", [A, B])
def test_every_endpoint_of_every_node_shows_the_callers_own(
    cluster: ManyNodes, gateway: Gateway, node: str, path: str, who: str
) -> None:
    answer = gateway.ask(at(node, path), cluster.token(who))
    assert answer.status == 200, answer.body
    assert seen(path, answer) <= {who}
    assert cluster.asked() == [node]
    assert cluster.kubelets[node].requests[0].target == path


NAMED = [
    # a node's name as it stands in the path; who asks; what comes
    pytest.param("nowhere", A, 404, "node-unknown", id="no such node"),
    pytest.param("nowhere", "datadog", 403, "no-grant", id="no such node, no grant"),
    pytest.param("nowhere", "wrong", 401, "token-refused", id="no such node, a wrong token"),
    pytest.param(ONE, "datadog", 403, "no-grant", id="a node, no grant"),
    pytest.param(ONE, "wrong", 401, "token-refused", id="a node, a wrong token"),
    pytest.param("127.0.0.1", A, 404, "node-unknown", id="an address"),
    pytest.param("stage-node.", A, 404, "path-unknown", id="a dot at the end"),
    pytest.param("STAGE-NODE", A, 404, "path-unknown", id="upper case"),
    pytest.param("stage-node:10250", A, 404, "path-not-canonical", id="with a port"),
    pytest.param("https:stage-node:10250", A, 404, "path-not-canonical", id="with a scheme and a port"),
    pytest.param("stage%2dnode", A, 404, "path-not-canonical", id="percent-encoded"),
    pytest.param("stage-node%2f..%2f", A, 404, "path-not-canonical", id="an encoded slash"),
    pytest.param("..", A, 404, "path-not-canonical", id="two dots"),
    pytest.param("", A, 404, "path-not-canonical", id="nothing"),
    pytest.param("stage-node@127.0.0.1", A, 404, "path-not-canonical", id="with credentials"),
    pytest.param("n" * 300, A, 404, "path-unknown", id="too long"),
]


@pytest.mark.parametrize(("node", "who", "status", "reason"), NAMED)
def test_a_name_is_looked_up_and_never_asked(
    cluster: ManyNodes, gateway: Gateway, node: str, who: str, status: int, reason: str
) -> None:
    token = cluster.directory.tokens.get(who, "wrong")
    answer = gateway.ask(at(node), token)
    assert (answer.status, answer.reason) == (status, reason)
    assert cluster.asked() == []


OTHER_PATHS = [
    *(path for path in PATHS),
    f"/api/v1/nodes/{ONE}",
    f"/api/v1/nodes/{ONE}/proxy",
    f"/api/v1/nodes/{ONE}/proxy/",
    f"/api/v1/nodes/{ONE}/proxy/configz",
    f"/api/v1/nodes/{ONE}/proxy/exec/{A}/x/y",
    f"/api/v1/nodes/{ONE}/proxy//pods",
    f"/api/v1/nodes/{ONE}/proxy/../proxy/pods",
    f"/api/v1/nodes/{ONE}/proxy/pods/",
    f"/api/v1/nodes/{ONE}/proxy/api/v1/nodes/{ONE}/proxy/pods",
    f"/api/v1/nodes/{ONE}/proxy/spec/",
    f"/api/v1/namespaces/{A}/pods",
    f"//api/v1/nodes/{ONE}/proxy/pods",
    f"http://x/api/v1/nodes/{ONE}/proxy/pods",
]


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_all_other_paths_are_404_and_no_kubelet_is_asked(cluster: ManyNodes, gateway: Gateway, path: str) -> None:
    assert gateway.ask(path, cluster.token(A)).status == 404
    assert cluster.asked() == []


@pytest.mark.parametrize("path", PATHS)
def test_a_path_without_a_node_says_what_is_missing(gateway: Gateway, path: str) -> None:
    answer = gateway.ask(path, None)
    assert (answer.status, answer.reason) == (404, "path-without-node")
    assert b"/api/v1/nodes/NODE/proxy" in answer.body


def test_before_one_kubelet_the_paths_of_nodes_are_404(cluster: ManyNodes) -> None:
    with cluster.serving(grants=GRANTS) as single:
        answer = single.ask(at(ONE), cluster.token(A))
        assert (answer.status, answer.reason) == (404, "path-unknown")
        assert single.records()[0]["node"] is None


def test_who_is_granted_nothing_by_rbac_does_not_learn_which_nodes_there_are(cluster: ManyNodes) -> None:
    with cluster.gateway(grants={"rbac": {}}) as gateway:
        assert wait_until(lambda: gateway.ask(at("nowhere"), cluster.token(A)).status == 404)
        mallory = cluster.by_certificate(gateway, at("nowhere"), "mallory")
        assert (mallory.status, mallory.reason) == (403, "no-grant")


def test_pods_of_equal_names_on_two_nodes_are_never_mixed(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": "30s"}) as gateway:
        for _ in range(2):
            for node in (ONE, TWO, THREE):
                found = uids(gateway.ask(at(node), cluster.token(A)))
                assert found == own_uids(cluster, node, A)
    names = [{pod.name for pod in kubelet.node.pods} for kubelet in cluster.kubelets.values()]
    assert names[0] & names[1]


def test_each_node_is_scraped_once_for_all_callers(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": "30s"}) as gateway:
        cluster.forget()
        for _ in range(2):
            for node in (ONE, TWO):
                for who in (A, B):
                    assert gateway.ask(at(node, "/metrics/cadvisor"), cluster.token(who)).status == 200
    assert sorted(cluster.asked()) == [ONE, TWO]


def test_a_node_that_is_gone_is_404_and_comes_back_with_nothing_that_was_shared(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": "30s"}) as gateway:
        token = cluster.token(A)
        assert gateway.ask(at(TWO), token).status == 200
        cluster.api.nodes.remove(TWO)
        assert wait_until(lambda: gateway.ask(at(TWO), token).status == 404)
        assert gateway.ask(at(ONE), token).status == 200
        cluster.put(TWO, uid="made anew", to=cluster.kubelets[THREE])
        assert wait_until(lambda: gateway.ask(at(TWO), token).status == 200)
        assert uids(gateway.ask(at(TWO), token)) == own_uids(cluster, THREE, A)
    cluster.put(TWO)


MOVES = [pytest.param({}, id="moved"), pytest.param({"uid": "made anew"}, id="made anew, and elsewhere")]


@pytest.mark.parametrize("more", MOVES)
def test_a_node_that_moved_is_asked_where_it_is_now(cluster: ManyNodes, more: dict[str, str]) -> None:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": "30s"}) as gateway:
        token = cluster.token(A)
        assert uids(gateway.ask(at(TWO), token)) == own_uids(cluster, TWO, A)
        cluster.put(TWO, to=cluster.kubelets[THREE], **more)
        assert wait_until(lambda: uids(gateway.ask(at(TWO), token)) == own_uids(cluster, THREE, A))
    cluster.put(TWO)


def test_a_node_made_anew_at_the_same_address_shares_nothing_with_the_old_one(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS, sharing={"ttl": "30s"}) as gateway:
        cluster.forget()
        gateway.ask(at(TWO), cluster.token(A))
        assert cluster.asked() == [TWO]
        cluster.put(TWO, uid="made anew")
        assert wait_until(lambda: gateway.ask(at(TWO), cluster.token(A)).status == 200 and len(cluster.asked()) == 2)
    cluster.put(TWO)


def test_who_waits_for_a_node_that_goes_is_told_at_once(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS) as gateway:
        cluster.forget()
        cluster.kubelets[TWO].break_("*", "stuck")
        answers: list[Answered] = []
        waiting = threading.Thread(target=lambda: answers.append(gateway.ask(at(TWO), cluster.token(A))))
        waiting.start()
        assert wait_until(lambda: TWO in cluster.asked())
        started = time.monotonic()
        cluster.api.nodes.remove(TWO)
        waiting.join(10)
        cluster.put(TWO)
        assert time.monotonic() - started < 1.5, "not the kubelet's two seconds"
        assert [(one.status, one.reason) for one in answers] == [(503, "node-left")]


async def test_a_client_that_was_left_asks_nothing_more(cluster: ManyNodes) -> None:
    """Whoever still holds it decided before the node went: 503, and the next look finds no such node."""
    client = KubeletClient(URL(cluster.kubelets[ONE].url), Trust(None, insecure=True))
    async with client:
        pass
    with pytest.raises(OwnFault) as caught:
        await client.get(ENDPOINTS[0], None)
    assert (caught.value.reason, caught.value.status) == ("client-closed", 503)


def test_a_node_that_is_added_is_served(cluster: ManyNodes, gateway: Gateway) -> None:
    assert gateway.ask(at("new"), cluster.token(A)).status == 404
    cluster.put("new", to=cluster.kubelets[ONE])
    assert wait_until(lambda: gateway.ask(at("new"), cluster.token(A)).status == 200)
    cluster.api.nodes.remove("new")
    assert wait_until(lambda: gateway.ask(at("new"), cluster.token(A)).status == 404)


def test_nodes_that_a_selector_does_not_pick_are_not_there(cluster: ManyNodes) -> None:
    labelled = {"selector": {"matchLabels": {"kubernetes.io/hostname": TWO}}, **LOOPBACK}
    kubelet = {"nodes": labelled, **cluster._access("kubelet.crt")}
    with cluster.serving(kubelet=kubelet, grants=GRANTS) as gateway:
        assert wait_until(lambda: gateway.ask(at(TWO), cluster.token(A)).status == 200)
        assert gateway.ask(at(ONE), cluster.token(A)).reason == "node-unknown"


@pytest.mark.parametrize("kind", ["500", "stuck", "reset", "cut"])
def test_a_node_that_is_slow_or_broken_does_not_touch_the_others(
    cluster: ManyNodes, gateway: Gateway, kind: str
) -> None:
    cluster.kubelets[TWO].break_("*", kind)
    token, answers = cluster.token(A), []
    waiting = [threading.Thread(target=lambda: answers.append(gateway.ask(at(TWO), token))) for _ in range(4)]
    for thread in waiting:
        thread.start()
    started = time.monotonic()
    others = [gateway.ask(at(node, "/metrics/cadvisor"), token).status for node in (ONE, THREE)]
    assert others == [200, 200]
    assert time.monotonic() - started < 1.5
    for thread in waiting:
        thread.join(10)
    assert {answer.status for answer in answers} <= {502, 504}


HOSTILE = [
    pytest.param("169.254.169.254", None, id="link-local: a cloud's metadata"),
    pytest.param("0.0.0.0", None, id="unspecified"),
    pytest.param("127.0.0.1", {}, id="loopback, which no range has"),
    pytest.param("127.0.0.1", {"addressRanges": ["10.0.0.0/8"]}, id="outside of the ranges"),
    pytest.param("127.0.0.1:22", None, id="with a port"),
    pytest.param("localhost", None, id="a name where an address is due"),
]


@pytest.mark.parametrize(("address", "rules"), HOSTILE)
def test_a_node_that_names_an_address_that_no_kubelet_has_is_not_asked(
    cluster: ManyNodes, address: str, rules: dict[str, list[str]] | None
) -> None:
    with cluster.gateway(rules, grants=GRANTS) as gateway:
        cluster.forget()
        cluster.put(TWO, address=address)
        token = cluster.token(A)
        assert wait_until(lambda: gateway.ask(at(TWO), token).reason == "node-address-refused")
        assert gateway.ask(at(TWO), token).status == 502
        assert TWO not in cluster.asked()
    cluster.put(TWO)


def test_a_name_that_leads_where_no_kubelet_may_be_is_not_asked(cluster: ManyNodes) -> None:
    """``ip6-loopback`` and the like stand in a hosts file: DNS can say the same of any name."""
    import socket

    own_name = socket.gethostname()
    rules = {"addressTypes": ["Hostname"], "addressRanges": ["192.0.2.0/24"]}
    cluster.api.nodes.put(TWO, cluster.kubelets[TWO].port, [("Hostname", own_name)])
    with cluster.gateway(rules, grants=GRANTS) as gateway:
        cluster.forget()
        answer = gateway.ask(at(TWO), cluster.token(A))
        assert (answer.status, answer.reason) in ((502, "upstream-unreachable"), (502, "node-address-refused"))
        assert cluster.asked() == []
    cluster.put(TWO)


def test_whoever_answers_there_without_a_kubelets_certificate_gets_no_token(cluster: ManyNodes) -> None:
    impostor = FakeKubelet(cluster.node, directory=cluster.directory, authority=Authority())
    with impostor, cluster.gateway(grants=GRANTS) as gateway:
        cluster.put(TWO, to=impostor)
        assert wait_until(lambda: gateway.ask(at(TWO), cluster.token(A)).reason == "upstream-tls")
        assert impostor.requests == ()
    cluster.put(TWO)


def test_by_node_name_a_node_cannot_pass_another_for_itself(cluster: ManyNodes) -> None:
    with cluster.gateway({**LOOPBACK, "serverName": "NodeName"}, grants=GRANTS) as gateway:
        assert gateway.ask(at(TWO), cluster.token(A)).status == 200
        cluster.forget()
        cluster.put(TWO, to=cluster.kubelets[THREE])
        assert wait_until(lambda: gateway.ask(at(TWO), cluster.token(A)).reason == "upstream-tls")
        assert THREE not in cluster.asked()
    cluster.put(TWO)


def test_a_forwarded_token_goes_to_the_kubelet_of_that_node_alone(cluster: ManyNodes) -> None:
    grants = {"tenants": [{"name": "a", "namespaces": [A]}]}
    with cluster.gateway(grants=grants, identity={"forward": True}) as gateway:
        cluster.forget()
        assert seen("/pods", gateway.ask(at(TWO), cluster.token("datadog"))) == {A}
        assert gateway.ask(at(TWO), cluster.token(B)).status == 403
        assert set(cluster.asked()) == {TWO}
        shown = {one.header("Authorization") for one in cluster.kubelets[TWO].requests}
        assert shown == {f"Bearer {cluster.token(who)}" for who in ("datadog", B)}
        assert gateway.ask(at("nowhere"), cluster.token("datadog")).reason == "node-unknown"
        assert gateway.ask(at(TWO), None).status == 401


def test_a_log_is_that_of_the_node_alone_where_logs_are_on(cluster: ManyNodes) -> None:
    with cluster.gateway(grants=GRANTS, containerLogs={"enabled": True}) as gateway:
        cluster.forget()
        own, foreign = (f"/containerLogs/{namespace}" for namespace in (f"{A}/two-containers/app", f"{B}/awkward/app"))
        assert gateway.ask(at(TWO, own), cluster.token(A)).status == 200
        assert gateway.ask(at(TWO, foreign), cluster.token(A)).reason == "log-unknown"
        assert gateway.ask(at("nowhere", own), cluster.token(A)).reason == "node-unknown"
        assert gateway.ask(own, cluster.token(A)).status == 404
        assert set(cluster.asked()) == {TWO}
        shown = [(one["node"], one["endpoint"], one["status"]) for one in gateway.records(4)]
        assert shown[0] == (TWO, "containerLogs", 200)


def test_it_is_ready_while_nodes_are_known_and_says_how_many(cluster: ManyNodes, gateway: Gateway) -> None:
    assert gateway.admin("/-/ready").status == 200
    assert b"\nkubesieve_nodes 3.0\n" in gateway.admin("/-/metrics").body


def test_it_is_not_ready_and_says_503_where_nodes_cannot_be_watched(tmp_path_factory: pytest.TempPathFactory) -> None:
    alone = ManyNodes(tmp_path_factory.mktemp("away"))
    with alone.running():
        kubelet = {"nodes": LOOPBACK, **alone._access("kubelet.crt")}
        wrong = alone.folder / "nobody"
        wrong.write_text(alone.token(A))
        api = {"url": alone.api.url, "caFile": str(alone.folder / "api.crt"), "tokenFile": str(wrong)}
        certificates = {"clientCertificates": True}
        with alone.serving(kubelet=kubelet, apiServer=api, identity=certificates, grants=MINE) as gateway:
            answer = alone.by_certificate(gateway, at(ONE), "jane")
            assert (answer.status, answer.reason) == (503, "nodes-unknown")
            ready = gateway.admin("/-/ready")
            assert (ready.status, ready.body.partition(b":")[0]) == (503, b"nodes-unknown")
            assert wait_until(lambda: "nodes cannot be watched: status 403" in gateway.sentences)


MINE = {"tenants": [tenant("jane", {"kind": "User", "name": "jane"}, namespaces=[A])]}


def test_records_name_the_node_and_metrics_do_not(cluster: ManyNodes, gateway: Gateway) -> None:
    before = len(gateway.records(0))
    gateway.ask(at(TWO, "/metrics/cadvisor"), cluster.token(A))
    gateway.ask(at("nowhere", "/metrics/cadvisor"), cluster.token(A))
    gateway.ask("/pods", cluster.token(A))
    shown = [(one["node"], one["endpoint"], one["status"]) for one in gateway.records(before + 3)[before:]]
    assert shown == [(TWO, "cadvisor", 200), ("nowhere", "cadvisor", 404), (None, "other", 404)]
    assert TWO.encode() not in gateway.admin("/-/metrics").body


def test_two_replicas_say_the_same(cluster: ManyNodes, gateway: Gateway) -> None:
    with cluster.gateway(grants=GRANTS) as another:
        for node in (ONE, TWO):
            bodies = [one.ask(at(node), cluster.token(A)).body for one in (gateway, another)]
            assert json.loads(bodies[0])["items"] == json.loads(bodies[1])["items"]


def test_a_followed_log_is_over_when_its_node_goes(cluster: ManyNodes) -> None:
    path = at(TWO, f"/containerLogs/{A}/two-containers/app")
    with cluster.gateway(grants=GRANTS, containerLogs={"enabled": True, "follow": True}) as gateway:
        cluster.forget()
        cluster.kubelets[TWO].break_(f"/containerLogs/{A}/two-containers/app", "slow", seconds=60)
        with gateway.connect() as connection:
            request = f"GET {path}?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {cluster.token(A)}\r\n\r\n"
            connection.sendall(request.encode())
            assert b" 200 " in connection.recv(65536)
            started = time.monotonic()
            cluster.api.nodes.remove(TWO)
            try:
                assert gateway.records(1, seconds=5)[0]["endpoint"] == "containerLogs"
                assert time.monotonic() - started < 3
            finally:
                cluster.put(TWO)
