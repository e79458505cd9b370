"""What breaks behind the gateway while tenants ask: nobody sees more, who can be served is, and it mends by itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.apiserver import FakeApiserver
from kubesieve.stage.breakage import parse_fault
from kubesieve.stage.http_values import Answer, Request
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.pki import Authority
from kubesieve.tenancy import access, tokens
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Gateway

A, B = "tenant-a", "tenant-b"
BY_TENANTS = {"tenants": [tenant(name, account(name), namespaces=[name]) for name in (A, B)]}
BY_RBAC: dict[str, Any] = {"rbac": {}}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("faults")).running() as one:
        yield one


@contextmanager
def broken(api: FakeApiserver, path: str, kind: str) -> Iterator[None]:
    """The API server answers one path with a fault."""
    fault, kept = parse_fault(kind), api.answer

    def answer(request: Request) -> Answer:
        good = kept(request)
        return fault.apply(good) if request.target.partition("?")[0] == path else good

    api.answer = answer  # type: ignore[method-assign]
    try:
        yield
    finally:
        api.answer = kept  # type: ignore[method-assign]


def ready(gateway: Gateway, token: str) -> None:
    """Waits for the first list of namespaces."""
    end = time.monotonic() + 5
    while gateway.ask("/healthz", token).status == 503 and time.monotonic() < end:
        time.sleep(0.05)


NO_ANSWERS = ["500", "503", "401", "403", "404", "429", "html", "empty", "cut", "cut-chunked", "reset", "redirect"]


@pytest.mark.parametrize("kind", [*NO_ANSWERS, "stuck"])
@pytest.mark.parametrize(
    ("grants", "review"), [(BY_TENANTS, tokens.REVIEWS), (BY_RBAC, access.REVIEWS)], ids=["token", "access"]
)
def test_where_the_api_server_gives_no_answer_nobody_new_is_let_in_and_it_is_tried_again(
    cluster: Cluster, grants: dict[str, Any], review: str, kind: str
) -> None:
    with cluster.serving(grants=grants) as gateway:
        ready(gateway, cluster.token(A))
        assert gateway.ask("/healthz", cluster.token(A)).status == 200
        assert gateway.ask("/pods", cluster.token(A)).status == 200
        with broken(cluster.api, review, kind):
            new = gateway.ask("/pods", cluster.token(B))
            known = gateway.ask("/pods", cluster.token(A))
        mended = gateway.ask("/pods", cluster.token(B))
    assert (new.status, new.headers["retry-after"]) == (503, "1"), new.body
    assert new.reason in ("api-server-unavailable", "api-server-refused")
    assert known.status == 200
    assert mended.status == 200, "what was no answer is not remembered"


def test_a_status_instead_of_a_review_says_no(cluster: Cluster) -> None:
    with cluster.serving(grants=BY_TENANTS) as gateway, broken(cluster.api, tokens.REVIEWS, "json-status"):
        answer = gateway.ask("/pods", cluster.token(A))
    assert (answer.status, answer.reason) == (401, "token-refused")


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("500", 502, "upstream-status"),
        ("cut", 502, "upstream-truncated"),
        ("cut-chunked", 502, "upstream-truncated"),
        ("reset", 502, "upstream-disconnected"),
        ("html", 502, "upstream-content-type"),
        ("bad-gzip", 502, "upstream-encoding"),
        ("slow:9", 504, "upstream-timeout"),
        ("stuck", 504, "upstream-timeout"),
    ],
)
def test_half_a_body_is_nobodys_and_many_who_ask_at_once_make_one_fetch(
    cluster: Cluster, kind: str, status: int, reason: str
) -> None:
    kubelet = {"url": cluster.kubelet.url, "timeout": "1s", "caFile": str(cluster.folder / "kubelet.crt")}
    kubelet["tokenFile"] = str(cluster.folder / "token")
    with cluster.serving(grants=BY_TENANTS, kubelet=kubelet) as gateway:
        for name in (A, B):
            assert gateway.ask("/healthz", cluster.token(name)).status == 200
        cluster.kubelet.break_("/metrics/cadvisor", parse_fault(kind).kind, seconds=parse_fault(kind).seconds)
        cluster.kubelet.forget()
        try:
            with ThreadPoolExecutor(8) as pool:
                names = [A, B] * 4
                answers = list(pool.map(lambda name: gateway.ask("/metrics/cadvisor", cluster.token(name)), names))
            asked = sum(one.target == "/metrics/cadvisor" for one in cluster.kubelet.requests)
        finally:
            cluster.kubelet.mend()
        assert Counter((one.status, one.reason) for one in answers) == {(status, reason): 8}
        assert asked == (2 if kind == "reset" else 1), "the client tries once more where a connection was reset"
        time.sleep(1.1)
        assert gateway.ask("/metrics/cadvisor", cluster.token(A)).status == 200


def test_a_kubelet_with_a_certificate_of_another_ca_is_not_asked_until_the_ca_is_known(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.api:
        cluster.kubelet.start()
        with cluster.serving(grants=BY_TENANTS, sharing={"ttl": 0}) as gateway:
            token = cluster.token(A)
            assert gateway.ask("/pods", token).status == 200
            cluster.kubelet.stop()
            other = Authority("other")
            address = ("127.0.0.1", cluster.kubelet.port)
            with FakeKubelet(cluster.node, directory=cluster.directory, authority=other, address=address) as swapped:
                answer = gateway.ask("/pods", token)
                assert (answer.status, answer.reason) == (502, "upstream-tls")
                assert swapped.requests == (), "no token went there"
                (tmp_path / "kubelet.crt").write_bytes(other.pem)
                time.sleep(1.1)
                assert gateway.ask("/pods", token).status == 200


def test_an_api_server_with_a_certificate_of_another_ca_is_told_no_token_until_the_ca_is_known(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.kubelet:
        other = Authority("other")
        cluster.api.start()
        with cluster.serving(grants=BY_TENANTS) as gateway:
            cluster.api.stop()
            address = ("127.0.0.1", cluster.api.port)
            with FakeApiserver(cluster.directory, other, address) as swapped:
                answer = gateway.ask("/pods", cluster.token(A))
                assert (answer.status, answer.reason) == (503, "api-server-unavailable")
                assert swapped.requests == ()
                (tmp_path / "api.crt").write_bytes(other.pem)
                time.sleep(1.1)
                assert gateway.ask("/pods", cluster.token(A)).status == 200


def test_a_list_of_namespaces_that_fails_leaves_selectors_unknown_and_nothing_goes_out(tmp_path: Path) -> None:
    grants = {"tenants": [tenant("a", account(A), namespaceSelector={"matchLabels": {"tenant": "a"}})]}
    with Cluster(tmp_path).running() as cluster:
        cluster.api.namespaces.put(A, {"tenant": "a"})
        with broken(cluster.api, "/api/v1/namespaces", "500"), cluster.serving(grants=grants) as gateway:
            answer = gateway.ask("/pods", cluster.token(A))
            assert (answer.status, answer.reason) == (503, "namespaces-unknown")
        with cluster.serving(grants=grants) as gateway:
            ready(gateway, cluster.token(A))
            assert gateway.ask("/pods", cluster.token(A)).status == 200
