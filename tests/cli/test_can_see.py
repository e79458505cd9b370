"""``kubesieve can-see``: what serve would show to whom, told before it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from kubesieve.cli.can_see import can_see
from kubesieve.faults import OwnFault
from tests.gateway.cluster import Cluster, account, tenant

AGENT = "system:serviceaccount:{}:agent"
TENANTS = {
    "tenants": [
        tenant("a", account("tenant-a"), namespaces=["tenant-a", "sandbox"]),
        tenant("labelled", account("tenant-a"), namespaceSelector={"matchLabels": {"tenant": "a"}}),
        tenant("virtual", {"kind": "Group", "name": "oidc:v"}, vcluster={"namespace": "vc", "name": "v"}),
    ]
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")).running() as one:
        one.api.namespaces.put("kube-system", {"tenant": "a"})
        yield one


def seen(cluster: Cluster, *arguments: str, **more: Any) -> tuple[int, dict[str, Any]]:
    path = cluster.folder / "can-see.yaml"
    cluster.write(path, **more)
    done = CliRunner().invoke(can_see, ["--config", str(path), *arguments, "-o", "json"])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, json.loads(done.output)


def test_each_namespace_says_what_gives_it(cluster: Cluster) -> None:
    code, told = seen(cluster, "--as", AGENT.format("tenant-a"), grants=TENANTS)
    because = {one["name"]: one["because"] for one in told["namespaces"]}
    assert code == 0
    assert because == {
        "tenant-a": ["tenant a"],
        "sandbox": ["tenant a"],
        "kube-system": ["tenant labelled, by its namespaceSelector"],
    }


def test_a_group_opens_a_virtual_cluster(cluster: Cluster) -> None:
    code, told = seen(cluster, "--as", "jane", "--as-group", "oidc:v", grants=TENANTS)
    assert (code, told["vclusters"]) == (0, [{"namespace": "vc", "name": "v"}])


@pytest.mark.parametrize(
    ("user", "code", "namespaces"),
    [
        pytest.param(AGENT.format("datadog"), 0, ["datadog", "kube-system"], id="two namespaces"),
        pytest.param("mallory", 1, [], id="nobody"),
    ],
)
def test_rbac_is_asked_of_the_api_server(cluster: Cluster, user: str, code: int, namespaces: list[str]) -> None:
    found, told = seen(cluster, "--as", user, grants={"rbac": {}})
    assert (found, [one["name"] for one in told["namespaces"]]) == (code, namespaces)


def test_a_service_account_is_in_its_usual_groups(cluster: Cluster) -> None:
    _, told = seen(cluster, "--as", AGENT.format("tenant-a"), grants=TENANTS)
    assert told["groups"] == ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:tenant-a"]


NOBODYS = {"matchLabels": {"tenant": "nobodys"}}


def test_a_selector_that_picks_nothing_is_told(cluster: Cluster) -> None:
    grants = {"tenants": [tenant("labelled", account("tenant-a"), namespaceSelector=NOBODYS)]}
    code, told = seen(cluster, "--as", AGENT.format("tenant-a"), grants=grants)
    assert (code, told["granted"], told["reason"]) == (1, False, "selector-picks-nothing")
    done = CliRunner().invoke(
        can_see, ["--config", str(cluster.folder / "can-see.yaml"), "--as", AGENT.format("tenant-a")]
    )
    assert "serve answers 403 (selector-picks-nothing): expected a namespace with the labels" in done.output
    assert "tenant labelled" in done.output


def test_a_page_for_people_says_403_where_serve_does(cluster: Cluster) -> None:
    path = cluster.folder / "page.yaml"
    cluster.write(path, grants=TENANTS)
    done = CliRunner().invoke(can_see, ["--config", str(path), "--as", "mallory\x1b[31m"])
    assert (done.exit_code, "nothing: serve answers 403 (no-grant)" in done.output) == (1, True)
    assert "\x1b" not in done.output
    done = CliRunner().invoke(can_see, ["--config", str(path), "--as", AGENT.format("tenant-a")])
    assert "tenant labelled, by its namespaceSelector" in " ".join(done.output.split())


def test_without_the_api_server_nobody_can_tell(cluster: Cluster) -> None:
    access = {"url": "https://127.0.0.1:1", **cluster._access("api.crt")}
    with pytest.raises(OwnFault) as caught:
        seen(cluster, "--as", "jane", grants={"rbac": {}}, apiServer=access)
    assert caught.value.reason == "api-server-unavailable"
