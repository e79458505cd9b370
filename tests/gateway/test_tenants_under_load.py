"""Floods and outages with identified callers: who behaves is served, nobody sees more, and memory stays bounded."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from kubesieve.exposition import SampleLine, lines
from kubesieve.stage.node import build_node
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


class Asking:
    """Asks with one token after the other, each thread over a connection of its own that stays open."""

    def __init__(self, gateway: Gateway, path: str) -> None:
        self._url, self._path, self._own = gateway.url, path, threading.local()

    def __call__(self, token: str) -> int:
        if not hasattr(self._own, "connection"):
            context = ssl._create_unverified_context()
            self._own.connection = HTTPSConnection(self._url.host or "", self._url.port, timeout=10, context=context)
        self._own.connection.request("GET", self._path, headers={"Authorization": f"Bearer {token}"})
        with self._own.connection.getresponse() as answer:
            answer.read()
            return answer.status


def test_a_thousand_wrong_tokens_are_few_questions_and_the_known_are_served(cluster: Cluster, gateway: Gateway) -> None:
    assert gateway.ask("/pods", cluster.token("tenant-a")).status == 200
    before = reviews(cluster)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(Asking(gateway, "/pods"), (f"wrong-{number}" for number in range(1000))))
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


def test_an_api_server_that_is_away_is_a_503_in_time_and_no_open_door(cluster: Cluster, gateway: Gateway) -> None:
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


def test_a_greedy_tenant_does_not_take_the_others_turn(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """How long the polite one waits is in the report: a table, and no bound on any machine's speed."""
    limits = {"callerRequestsPerSecond": 20}
    cluster = Cluster(tmp_path, node=build_node(pods=60, namespaces=10))
    with cluster.running(), cluster.serving(grants=GRANTS, sharing={"ttl": "1s"}, limits=limits) as gateway:

        def timed(name: str) -> tuple[int, float]:
            started = time.monotonic()
            return gateway.ask("/metrics/cadvisor", cluster.token(name)).status, time.monotonic() - started

        alone = [timed("tenant-a") for _ in range(20)]
        with ThreadPoolExecutor(6) as pool:
            greedy = [pool.submit(timed, "tenant-b") for _ in range(600)]
            beside = [timed("tenant-a") for _ in range(20)]
        statuses = Counter(one.result()[0] for one in greedy)
    rows = [
        (name, sorted(seconds for _, seconds in found)) for name, found in (("alone", alone), ("beside greed", beside))
    ]
    table = [f"  {name:14}{found[10]:8.4f}{found[-1]:8.4f}" for name, found in rows]
    record_property("table", "\n".join(["seconds of a polite tenant: median, worst", *table]))
    assert {status for status, _ in (*alone, *beside)} == {200}
    assert statuses[429] > 100
    assert set(statuses) == {200, 429}


def test_a_fault_of_the_kubelet_is_everybodys_for_a_second(cluster: Cluster, gateway: Gateway) -> None:
    for name in ("tenant-a", "tenant-b"):
        assert gateway.ask("/healthz", cluster.token(name)).status == 200
    cluster.kubelet.break_("/metrics/cadvisor", "500")
    cluster.kubelet.forget()
    statuses = {gateway.ask("/metrics/cadvisor", cluster.token(name)).status for name in ("tenant-a", "tenant-b") * 4}
    asked = sum(request.target == "/metrics/cadvisor" for request in cluster.kubelet.requests)
    cluster.kubelet.mend()
    assert (statuses, asked) == ({502}, 1)
    time.sleep(1.1)
    assert gateway.ask("/metrics/cadvisor", cluster.token("tenant-a")).status == 200


def test_what_was_newer_is_never_followed_by_what_is_older(cluster: Cluster) -> None:
    """Of each series, whoever asks: a scrape that began later is never overtaken by one that began before."""
    with cluster.serving(grants=GRANTS, sharing={"ttl": "100ms"}) as gateway:
        stamps: list[int] = []
        end = time.monotonic() + 3
        while time.monotonic() < end:
            answer = gateway.ask("/metrics/cadvisor", cluster.token("tenant-a"))
            found = [line.sample for line in lines(answer.body) if isinstance(line, SampleLine)]
            stamps.append(max(one.timestamp or 0 for one in found))
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[-1]
