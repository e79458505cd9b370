"""Which requests are answered at all. Refusals never reach the kubelet, each has its reason code and one record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubesieve.kubelet.endpoints import ENDPOINTS
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import Gateway

ODD_TARGETS = {
    "/": "path-unknown",
    "/pod": "path-unknown",
    "/pods/": "path-unknown",
    "/PODS": "path-unknown",
    "/runningpods": "path-unknown",
    "/metrics/": "path-unknown",
    "/metrics/cadvisor/": "path-unknown",
    "/stats": "path-unknown",
    "/stats/container": "path-unknown",
    "/healthz/ping": "path-unknown",
    "/configz": "path-unknown",
    "/logs/": "path-unknown",
    "/debug/pprof/": "path-unknown",
    "/exec/sandbox/pod-with-limits/nginx?command=id&output=1": "path-unknown",
    "/run/sandbox/pod-with-limits/nginx?cmd=id": "path-unknown",
    "/attach/sandbox/pod-with-limits/nginx": "path-unknown",
    "/portForward/sandbox/pod-with-limits": "path-unknown",
    "/cri/exec/token": "path-unknown",
    "/checkpoint/sandbox/pod-with-limits/nginx": "path-unknown",
    "/containerLogs/sandbox/pod-with-limits/nginx": "path-unknown",
    "/api/v1/nodes/n/proxy/pods": "path-unknown",
    "/spec": "path-gone",
    "/spec/": "path-gone",
    "/spec?verbose=True": "path-gone",
    "//pods": "path-not-canonical",
    "/./pods": "path-not-canonical",
    "/metrics/../pods": "path-not-canonical",
    "/metrics/cadvisor/../../pods": "path-not-canonical",
    "/metrics/..": "path-not-canonical",
    "/metrics//cadvisor": "path-not-canonical",
    "/%70ods": "path-not-canonical",
    "/metrics%2fcadvisor": "path-not-canonical",
    "/metrics/%2e%2e/pods": "path-not-canonical",
    "/pods%00": "path-not-canonical",
    "/pods%3f": "path-not-canonical",
    "/pods;x=y": "path-not-canonical",
    "/pods%23x": "path-not-canonical",
    "/pods\\..\\x": "path-not-canonical",
    "/@other/pods": "path-not-canonical",
    "http://other.example/pods": "path-not-canonical",
    "https://127.0.0.1:10250/pods": "path-not-canonical",
    "pods": None,
    "*": None,
}


@pytest.mark.parametrize(("target", "reason"), ODD_TARGETS.items())
def test_other_paths_and_spellings_are_404_and_never_go_up(
    gateway: Gateway, kubelet: FakeKubelet, token: str, target: str, reason: str | None
) -> None:
    answer = gateway.ask(target, token)
    assert answer.status == (404 if reason else 400)
    assert answer.reason == (reason or "not-http")
    assert kubelet.requests == ()
    [record] = gateway.records()
    assert (record["status"], record["reason"]) == (answer.status, answer.reason)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "PROPFIND"])
def test_methods_other_than_get_and_head_are_405(
    gateway: Gateway, kubelet: FakeKubelet, token: str, method: str
) -> None:
    answer = gateway.ask("/pods", token, method=method)
    assert (answer.status, answer.reason) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    assert kubelet.requests == ()


def test_an_unknown_path_is_404_before_the_method_is_looked_at(gateway: Gateway, token: str) -> None:
    assert gateway.ask("/exec/a/b/c", token, method="POST").status == 404


UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
MORE_THAN_A_GET = {
    "a websocket": (UPGRADE, "upgrade-refused"),
    "h2c": ({"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings"}, "upgrade-refused"),
    "Upgrade without Connection": ({"Upgrade": "websocket"}, "upgrade-refused"),
    "a body": ({"Content-Length": "2"}, "body-refused"),
    "chunks": ({"Transfer-Encoding": "chunked"}, "body-refused"),
    "two tokens": ({"authorization": "Bearer other"}, "token-ambiguous"),
}


@pytest.mark.parametrize(("headers", "reason"), MORE_THAN_A_GET.values(), ids=MORE_THAN_A_GET.keys())
def test_a_request_that_is_more_than_a_plain_get_is_400(
    gateway: Gateway, kubelet: FakeKubelet, token: str, headers: dict[str, str], reason: str
) -> None:
    lines = ["GET /metrics HTTP/1.1", "Host: x", f"Authorization: Bearer {token}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    answer = gateway.send(
        ("\r\n".join(lines) + "\r\n\r\n").encode() + (b"0\r\n\r\n" if "Transfer-Encoding" in headers else b"")
    )
    assert (answer.status, answer.reason) == (400, reason)
    assert kubelet.requests == ()


def test_a_websocket_to_exec_is_a_404_and_runs_nothing(gateway: Gateway, kubelet: FakeKubelet, token: str) -> None:
    lines = ["GET /exec/sandbox/pod-with-limits/nginx?command=id HTTP/1.1", "Host: x", f"Authorization: Bearer {token}"]
    lines += [f"{name}: {value}" for name, value in UPGRADE.items()]
    with gateway.connect() as connection:
        connection.settimeout(3)
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")
    assert (kubelet.requests, kubelet.exec_reached) == ((), 0)


@pytest.mark.parametrize("scheme", [None, "", " "])
def test_without_a_token_the_kubelet_is_not_asked(gateway: Gateway, kubelet: FakeKubelet, scheme: str | None) -> None:
    answer = gateway.ask("/pods", None, headers={} if scheme is None else {"Authorization": scheme})
    assert (answer.status, answer.reason) == (401, "token-missing")
    assert kubelet.requests == ()


NOT_HTTP = {
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00",
    "a control character in the target": b"GET /pods\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n",
    "a folded header": b"GET /pods HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a line feed in a header": b"GET /pods HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "a NUL in a header": b"GET /pods HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "two lengths": b"GET /pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": b"GET /pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "too long a target": b"GET /pods?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "too long a header": b"GET /pods HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
    "too many headers": b"GET /pods HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("raw", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_no_http_within_the_bounds_is_400_with_one_record(
    gateway: Gateway, kubelet: FakeKubelet, raw: bytes
) -> None:
    answer = gateway.send(raw)
    assert (answer.status, answer.reason) == (400, "not-http")
    assert kubelet.requests == ()
    assert [record["reason"] for record in gateway.records()] == ["not-http"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize(
    "query", ["", "?verbose=True", "?namespace=tenant-a&namespace=sandbox", "?%zz&a=b#c", "?" + "a" * 9000]
)
def test_queries_are_taken_and_do_not_go_up(
    gateway: Gateway, kubelet: FakeKubelet, token: str, endpoint: object, query: str
) -> None:
    path = endpoint.path  # type: ignore[attr-defined]
    assert gateway.ask(path + query, token).status == 200
    assert [request.target for request in kubelet.requests] == [path]


@pytest.mark.parametrize(
    ("query", "up"),
    [
        ("?only_cpu_and_memory=true", "?only_cpu_and_memory=true"),
        ("?x=1&only_cpu_and_memory=true&y", "?only_cpu_and_memory=true"),
        ("?only_cpu_and_memory=false", ""),
        ("?only_cpu_and_memory", ""),
        ("?only_cpu_and_memory=true&only_cpu_and_memory=false", ""),
        ("?only_cpu_and_memory=true%26namespace%3dtenant-a", ""),
    ],
)
def test_the_summarys_one_parameter_goes_up_when_it_says_true(
    gateway: Gateway, kubelet: FakeKubelet, token: str, query: str, up: str
) -> None:
    assert gateway.ask("/stats/summary" + query, token).status == 200
    assert [request.target for request in kubelet.requests] == ["/stats/summary" + up]
    assert gateway.ask("/metrics" + query, token).status == 200
    assert kubelet.requests[-1].target == "/metrics"


def test_only_headers_of_the_table_go_up(gateway: Gateway, kubelet: FakeKubelet, token: str) -> None:
    spoofs = {
        "X-Remote-User": "admin",
        "X-Remote-Group": "system:masters",
        "Impersonate-User": "admin",
        "X-Forwarded-For": "203.0.113.9",
        "X-Original-URL": "/configz",
        "X-HTTP-Method-Override": "POST",
        "X-Scope-OrgID": "tenant-a",
        "Cookie": "a=b",
        "Range": "bytes=0-1",
        "Accept": "application/vnd.google.protobuf",
        "Connection": "close, Authorization",
        "Expect": "100-continue",
    }
    plain = gateway.ask("/metrics/resource", token)
    spoofed = gateway.ask("/metrics/resource", token, headers=spoofs)
    assert (plain.status, spoofed.status) == (200, 200)
    assert {name.lower() for name, _ in kubelet.requests[-1].headers} == {
        "host",
        "connection",
        "accept",
        "accept-encoding",
        "user-agent",
        "authorization",
    }
    assert kubelet.requests[-1].header("Accept") == "text/plain; version=0.0.4"


def test_recorded_targets_of_a_real_kubelet_are_answered_or_refused_by_the_table(
    corpus: Path, gateway: Gateway, kubelet: FakeKubelet, token: str
) -> None:
    """Whatever the real kubelet made of them (200, 301, 403): only exact paths and GET or HEAD go up here."""
    exchanges = json.loads((corpus / "fixtures/v1.20.2-real/http.json").read_text())
    paths = {endpoint.path for endpoint in ENDPOINTS}
    for method, target in sorted({(exchange["method"], exchange["target"]) for exchange in exchanges}):
        if "<token" in target or "…" in target or target == "*":
            continue
        kubelet.forget()
        answer = gateway.ask(target, token, method=method)
        known = target.partition("?")[0] in paths
        expected = 404 if not known else 200 if method in ("GET", "HEAD") else 405
        assert answer.status == expected, (method, target)
        assert len(kubelet.requests) == (1 if expected == 200 else 0), (method, target)
