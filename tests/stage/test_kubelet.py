"""What tests of other rooms lean on: the list of requests, the traps, certificates and versions."""

from __future__ import annotations

import ssl
from dataclasses import replace
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import story_node
from kubesieve.stage.pki import Authority
from tests.stage.conftest import NOW, ask, get


def test_what_arrived_is_listed_raw_and_in_order(kubelet: FakeKubelet) -> None:
    get(kubelet, "//pods?x=%2e")
    get(kubelet, "http://other.example/pods", X_Probe="1")
    assert [request.target for request in kubelet.requests] == ["//pods?x=%2e", "http://other.example/pods"]
    assert ("X-Probe", "1") in kubelet.requests[1].headers
    assert kubelet.counters.statuses == ((200, 1), (301, 1))
    kubelet.forget()
    assert kubelet.requests == ()


def test_exec_over_a_websocket_is_counted_and_runs_nothing(kubelet: FakeKubelet) -> None:
    target = "/exec/sandbox/pod-with-limits/nginx?command=id&output=1"
    reply = get(kubelet, target, Upgrade="websocket")
    assert (reply.status, reply.body) == (101, b"")
    assert kubelet.exec_reached == 1


@pytest.mark.parametrize("path", ["/exec/a/b/c", "/attach/a/b/c", "/portForward/a/b", "/run/a/b/c"])
def test_what_would_run_something_needs_a_caller_with_the_right(kubelet: FakeKubelet, path: str) -> None:
    assert get(kubelet, path, "", method="POST").status == 401
    assert get(kubelet, path, "tenant-a", method="POST").status == 403
    assert get(kubelet, path, "datadog", method="POST").status == 403
    assert kubelet.exec_reached == 0
    assert get(kubelet, path, "admin", method="POST").status == 400
    assert kubelet.exec_reached == 1


def test_slis_are_there_unless_the_node_is_too_old() -> None:
    for slis, status in ((True, 200), (False, 404)):
        with FakeKubelet(replace(story_node(), slis=slis), clock=lambda: NOW) as kubelet:
            assert get(kubelet, "/metrics/slis").status == status


def test_a_client_certificate_is_an_identity(tmp_path: Path) -> None:
    authority = Authority()
    pem = tmp_path / "client.pem"
    pem.write_bytes(authority.issue_client("kubernetes-admin", ("system:masters",)).chain)
    context = ssl.create_default_context(cadata=authority.pem.decode())
    context.load_cert_chain(pem)
    with FakeKubelet(story_node(), authority=authority) as kubelet:
        connection = HTTPSConnection("127.0.0.1", kubelet.port, timeout=5, context=context)
        connection.request("GET", "/logs/")
        assert connection.getresponse().status == 200


def test_a_connection_can_be_used_again(kubelet: FakeKubelet) -> None:
    context = ssl.create_default_context(cadata=kubelet.ca_pem.decode())
    connection = HTTPSConnection("127.0.0.1", kubelet.port, timeout=5, context=context)
    for path in ("/healthz", "/pods", "/metrics/resource"):
        connection.request("GET", path, headers={"Authorization": f"Bearer {kubelet.tokens['datadog']}"})
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"san": False}, "IP address mismatch|doesn't match"), ({"expired": True}, "expired")],
)
def test_bad_certificates_are_refused_by_clients(options: dict[str, bool], reason: str) -> None:
    authority = Authority()
    pair = authority.issue(common_name="127.0.0.1", **options)
    with (
        FakeKubelet(story_node(), authority=authority, certificate=pair) as kubelet,
        pytest.raises(ssl.SSLCertVerificationError, match=reason),
    ):
        get(kubelet, "/healthz")


def test_http_1_0_clients_get_a_length(kubelet: FakeKubelet) -> None:
    token = kubelet.tokens["datadog"]
    reply = ask(kubelet, f"GET /pods HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    assert reply.headers["Content-Length"] == str(len(reply.body))
    assert "Transfer-Encoding" not in reply.headers


def test_another_authority_is_not_trusted(kubelet: FakeKubelet) -> None:
    context = ssl.create_default_context(cadata=Authority().pem.decode())
    with pytest.raises(ssl.SSLCertVerificationError):
        HTTPSConnection("127.0.0.1", kubelet.port, timeout=5, context=context).request("GET", "/")
