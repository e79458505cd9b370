"""The naive proxy has the faults that were measured on the real one."""

from __future__ import annotations

import socket
import time
from http.client import HTTPConnection, HTTPResponse

import pytest

from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.naive import NaiveProxy
from tests.stage.conftest import get, read_samples

ALLOWED = ("datadog", "kube-system")


def _ask(proxy: NaiveProxy, path: str, token: str = "", timeout: float = 10) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(proxy.url.removeprefix("http://"), timeout=timeout)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    return answer, answer.read()


def test_resource_shows_only_the_allowed_namespaces_and_the_node(kubelet: FakeKubelet) -> None:
    with NaiveProxy(kubelet.url, ALLOWED) as proxy:
        _, body = _ask(proxy, "/metrics/resource", kubelet.tokens["datadog"])
    namespaces = {line.map.get("namespace") for line in read_samples(body)}
    assert namespaces == {"datadog", "kube-system", None}


@pytest.mark.parametrize("path", ["/pods", "/stats/summary"])
def test_json_is_not_filtered_and_called_text(kubelet: FakeKubelet, path: str) -> None:
    with NaiveProxy(kubelet.url, ALLOWED) as proxy:
        answer, body = _ask(proxy, path, kubelet.tokens["datadog"])
    assert (answer.version, answer.headers["Content-Type"]) == (10, "text/plain")
    assert body == get(kubelet, path).body


def test_no_token_becomes_a_500(kubelet: FakeKubelet) -> None:
    with NaiveProxy(kubelet.url, ALLOWED) as proxy:
        answer, body = _ask(proxy, "/pods")
    assert (answer.status, body) == (500, b"HTTP Error 401: Unauthorized")


def test_one_client_stuck_in_its_headers_makes_everybody_wait(kubelet: FakeKubelet) -> None:
    with NaiveProxy(kubelet.url, ALLOWED) as proxy:
        host, port = proxy.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 5) as stuck:
            stuck.sendall(b"GET /healthz HTTP/1.1\r\n")
            time.sleep(0.2)
            with pytest.raises(TimeoutError):
                _ask(proxy, "/healthz", kubelet.tokens["datadog"], timeout=0.4)
        assert _ask(proxy, "/healthz", kubelet.tokens["datadog"])[0].status == 200


def test_stop_does_not_wait_for_the_stuck_client(kubelet: FakeKubelet) -> None:
    proxy = NaiveProxy(kubelet.url, ALLOWED).start()
    host, port = proxy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as stuck:
        stuck.sendall(b"GET /healthz HTTP/1.1\r\n")
        time.sleep(0.2)
        start = time.monotonic()
        proxy.stop()
        assert time.monotonic() - start < 1.5
