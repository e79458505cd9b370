"""Many callers at once: sharing, bounds, the stuck, the slow and the flooding; records and metrics."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kubesieve.gateway.settings import Limits
from kubesieve.sieve import Policy
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import Gateway, MakeGateway, read_all


def _get(target: str, token: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


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


def test_a_stuck_endpoint_of_one_caller_leaves_room_for_others(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(timeout_seconds=5.0)
    kubelet.break_("/metrics/slis", "stuck")
    stuck = [gateway.connect() for _ in range(8)]
    for connection in stuck:
        connection.sendall(_get("/metrics/slis", token))
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
        connection.sendall(_get("/metrics/cadvisor", token).replace(b"Connection: close\r\n", b"") * 12)
        lazy.append(connection)
    time.sleep(0.7)
    assert gateway.ask("/metrics/cadvisor", token).reason == "too-many-requests"
    for connection in lazy:
        connection.close()


def test_a_request_that_stopping_cut_short_leaves_a_record(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    gateway = make_gateway(timeout_seconds=30.0, limits=Limits(stop_seconds=1.0))
    kubelet.break_("/pods", "stuck")
    with gateway.connect() as connection:
        connection.sendall(_get("/pods", token))
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
        connection.sendall(_get("/pods", token).replace(b"Connection: close\r\n", b""))
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.7"])
def test_another_version_of_http_is_refused(gateway: Gateway, kubelet: FakeKubelet, token: str, version: str) -> None:
    answer = gateway.send(_get("/pods", token).replace(b"HTTP/1.1", version.encode()))
    assert (answer.status, answer.reason) == (400, "not-http")
    assert kubelet.requests == ()


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


def test_every_address_takes_clients_of_both_families(make_gateway: MakeGateway, token: str) -> None:
    from kubesieve.gateway.settings import parse_address

    gateway = make_gateway(listen=parse_address(":0"))
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
            pytest.skip("no IPv6 here")
        with socket.socket(family) as connection:
            connection.connect((host, gateway.url.port or 0))
            connection.sendall(_get("/healthz", token))
            assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert [record["peer"] for record in gateway.records(2)] == ["127.0.0.1", "::1"]


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
    first.sendall(_get("/pods", token))
    time.sleep(0.1)
    waiting = ThreadPoolExecutor(1).submit(gateway.ask, "/pods", token)
    time.sleep(0.1)
    first.close()
    assert waiting.result(10).status == 200
    assert len(kubelet.requests) == 1


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


def test_plain_http_on_the_tls_port_is_closed(make_gateway: MakeGateway, tls_pair: tuple, token: str) -> None:
    cert, key = tls_pair
    gateway = make_gateway(tls_cert=cert, tls_key=key)
    with socket.create_connection((gateway.url.host or "", gateway.url.port or 0), timeout=5) as connection:
        connection.sendall(_get("/pods", token))
        assert b"200" not in read_all(connection)
    assert gateway.ask("/pods", token).status == 200


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
        request = _get("/metrics/cadvisor", token).replace(b"Connection: close\r\n", b"")
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
        again.sendall(_get("/healthz", token))
        assert read_all(again).startswith(b"HTTP/1.1 200 ")


def test_many_connections_that_come_and_go_leave_no_trace(gateway: Gateway) -> None:
    for _ in range(300):
        gateway.connect().close()
    time.sleep(0.3)
    assert "kubesieve_connections 0.0" in gateway.admin("/-/metrics").body.decode()


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


def test_one_record_a_request_says_who_what_and_why(gateway: Gateway, token: str) -> None:
    gateway.ask("/metrics/resource?access_token=SECRET", token)
    gateway.ask("/nope", None)
    good, refused = gateway.records(2)
    assert set(good) == {
        "time",
        "peer",
        "credential",
        "method",
        "target",
        "endpoint",
        "namespaces",
        "status",
        "reason",
        "kept",
        "dropped",
        "bytes",
        "sent",
        "seconds",
    }
    assert (good["peer"], good["endpoint"], good["namespaces"]) == ("127.0.0.1", "resource", "sandbox")
    assert (good["status"], good["reason"], good["kept"] > 0, good["dropped"] > 0) == (200, "ok", True, True)
    assert re.fullmatch("[0-9a-f]{12}", good["credential"])
    assert good["target"] == "/metrics/resource", "a query may hold a secret"
    assert (refused["endpoint"], refused["credential"], refused["reason"]) == ("other", None, "path-unknown")


FORGED = {
    "an escape in the target": b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
    "a line feed in the target": b'GET /x\n{"status":200} HTTP/1.1\r\nHost: x\r\n\r\n',
    "a quote in the target": b'GET /"},{" HTTP/1.1\r\nHost: x\r\n\r\n',
    "bytes beyond ASCII": "GET /é\u2028x HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "percent-encoded line ends": b"GET /x%0d%0aforged HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method": b'"A":1 / HTTP/1.1\r\nHost: x\r\n\r\n',
    "an escape in the token": b"GET /pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET-TOKEN\x1b[0m\r\n\r\n",
    "a token beyond ASCII": "GET /pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET-TOKEN-é\r\n\r\n".encode(),
    "a token that is no UTF-8": b"GET /pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET-TOKEN\xff\r\n\r\n",
    "a target that is no UTF-8": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long target": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("raw", FORGED.values(), ids=FORGED.keys())
def test_no_request_can_forge_a_line_or_show_its_token(gateway: Gateway, kubelet: FakeKubelet, raw: bytes) -> None:
    answer = gateway.send(raw.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    assert answer.status in (400, 401, 404)
    assert kubelet.requests == ()
    [record] = gateway.records()
    text = gateway.raw_records
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "SECRET-TOKEN" not in text + gateway.sentences
    assert b"SECRET-TOKEN" not in answer.body
    assert len(record["target"]) < 300


def test_own_series_do_not_grow_with_odd_requests(gateway: Gateway, token: str) -> None:
    def series() -> set[str]:
        lines = gateway.admin("/-/metrics").body.decode().splitlines()
        return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}

    for index in range(3):
        gateway.ask(f"/first{index}", token, method="GET" if index else "BREW")
    gateway.ask("/pods", token)
    before = series()
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda i: gateway.ask(f"/odd{i}", f"token{i}", method=f"M{i}X", headers={f"X-{i}": "y"}), range(60)
            )
        )
        list(pool.map(lambda i: gateway.ask(f"/pods?{i}", f"token{i}"), range(30)))
    assert len(series() - before) <= 20
    assert not [line for line in series() if "odd" in line or "token1" in line]


def test_the_admin_port_tells_health_readiness_and_metrics_and_the_tenants_port_does_not(
    gateway: Gateway, kubelet: FakeKubelet, token: str
) -> None:
    assert gateway.admin("/-/healthy").status == 200
    assert gateway.admin("/-/ready").status == 200, "401 without a token is an answer: the kubelet is there"
    assert gateway.admin("/-/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
    assert gateway.admin("/pods").status == 404
    for path in ("/-/healthy", "/-/ready", "/-/metrics"):
        assert gateway.ask(path, token).status == 404


def test_it_is_not_ready_while_the_kubelet_is_not_there(make_gateway: MakeGateway) -> None:
    from yarl import URL

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gateway = make_gateway(kubelet=URL(f"https://127.0.0.1:{free.getsockname()[1]}"))
        answer = gateway.admin("/-/ready")
    assert (answer.status, answer.body.startswith(b"upstream-unreachable: ")) == (503, True)
    refused = gateway.ask("/pods", "x")
    assert (refused.status, refused.reason) == (502, "upstream-unreachable")
    assert refused.body.endswith(b"got no connection: Connection refused\n"), "no address is told"


def test_metrics_count_requests_refusals_scrapes_and_bytes(gateway: Gateway, token: str) -> None:
    gateway.ask("/metrics/resource", token)
    gateway.ask("/nope", token)
    gateway.records(2)
    text = gateway.admin("/-/metrics").body.decode()
    for line in (
        'kubesieve_requests_total{code="200",endpoint="resource"} 1.0',
        'kubesieve_requests_total{code="404",endpoint="other"} 1.0',
        'kubesieve_refusals_total{reason="path-unknown"} 1.0',
        'kubesieve_upstream_seconds_count{endpoint="resource",outcome="ok"} 1.0',
    ):
        assert line in text
    assert re.search(r'kubesieve_items_total\{verdict="dropped"\} [1-9]', text)


def test_two_requests_on_one_connection_are_both_answered(gateway: Gateway, token: str) -> None:
    with gateway.connect() as connection:
        request = _get("/healthz", token)
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
