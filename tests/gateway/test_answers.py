"""What goes out: good answers with the kubelet's headers, faults of the kubelet as refusals without its words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kubesieve.gateway.answers import wants_gzip
from kubesieve.kubelet.endpoints import BY_PATH, ENDPOINTS, Endpoint, Kind
from kubesieve.sieve import Policy
from kubesieve.stage.kubelet import FakeKubelet
from tests.gateway.conftest import Gateway, MakeGateway
from tests.independent_text import samples

by_name = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@by_name
def test_a_good_answer_has_the_kubelets_content_type_and_only_our_namespaces(
    gateway: Gateway, kubelet: FakeKubelet, token: str, endpoint: Endpoint
) -> None:
    answer = gateway.ask(endpoint.path, token)
    assert (answer.status, answer.headers["content-type"]) == (200, endpoint.content_type)
    assert int(answer.headers["content-length"]) == len(answer.body)
    if endpoint.kind is Kind.TEXT:
        assert {labels.get("namespace") for _, labels, _ in samples(answer.body)} <= {"sandbox", None}
    elif endpoint.kind is Kind.HEALTH:
        assert answer.body == b"ok"
    else:
        found = json.loads(answer.body)
        pods = found["items"] if "items" in found else found["pods"]
        names = {(pod.get("metadata") or pod["podRef"])["name"] for pod in pods}
        assert names == {"pod-with-limits", "pod-without-limits"}


@by_name
def test_head_has_the_headers_of_get_and_no_body(gateway: Gateway, token: str, endpoint: Endpoint) -> None:
    get, head = gateway.ask(endpoint.path, token), gateway.ask(endpoint.path, token, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    without = ("date", "content-length")
    assert {n: v for n, v in head.headers.items() if n not in without} == {
        n: v for n, v in get.headers.items() if n not in without
    }
    assert "content-length" in head.headers


@by_name
def test_gzip_goes_out_on_metrics_only_and_only_when_asked(gateway: Gateway, token: str, endpoint: Endpoint) -> None:
    asked = gateway.ask(endpoint.path, token, headers={"Accept-Encoding": "gzip"})
    encoded = asked.headers.get("content-encoding") == "gzip"
    large = len(gateway.ask(endpoint.path, token).body) >= 512
    assert encoded == (endpoint.kind is Kind.TEXT and large)
    if encoded:
        assert {name for name, _, _ in samples(gzip.decompress(asked.body))}
    assert "content-encoding" not in gateway.ask(endpoint.path, token, headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP, deflate", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("br, identity", False),
        ("x-gzipped", False),
    ],
)
def test_what_accept_encoding_says(header: str, wanted: bool) -> None:
    assert wants_gzip(header) is wanted


@pytest.mark.parametrize("user", ["tenant-a", None])
def test_the_kubelets_401_and_403_are_passed_on_in_our_words(
    gateway: Gateway, kubelet: FakeKubelet, user: str | None
) -> None:
    answer = gateway.ask("/pods", kubelet.tokens[user] if user else "bad-token")
    assert (answer.status, answer.reason) == ((403, "upstream-forbidden") if user else (401, "upstream-unauthorized"))
    assert b"system:" not in answer.body
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


FAULTS = {
    # what the kubelet does: endpoint, status and reason code that the caller gets
    "500": ("/stats/summary", 502, "upstream-status"),
    "503": ("/metrics", 502, "upstream-status"),
    "429": ("/metrics", 502, "upstream-status"),
    "redirect": ("/pods", 502, "upstream-status"),
    "404": ("/metrics/slis", 404, "upstream-not-found"),
    "html": ("/metrics/cadvisor", 502, "upstream-content-type"),
    "wrong-type": ("/pods", 502, "upstream-content-type"),
    "no-type": ("/metrics", 502, "upstream-content-type"),
    "openmetrics": ("/metrics", 502, "upstream-content-type"),
    "html-text": ("/metrics/cadvisor", 502, "text-malformed"),
    "json": ("/metrics/cadvisor", 502, "text-malformed"),
    "duplicate-type": ("/metrics/cadvisor", 502, "text-second-type"),
    "duplicate-label": ("/metrics/cadvisor", 502, "text-duplicate-label"),
    "not-utf8": ("/metrics/cadvisor", 502, "text-not-utf8"),
    "cr": ("/metrics/cadvisor", 502, "text-carriage-return"),
    "gzip-unlabelled": ("/metrics/cadvisor", 502, "text-not-utf8"),
    "gzip-mislabelled": ("/metrics/cadvisor", 502, "upstream-encoding"),
    "bad-gzip": ("/metrics/cadvisor", 502, "upstream-encoding"),
    "json-status": ("/pods", 502, "json-wrong-kind"),
    "null-item": ("/pods", 502, "json-wrong-type"),
    "duplicate-key": ("/stats/summary", 502, "json-duplicate-name"),
    "empty": ("/pods", 502, "json-empty"),
    "cut": ("/metrics/cadvisor", 502, "upstream-truncated"),
    "cut-chunked": ("/pods", 502, "upstream-truncated"),
    "reset": ("/metrics", 502, "upstream-disconnected"),
    "huge-header": ("/metrics", 502, "upstream-malformed"),
    "stuck": ("/pods", 504, "upstream-timeout"),
}


@pytest.mark.parametrize(("kind", "path", "status", "reason"), [(kind, *row) for kind, row in FAULTS.items()])
def test_a_fault_of_the_kubelet_lets_nothing_out(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str, kind: str, path: str, status: int, reason: str
) -> None:
    gateway = make_gateway(timeout_seconds=1.0)
    kubelet.break_(path, kind)
    answer = gateway.ask(path, token)
    assert (answer.status, answer.reason) == (status, reason)
    for word in (b"two-containers", b"tenant-a", b"containerd", b"Sign in", b"127.0.0.1"):
        assert word not in answer.body
    assert len(answer.body) < 300
    [record] = gateway.records()
    assert (record["status"], record["reason"], record["kept"]) == (status, reason, 0)
    kubelet.mend()
    assert gateway.ask(path, token).status == 200, "a fault is not remembered"


HARMLESS = {
    "empty": "/metrics/cadvisor",
    "no-final-newline": "/metrics/resource",
    "null-items": "/pods",
    "gzip": "/metrics/cadvisor",
    "stale": "/metrics/cadvisor",
}


@pytest.mark.parametrize(("kind", "path"), HARMLESS.items())
def test_what_is_odd_and_whole_is_served(
    gateway: Gateway, kubelet: FakeKubelet, token: str, kind: str, path: str
) -> None:
    kubelet.break_(path, kind)
    answer = gateway.ask(path, token)
    assert answer.status == 200
    assert answer.body == b"" or answer.body.endswith(b"\n")
    if kind == "null-items":
        assert json.loads(answer.body)["items"] == []


def test_gzip_on_json_is_decoded_too(gateway: Gateway, kubelet: FakeKubelet, token: str) -> None:
    kubelet.break_("/pods", "gzip")
    assert len(json.loads(gateway.ask("/pods", token).body)["items"]) == 2


def test_a_gzip_bomb_stays_within_the_bound_on_decoded_bytes() -> None:
    from kubesieve.faults import UpstreamFault
    from kubesieve.kubelet.bodies import Caps, decode

    bomb = gzip.compress(bytes(20_000_000))
    with pytest.raises(UpstreamFault, match="at most 1000000 bytes decompressed"):
        decode(bomb, "gzip", Caps(decoded_bytes=1_000_000))
    with pytest.raises(UpstreamFault, match="one whole gzip stream"):
        decode(gzip.compress(b"a 1\n") + b"x", "gzip", Caps())
    with pytest.raises(UpstreamFault, match="one whole gzip stream"):
        decode(gzip.compress(b"a 1\n")[:-4], "gzip", Caps())
    with pytest.raises(UpstreamFault, match="another Content-Encoding"):
        decode(b"", "br", Caps())


def test_the_summary_and_the_metrics_agree_on_who_is_there(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str
) -> None:
    """One decision for all endpoints, else agents log nil stats."""
    for namespace in kubelet.node.namespaces:
        gateway = make_gateway(policy=Policy(frozenset({namespace})))
        pods = json.loads(gateway.ask("/pods", token).body)["items"]
        summary = json.loads(gateway.ask("/stats/summary", token).body)["pods"]
        cadvisor = gateway.ask("/metrics/cadvisor", token).body
        running = {pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running"}
        assert {pod["metadata"]["namespace"] for pod in pods} == {namespace}
        assert {pod["podRef"]["name"] for pod in summary} <= {pod["metadata"]["name"] for pod in pods}
        assert running >= {labels["pod"] for _, labels, _ in samples(cadvisor) if labels.get("namespace")}


def test_a_drop_of_network_series_goes_for_every_text_body(make_gateway: MakeGateway, token: str) -> None:
    gateway = make_gateway(policy=Policy(frozenset({"kube-system"}), drop=("container_network_*",)))
    names = {name for name, _, _ in samples(gateway.ask("/metrics/cadvisor", token).body)}
    assert not [name for name in names if name.startswith("container_network_")]
    assert "container_cpu_usage_seconds_total" in names


def test_recorded_kubelet_bodies_come_out_filtered_over_http(corpus: Path, token: str) -> None:
    """The recordings were read by the sieve's own tests; this ties the wire's content type to them."""
    exchanges = json.loads((corpus / "fixtures/v1.20.2-real/http.json").read_text())
    said = {
        exchange["target"]: header.partition(": ")[2]
        for exchange in exchanges
        if exchange["status"].endswith("200 OK")
        and exchange["method"] == "GET"
        and len(exchange["request_headers"]) == 1
        for header in exchange["response_headers"]
        if header.startswith("Content-Type: ")
    }
    for path in BY_PATH:
        if path in said:
            assert said[path] == BY_PATH[path].content_type


def test_the_readiness_token_goes_up_for_readiness_and_never_for_a_caller(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.write_text(kubelet.tokens["kubelet-proxy"])
    gateway = make_gateway(token_file=own)
    assert gateway.admin("/-/ready").status == 200
    assert kubelet.requests[-1].header("Authorization") == f"Bearer {kubelet.tokens['kubelet-proxy']}"
    assert gateway.ask("/pods", None).status == 401
    gateway.ask("/pods", token)
    assert [request.header("Authorization") for request in kubelet.requests[1:]] == [f"Bearer {token}"]


@pytest.mark.parametrize("body", [b"not ok", b"okay", b"ok ok", b"[+]ping ok\nok", b""])
def test_a_health_text_is_ok_and_nothing_else(body: bytes) -> None:
    from kubesieve.faults import BodyFault
    from kubesieve.sieve import sieve

    with pytest.raises(BodyFault):
        sieve(BY_PATH["/healthz"], body, Policy(frozenset({"a"})))
