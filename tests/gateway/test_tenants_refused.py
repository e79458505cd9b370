"""What tenants are told where something stands in their way: whose affair it is, and at whose cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.cluster import Cluster, account, tenant

A = "tenant-a"
GRANTS = {"tenants": [tenant("a", account(A), {"kind": "User", "name": "jane"}, namespaces=[A])]}
NO_GRANTS = {"tenants": [tenant("b", account("tenant-b"), namespaces=["tenant-b"])]}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")).running() as one:
        yield one


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [("401", 502, "kubelet-refused-us"), ("403", 502, "kubelet-refused-us"), ("404", 404, "upstream-not-found")],
)
def test_the_kubelets_refusal_of_our_own_token_is_no_callers_affair(
    tmp_path: Path, kind: str, status: int, reason: str
) -> None:
    with Cluster(tmp_path).running() as one, one.serving(grants=GRANTS) as gateway:
        one.kubelet.break_("/pods", kind)
        answer = gateway.ask("/pods", one.token(A))
    assert (answer.status, answer.reason) == (status, reason)


def test_the_record_of_a_refusal_names_who_was_refused(cluster: Cluster) -> None:
    with cluster.serving(grants=NO_GRANTS) as gateway:
        gateway.ask("/pods", cluster.token(A))
        cluster.by_certificate(gateway, "/pods", "jane")
        by_token, by_certificate = gateway.records(2)
    assert by_token["caller"] == "system:serviceaccount:tenant-a:agent"
    assert by_certificate["caller"] == "jane"
    assert len(by_certificate["credential"]) == 12
    assert by_certificate["credential"] != by_token["credential"]


def test_who_has_no_grant_is_held_to_his_rate_like_anybody(cluster: Cluster) -> None:
    with cluster.serving(grants=NO_GRANTS, limits={"callerRequestsPerSecond": 1}) as gateway:
        answers = [gateway.ask("/pods", cluster.token(A)) for _ in range(14)]
    reasons = [answer.reason for answer in answers]
    assert reasons[:10] == ["no-grant"] * 10
    assert "too-fast" in reasons[10:]


def test_a_selector_that_picks_nothing_says_so_instead_of_an_empty_answer(cluster: Cluster) -> None:
    nobodys = {"namespaceSelector": {"matchLabels": {"tenant": "nobodys"}}}
    with cluster.serving(grants={"tenants": [tenant("a", account(A), **nobodys)]}) as gateway:
        answer = gateway.ask("/pods", cluster.token(A))
        assert (answer.status, answer.reason) == (403, "selector-picks-nothing")
    kubelet = {"url": cluster.kubelet.url, "caFile": str(cluster.folder / "kubelet.crt")}
    everybodys = {"tenants": [{"name": "all", **nobodys}]}
    with cluster.serving(identity={"forward": True}, grants=everybodys, kubelet=kubelet) as gateway:
        answer = gateway.ask("/pods", cluster.token("datadog"))
        assert (answer.status, answer.reason) == (403, "selector-picks-nothing")
