"""What whoever runs it sees: access records that cannot be forged, health, readiness, metrics."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import Gateway, MakeGateway


def test_one_record_a_request_says_who_what_and_why(gateway: Gateway, token: str) -> None:
    gateway.ask("/metrics/resource?access_token=SECRET", token)
    gateway.ask("/nope", None)
    good, refused = gateway.records(2)
    assert set(good) == {
        "time",
        "peer",
        "credential",
        "caller",
        "vclusters",
        "grant",
        "method",
        "target",
        "node",
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
