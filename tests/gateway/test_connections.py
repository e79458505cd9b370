"""Connections: versions, families, halves, many at once, and their end when told to stop."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp.web_response import Response, StreamResponse

from kubesieve.gateway.listener import Listener
from kubesieve.gateway.settings import Limits
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import LOOPBACK, Gateway, MakeGateway, get_request, read_all


def test_a_request_that_stopping_cut_short_leaves_a_record(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(timeout_seconds=30.0, limits=Limits(stop_seconds=1.0))
    kubelet.break_("/pods", "stuck")
    with gateway.connect() as connection:
        connection.sendall(get_request("/pods", token))
        time.sleep(0.3)
        started = time.monotonic()
        gateway.stop()
        assert time.monotonic() - started < 4.0
        assert read_all(connection) == b""
    [record] = gateway.records()
    assert (record["reason"], record["sent"], record["endpoint"]) == ("stopping", "no", "pods")


def test_a_client_that_has_sent_all_it_will_still_gets_its_answer(
    gateway: Gateway, kubelet: FakeKubelet, token: str
) -> None:
    kubelet.break_("/pods", "slow", seconds=0.5)
    with gateway.connect() as connection:
        connection.sendall(get_request("/pods", token).replace(b"Connection: close\r\n", b""))
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.7"])
def test_another_version_of_http_is_refused(gateway: Gateway, kubelet: FakeKubelet, token: str, version: str) -> None:
    answer = gateway.send(get_request("/pods", token).replace(b"HTTP/1.1", version.encode()))
    assert (answer.status, answer.reason) == (400, "not-http")
    assert kubelet.requests == ()


def test_every_address_takes_clients_of_both_families(make_gateway: MakeGateway, token: str) -> None:
    from kubesieve.gateway.settings import parse_address

    gateway = make_gateway(listen=parse_address(":0"))
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
            pytest.skip("no IPv6 here")
        with socket.socket(family) as connection:
            connection.connect((host, gateway.url.port or 0))
            connection.sendall(get_request("/healthz", token))
            assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert [record["peer"] for record in gateway.records(2)] == ["127.0.0.1", "::1"]


def test_plain_http_on_the_tls_port_is_closed(make_gateway: MakeGateway, tls_pair: tuple, token: str) -> None:
    cert, key = tls_pair
    gateway = make_gateway(tls_cert=cert, tls_key=key)
    with socket.create_connection((gateway.url.host or "", gateway.url.port or 0), timeout=5) as connection:
        connection.sendall(get_request("/pods", token))
        assert b"200" not in read_all(connection)
    assert gateway.ask("/pods", token).status == 200


def test_answers_under_way_are_finished_when_told_to_stop(gateway: Gateway, kubelet: FakeKubelet, token: str) -> None:
    kubelet.break_("/pods", "slow", seconds=1.0)
    idle = gateway.connect()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gateway.ask, "/pods", token)
        time.sleep(0.3)
        gateway.stop(wait=False)
        time.sleep(0.2)
        with pytest.raises(ConnectionRefusedError):
            gateway.connect(timeout=1)
        answer = waiting.result(10)
    assert (answer.status, len(json.loads(answer.body)["items"])) == (200, 2)
    assert read_all(idle) == b""
    gateway.stop()


def test_two_requests_on_one_connection_are_both_answered(gateway: Gateway, token: str) -> None:
    with gateway.connect() as connection:
        request = get_request("/healthz", token)
        connection.sendall(request.replace(b"Connection: close\r\n", b"") + request)
        assert read_all(connection).count(b"HTTP/1.1 200 ") == 2


def test_a_burst_of_parallel_callers_gets_whole_answers(make_gateway: MakeGateway, tls_pair: tuple, token: str) -> None:
    cert, key = tls_pair
    gateway = make_gateway(tls_cert=cert, tls_key=key, limits=Limits(requests_per_token=64))
    lock, bodies = threading.Lock(), []

    def scrape(_: int) -> None:
        answer = gateway.ask("/stats/summary", token)
        with lock:
            bodies.append(json.loads(answer.body)["node"]["nodeName"])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(scrape, range(64)))
    assert len(bodies) == 64


def test_tls_refuses_what_is_older_than_1_2(make_gateway: MakeGateway, tls_pair: tuple) -> None:
    cert, key = tls_pair
    gateway = make_gateway(tls_cert=cert, tls_key=key)
    context = ssl._create_unverified_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((gateway.url.host or "", gateway.url.port or 0), timeout=5) as connection,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(connection, server_hostname="localhost")


async def test_a_client_that_comes_in_the_moment_of_stopping_is_no_error_of_ours() -> None:
    """asyncio calls what waits for a connection once more where it was given up in the same turn of the loop."""
    errors: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))

    async def never(_request: object) -> StreamResponse:
        raise AssertionError

    listener = Listener(LOOPBACK, never, lambda *_: Response(), Limits())
    address = listener.open()
    listener.start()
    await asyncio.sleep(0.01)
    with socket.create_connection((address.host, address.port)):
        await asyncio.sleep(0)
        await listener.stop()
    await asyncio.sleep(0.01)
    assert errors == []
