"""Many tenants on one node, end to end: who is known how, granted by what, sees exactly his own on every endpoint."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubesieve.exposition import read
from kubesieve.kubelet.endpoints import ENDPOINTS, Kind
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Answered, Gateway, wait_until

A, B = "tenant-a", "tenant-b"
PATHS = [endpoint.path for endpoint in ENDPOINTS]
USER = {"kind": "User", "name": "jane"}
GROUP = {"kind": "Group", "name": "oidc:a"}

BY_TENANTS = {
    "tenants": [
        tenant("a", account(A), USER, GROUP, namespaces=[A]),
        tenant("b", account(B), namespaces=[B]),
        tenant("both", account(A), namespaces=["sandbox"]),
        tenant("nothing-here", {"kind": "User", "name": "empty"}, namespaces=["elsewhere"]),
    ]
}
BY_SELECTOR = {"tenants": [tenant("a", account(A), USER, namespaceSelector={"matchLabels": {"tenant": "a"}})]}
BY_RBAC: dict[str, Any] = {"rbac": {}}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")).running() as one:
        one.api.namespaces.put(A, {"tenant": "a"})
        yield one


@pytest.fixture(scope="module")
def gateways(cluster: Cluster) -> Iterator[dict[str, Gateway]]:
    kinds = {"tenants": BY_TENANTS, "selector": BY_SELECTOR, "rbac": BY_RBAC}
    made = {name: cluster.serving(grants=grants) for name, grants in kinds.items()}
    yield {name: one.__enter__() for name, one in made.items()}
    for one in made.values():
        one.__exit__(None, None, None)


def seen(path: str, answer: Answered) -> frozenset[str]:
    """The namespaces in an answer, read by its kind."""
    kinds = {endpoint.path: endpoint.kind for endpoint in ENDPOINTS}
    body = answer.body if answer.headers.get("content-encoding") != "gzip" else gzip.decompress(answer.body)
    if kinds[path] is Kind.TEXT:
        return frozenset(name.decode() for name in read(body).namespaces())
    if kinds[path] is Kind.HEALTH:
        return frozenset()
    document = json.loads(body)
    items = document["items"] if "items" in document else document["pods"]
    return frozenset((item.get("metadata") or item["podRef"])["namespace"] for item in items)


WHOLE = {"/pods", "/runningpods/", "/stats/summary", "/metrics/cadvisor", "/metrics/resource"}
"""Where every namespace of the node has something."""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("by", "who", "status", "own"),
    [
        pytest.param("tenants", A, 200, {A, "sandbox"}, id="tenants, service account"),
        pytest.param("tenants", B, 200, {B}, id="tenants, another service account"),
        pytest.param("tenants", "jane", 200, {A}, id="tenants, certificate"),
        pytest.param("tenants", "group oidc:a", 200, {A}, id="tenants, group of a certificate"),
        pytest.param("tenants", "empty", 200, set(), id="tenants, nothing here"),
        pytest.param("tenants", "mallory", 403, set(), id="tenants, no grant"),
        pytest.param("tenants", "datadog", 403, set(), id="tenants, a token that opens the kubelet"),
        pytest.param("tenants", "a bad token", 401, set(), id="tenants, a bad token"),
        pytest.param("tenants", "nobody", 401, set(), id="tenants, nothing shown"),
        pytest.param("selector", A, 200, {A}, id="selector, service account"),
        pytest.param("selector", B, 403, set(), id="selector, no grant"),
        pytest.param("rbac", A, 200, {A}, id="RBAC, service account"),
        pytest.param("rbac", "datadog", 200, {"datadog", "kube-system"}, id="RBAC, two namespaces"),
        pytest.param("rbac", "admin", 200, None, id="RBAC, everything"),
        pytest.param("rbac", "mallory", 403, set(), id="RBAC, no grant"),
    ],
)
def test_who_asks_sees_his_own_and_nothing_else(
    cluster: Cluster, gateways: dict[str, Gateway], path: str, by: str, who: str, status: int, own: set[str] | None
) -> None:
    answer = asked(cluster, gateways[by], who, path)
    if answer.status == 503 and answer.reason == "namespaces-unknown":  # the first list is on its way
        time.sleep(0.5)
        answer = asked(cluster, gateways[by], who, path)
    assert answer.status == status, answer.body
    if status == 200:
        everything = frozenset(cluster.kubelet.node.namespaces)
        allowed = everything if own is None else frozenset(own)
        found = seen(path, answer)
        assert found <= allowed
        assert found == allowed if path in WHOLE else True


def asked(cluster: Cluster, gateway: Gateway, who: str, path: str) -> Answered:
    if who in cluster.directory.tokens:
        return gateway.ask(path, cluster.token(who))
    if who in ("a bad token", "nobody"):
        return gateway.ask(path, "wrong" if who == "a bad token" else None)
    groups = [who.removeprefix("group ")] if who.startswith("group ") else []
    return cluster.by_certificate(gateway, path, "somebody" if groups else who, *groups)


def test_headers_that_name_somebody_change_nothing(cluster: Cluster, gateways: dict[str, Gateway]) -> None:
    forged = {"X-Remote-User": "jane", "Impersonate-User": "jane", "X-Remote-Group": "oidc:a"}
    assert gateways["tenants"].ask("/pods", cluster.token("datadog"), headers=forged).status == 403
    plain = gateways["tenants"].ask("/pods", cluster.token(B))
    assert gateways["tenants"].ask("/pods", cluster.token(B), headers=forged).body == plain.body


def test_a_token_counts_more_than_a_certificate_and_an_expired_certificate_for_nothing(
    cluster: Cluster, gateways: dict[str, Gateway]
) -> None:
    answer = cluster.by_certificate(gateways["tenants"], "/pods", "jane", expired=True)
    assert answer.status == 0, "the handshake is refused"


def test_the_kubelet_is_asked_once_for_all_callers_and_never_with_their_tokens(cluster: Cluster) -> None:
    with cluster.serving(grants=BY_TENANTS) as gateway:
        cluster.kubelet.forget()
        for _ in range(3):
            for who in (A, B):
                assert gateway.ask("/metrics/cadvisor", cluster.token(who)).status == 200
        requests = [one for one in cluster.kubelet.requests if one.target == "/metrics/cadvisor"]
        assert len(requests) == 1
        assert requests[0].header("Authorization") == f"Bearer {cluster.token('kubelet-proxy')}"


def test_the_record_says_who_asked_and_under_which_grant(cluster: Cluster) -> None:
    with cluster.serving(grants=BY_TENANTS) as gateway:
        gateway.ask("/pods", cluster.token(A))
        gateway.ask("/pods", cluster.token("datadog"))
        good, refused = gateway.records(2)
    assert good["caller"] == "system:serviceaccount:tenant-a:agent"
    assert good["namespaces"] == "sandbox,tenant-a"
    assert len(good["grant"]) == 12
    assert (refused["status"], refused["reason"], refused["namespaces"]) == (403, "no-grant", "")
    assert cluster.token(A) not in gateway.raw_records


def test_a_changed_file_is_used_and_a_bad_one_keeps_the_old(cluster: Cluster) -> None:
    with cluster.serving(grants=BY_TENANTS, sharing={"ttl": 0}) as gateway:
        token = cluster.token(B)

        def sees() -> frozenset[str]:
            return seen("/pods", gateway.ask("/pods", token))

        assert sees() == {B}
        cluster.write(
            gateway.path, grants={"tenants": [tenant("b", account(B), namespaces=[B, "sandbox"])]}, sharing={"ttl": 0}
        )
        assert wait_until(lambda: sees() == {B, "sandbox"})
        cluster.write(gateway.path, grants={"tenants": "none"}, sharing={"ttl": 0})
        assert wait_until(lambda: "cannot be used, the old one stays" in gateway.sentences)
        assert sees() == {B, "sandbox"}
        metric = b"kubesieve_configuration_last_reload_successful 0.0\n"
        assert metric in gateway.admin("/-/metrics").body


def test_a_swapped_symlink_counts(cluster: Cluster, tmp_path: Path) -> None:
    """As kubelets update what is mounted from a ConfigMap."""
    with cluster.serving(grants=BY_TENANTS, sharing={"ttl": 0}) as gateway:
        path = gateway.path
        new = tmp_path / "new.yaml"
        text = path.read_text().replace("- sandbox", "- kube-system")
        new.write_text(text)
        link = cluster.folder / "link"
        link.symlink_to(new)
        link.replace(path)
        assert wait_until(lambda: seen("/pods", gateway.ask("/pods", cluster.token(A))) == {A, "kube-system"})


def test_labels_that_change_change_the_grant(cluster: Cluster) -> None:
    with cluster.serving(grants=BY_SELECTOR, sharing={"ttl": 0}) as gateway:
        token = cluster.token(A)
        assert wait_until(lambda: gateway.ask("/pods", token).status == 200)
        cluster.api.namespaces.put("sandbox", {"tenant": "a"})
        try:
            assert wait_until(lambda: seen("/pods", gateway.ask("/pods", token)) == {A, "sandbox"})
        finally:
            cluster.api.namespaces.put("sandbox", {})
        assert wait_until(lambda: seen("/pods", gateway.ask("/pods", token)) == {A})
        cluster.api.namespaces.forget()
        cluster.api.namespaces.put("sandbox", {"tenant": "a"})
        assert wait_until(lambda: seen("/pods", gateway.ask("/pods", token)) == {A, "sandbox"})
        cluster.api.namespaces.put("sandbox", {})


def test_without_the_api_server_nobody_new_is_let_in_and_it_is_no_401(cluster: Cluster, tmp_path: Path) -> None:
    with Cluster(tmp_path).running() as alone, alone.serving(grants=BY_TENANTS) as gateway:
        assert gateway.ask("/pods", alone.token(A)).status == 200
        alone.api.stop()
        assert gateway.ask("/pods", alone.token(A)).status == 200, "known for a minute"
        answer = gateway.ask("/pods", alone.token(B))
        assert (answer.status, answer.reason) == (503, "api-server-unavailable")


def test_forwarded_the_kubelet_judges_and_one_tenants_namespaces_are_shown(cluster: Cluster) -> None:
    grants = {"tenants": [{"name": "a", "namespaces": [A]}]}
    kubelet = {"url": cluster.kubelet.url, "caFile": str(cluster.folder / "kubelet.crt")}
    with cluster.serving(identity={"forward": True}, grants=grants, kubelet=kubelet) as gateway:
        assert seen("/pods", gateway.ask("/pods", cluster.token("datadog"))) == {A}
        assert gateway.ask("/pods", cluster.token(B)).status == 403
        assert gateway.ask("/pods", None).status == 401
