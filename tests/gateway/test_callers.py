"""One caller is nobody else's trouble: the stuck, the slow, the flooding, and their bounds."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

from kubesieve.gateway.settings import Limits
from kubesieve.sieve import Policy
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import Gateway, MakeGateway, get_request, read_all


def test_a_stuck_endpoint_of_one_caller_leaves_room_for_others(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(timeout_seconds=3.0)
    kubelet.break_("/metrics/slis", "stuck")
    stuck = [gateway.connect() for _ in range(8)]
    for connection in stuck:
        connection.sendall(get_request("/metrics/slis", token))
    time.sleep(0.3)
    started = time.monotonic()
    assert gateway.ask("/healthz", kubelet.tokens["kubelet-proxy"]).status == 200
    assert time.monotonic() - started < 2.0
    for connection in stuck:
        connection.close()


def test_a_place_is_held_until_the_answer_is_taken(make_gateway: MakeGateway, kubelet: FakeKubelet, token: str) -> None:
    """Else slow readers would hold any number of answers in memory."""
    everything = Policy(frozenset(kubelet.node.namespaces))
    limits = Limits(requests_per_token=2, answer_seconds=3.0)
    gateway = make_gateway(limits=limits, policy=everything, cache_seconds=30.0)
    lazy = []
    for _ in range(2):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((gateway.url.host or "", gateway.url.port or 0))
        connection.sendall(get_request("/metrics/cadvisor", token).replace(b"Connection: close\r\n", b"") * 12)
        lazy.append(connection)
    time.sleep(0.7)
    assert gateway.ask("/metrics/cadvisor", token).reason == "too-many-requests"
    for connection in lazy:
        connection.close()


def test_connections_in_all_are_bounded(make_gateway: MakeGateway, token: str) -> None:
    gateway = make_gateway(limits=Limits(connections=4))
    kept = [gateway.connect() for _ in range(4)]
    time.sleep(0.2)
    with gateway.connect() as more:
        assert read_all(more) == b""
    kept.pop().close()
    time.sleep(0.2)
    assert gateway.ask("/healthz", token).status == 200
    for connection in kept:
        connection.close()


def test_clients_stuck_in_their_headers_hold_up_nobody(make_gateway: MakeGateway, token: str) -> None:
    gateway = make_gateway(limits=Limits(idle_seconds=1.0))
    stuck = [gateway.connect() for _ in range(20)]
    for connection in stuck:
        connection.sendall(b"GET /pods HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    started = time.monotonic()
    assert gateway.ask("/pods", token).status == 200
    assert time.monotonic() - started < 1.0
    for _ in range(4):  # dripping does not buy time
        time.sleep(0.3)
        for connection in stuck:
            try:
                connection.sendall(b"a")
            except OSError:
                break
    assert all(read_all(connection) == b"" for connection in stuck), "closed after the bound, without an answer"


def test_clients_stuck_in_the_tls_handshake_hold_up_nobody(
    make_gateway: MakeGateway, tls_pair: tuple, token: str
) -> None:
    cert, key = tls_pair
    gateway = make_gateway(tls_cert=cert, tls_key=key, limits=Limits(handshake_seconds=0.5, connections_per_peer=30))
    address = (gateway.url.host or "", gateway.url.port or 0)
    stuck = [socket.create_connection(address, timeout=5) for _ in range(20)]
    assert gateway.ask("/pods", token).status == 200
    assert [read_all(connection) for connection in stuck] == [b""] * 20
    assert gateway.ask("/pods", token).status == 200
    metrics = gateway.admin("/-/metrics").body.decode()
    assert "kubesieve_connections 0.0" in metrics


def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(
    make_gateway: MakeGateway, token: str, kubelet: FakeKubelet
) -> None:
    everything = Policy(frozenset(kubelet.node.namespaces))
    gateway = make_gateway(limits=Limits(answer_seconds=1.0), policy=everything, cache_seconds=30.0)
    lazy = []
    for _ in range(5):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((gateway.url.host or "", gateway.url.port or 0))
        request = get_request("/metrics/cadvisor", token).replace(b"Connection: close\r\n", b"")
        connection.sendall(request * 12)
        lazy.append(connection)
    started = time.monotonic()
    assert gateway.ask("/metrics/resource", token).status == 200
    assert time.monotonic() - started < 1.0
    time.sleep(1.5)
    assert "kubesieve_connections 0.0" in gateway.admin("/-/metrics").body.decode()
    assert {"no"} <= {record["sent"] for record in gateway.records()}
    for connection in lazy:
        connection.close()


def test_one_token_has_a_bounded_number_of_requests_at_once(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(limits=Limits(requests_per_token=2))
    kubelet.break_("/pods", "slow", seconds=1.0)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: gateway.ask("/pods", token), range(6)))
        other = gateway.ask("/healthz", kubelet.tokens["kubelet-proxy"])
    assert sorted({answer.status for answer in answers}) == [200, 429]
    assert sum(answer.status == 200 for answer in answers) >= 2
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.reason, refused.headers["retry-after"]) == ("too-many-requests", "1")
    assert other.status == 200
    kubelet.mend()
    assert gateway.ask("/pods", token).status == 200, "places are given back"


def test_connections_beyond_the_bound_of_one_address_are_closed_and_others_live(
    make_gateway: MakeGateway, token: str
) -> None:
    gateway = make_gateway(limits=Limits(connections_per_peer=5))
    address = (gateway.url.host or "", gateway.url.port or 0)
    flood = [socket.create_connection(address, timeout=5, source_address=("127.0.0.2", 0)) for _ in range(12)]
    time.sleep(0.2)
    flood[11].settimeout(2)
    assert flood[11].recv(1) == b""
    assert gateway.ask("/pods", token).status == 200
    assert "kubesieve_connections_refused_total 7.0" in gateway.admin("/-/metrics").body.decode()
    for connection in flood:
        connection.close()
    time.sleep(0.2)
    with socket.create_connection(address, timeout=5, source_address=("127.0.0.2", 0)) as again:
        again.sendall(get_request("/healthz", token))
        assert read_all(again).startswith(b"HTTP/1.1 200 ")


def test_many_connections_that_come_and_go_leave_no_trace(gateway: Gateway) -> None:
    for _ in range(300):
        gateway.connect().close()
    time.sleep(0.3)
    assert "kubesieve_connections 0.0" in gateway.admin("/-/metrics").body.decode()
