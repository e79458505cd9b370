"""Floods and outages with identified callers: who behaves is served, nobody sees more, and memory stays bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kubesieve.tenancy.tokens import EACH, REVIEWS
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Gateway

GRANTS = {"tenants": [tenant(name, account(name), namespaces=[name]) for name in ("tenant-a", "tenant-b")]}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path).running() as one:
        yield one


@pytest.fixture
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    with cluster.serving(grants=GRANTS) as one:
        yield one


def reviews(cluster: Cluster) -> int:
    return sum(request.target == REVIEWS for request in cluster.api.requests)


def test_a_thousand_wrong_tokens_are_few_questions_and_the_known_are_served(cluster: Cluster, gateway: Gateway) -> None:
    assert gateway.ask("/pods", cluster.token("tenant-a")).status == 200
    before = reviews(cluster)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = [one.status for one in pool.map(lambda n: gateway.ask("/pods", f"wrong-{n}"), range(1000))]
        seconds = time.monotonic() - started
        served = gateway.ask("/pods", cluster.token("tenant-a"))
    assert set(statuses) <= {401, 429}
    assert reviews(cluster) - before <= EACH.burst + EACH.per_second * (seconds + 1)
    assert served.status == 200
    assert cluster.kubelet.requests[-1].header("Authorization") == f"Bearer {cluster.token('kubelet-proxy')}"


def test_many_requests_of_two_tenants_cost_the_kubelet_one_scrape(cluster: Cluster, gateway: Gateway) -> None:
    for name in ("tenant-a", "tenant-b"):
        assert gateway.ask("/metrics/resource", cluster.token(name)).status == 200
    cluster.kubelet.forget()

    def ask(number: int) -> tuple[int, bytes]:
        answer = gateway.ask("/metrics/cadvisor", cluster.token("tenant-a" if number % 2 else "tenant-b"))
        return number % 2, answer.body if answer.status == 200 else b""

    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(200)))
    scrapes = sum(request.target == "/metrics/cadvisor" for request in cluster.kubelet.requests)
    assert scrapes <= 1 + (time.monotonic() - started) / 5
    foreign = (b'namespace="tenant-a"', b'namespace="tenant-b"')
    assert all(body and foreign[which] not in body for which, body in answers)


def test_a_slow_api_server_is_a_503_in_time_and_no_open_door(cluster: Cluster, gateway: Gateway) -> None:
    cluster.api.stop()
    started = time.monotonic()
    answer = gateway.ask("/pods", cluster.token("tenant-a"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert time.monotonic() - started < 10


def test_a_revoked_token_is_refused_once_it_is_asked_again(cluster: Cluster, gateway: Gateway) -> None:
    """The known are believed for a minute; another process of ours knows nobody."""
    assert gateway.ask("/pods", cluster.token("tenant-a")).status == 200
    token = cluster.directory.tokens.pop("tenant-a")
    assert gateway.ask("/pods", token).status == 200
    cluster.directory.tokens["gone"] = "x"
    with cluster.serving(grants=GRANTS) as fresh:
        assert fresh.ask("/pods", token).status == 401
