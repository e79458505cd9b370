"""Shared scrapes over real sockets: who shares with whom, and for how long."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from kubesieve.stage.breakage import parse_fault
from kubesieve.stage.http_values import Answer, Request
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import MakeGateway, get_request


def test_requests_with_the_same_token_share_a_fresh_scrape(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    bodies = {gateway.ask("/metrics/cadvisor", token).body for _ in range(5)}
    assert (len(bodies), len(kubelet.requests)) == (1, 1)


def test_requests_at_the_same_time_share_one_scrape(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    kubelet.break_("/metrics/resource", "slow", seconds=0.5)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: gateway.ask("/metrics/resource", token), range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len(kubelet.requests) == 1
    assert "kubesieve_shared_scrapes_total 7.0" in gateway.admin("/-/metrics").body.decode()


def test_another_token_has_its_own_scrape_and_its_own_verdict(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    statuses = [gateway.ask("/pods", one).status for one in (token, "bad", kubelet.tokens["tenant-a"], token)]
    assert statuses == [200, 401, 403, 200]
    assert len(kubelet.requests) == 3


def test_the_same_token_in_another_spelling_is_the_same_token(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    """Else one caller could pass for many, and have the bounds of many."""
    gateway = make_gateway(cache_seconds=30.0)
    for value in (f"Bearer {token}", f"bearer {token}"):
        assert gateway.ask("/pods", None, headers={"Authorization": value}).status == 200
    assert len(kubelet.requests) == 1
    for value in (f"Bearer  {token}", f"Bearer {token} 1", f"Bearer\t{token}", token):
        assert gateway.ask("/pods", None, headers={"Authorization": value}).reason == "token-malformed"
    assert len(kubelet.requests) == 1


def test_a_scrape_is_never_older_than_the_ttl(make_gateway: MakeGateway, kubelet: FakeKubelet, token: str) -> None:
    gateway = make_gateway(cache_seconds=0.3)
    gateway.ask("/pods", token)
    time.sleep(0.35)
    gateway.ask("/pods", token)
    assert len(kubelet.requests) == 2


def test_a_fault_is_shared_by_those_who_wait_and_then_forgotten(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    kubelet.break_("/pods", "500")
    assert gateway.ask("/pods", token).status == 502
    kubelet.mend()
    assert gateway.ask("/pods", token).status == 200


def test_a_client_that_goes_away_leaves_the_scrape_to_the_others(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    kubelet.break_("/pods", "slow", seconds=0.6)
    first = gateway.connect()
    first.sendall(get_request("/pods", token))
    time.sleep(0.1)
    waiting = ThreadPoolExecutor(1).submit(gateway.ask, "/pods", token)
    time.sleep(0.1)
    first.close()
    assert waiting.result(10).status == 200
    assert len(kubelet.requests) == 1


def test_a_scrape_that_the_kubelet_calls_failed_is_not_shared_with_those_who_ask_later(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    """Met on a real node: one container gone in that moment, and everybody's view was empty for the whole ttl."""
    gateway = make_gateway(cache_seconds=30.0)
    kubelet.break_("/metrics/cadvisor", "scrape-error")
    failed = gateway.ask("/metrics/cadvisor", token)
    assert (failed.status, b"container_scrape_error 1" in failed.body) == (200, True)
    assert b"namespace=" not in failed.body
    kubelet.mend("/metrics/cadvisor")
    whole = [gateway.ask("/metrics/cadvisor", token).body for _ in range(3)]
    assert all(b"namespace=" in body for body in whole)
    assert len(kubelet.requests) == 2


def test_those_who_wait_for_a_scrape_share_it_even_where_it_failed(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(cache_seconds=30.0)
    answer = kubelet.answer

    def slow(request: Request) -> Answer:
        time.sleep(0.5)
        return parse_fault("scrape-error").apply(answer(request))

    kubelet.answer = slow  # type: ignore[method-assign]
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: gateway.ask("/metrics/resource", token), range(8)))
    finally:
        kubelet.answer = answer  # type: ignore[method-assign]
    assert {one.status for one in answers} == {200}
    assert len(kubelet.requests) == 1
