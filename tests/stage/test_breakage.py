"""Each fault on request does on the wire what its name says, and can be taken back."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import ssl
import time
import zlib

import pytest

from kubesieve.stage.breakage import KINDS, parse_fault
from kubesieve.stage.kubelet import FakeKubelet
from tests.stage.conftest import get, read_samples

CADVISOR, PODS, SUMMARY = "/metrics/cadvisor", "/pods", "/stats/summary"


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("500", 500, b"two-containers_tenant-a"),
        ("503", 503, b"Service Unavailable"),
        ("401", 401, b"Unauthorized"),
        ("403", 403, b"Forbidden (user="),
        ("404", 404, b"404 page not found\n"),
        ("429", 429, b"Too many requests"),
        ("html", 200, b"<!DOCTYPE html>"),
        ("html-text", 200, b"<!DOCTYPE html>"),
        ("json-status", 200, b'"kind": "Status"'),
        ("redirect", 302, b""),
        ("json", 200, b'{"items":[]}'),
    ],
)
def test_another_answer(kubelet: FakeKubelet, kind: str, status: int, text: bytes) -> None:
    kubelet.break_(PODS, kind)
    reply = get(kubelet, PODS)
    assert reply.status == status
    assert text in reply.body


def test_a_500_names_a_pod_the_caller_may_not_see(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "500")
    assert b"tenant-a" in get(kubelet, CADVISOR).body


def test_empty(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "empty")
    assert get(kubelet, CADVISOR).body == b""


@pytest.mark.parametrize(("kind", "content_type"), [("html", "text/html"), ("html-text", "text/plain")])
def test_pages_say_what_they_are_or_do_not(kubelet: FakeKubelet, kind: str, content_type: str) -> None:
    kubelet.break_(CADVISOR, kind)
    assert get(kubelet, CADVISOR).headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize("kind", ["cut", "cut-chunked"])
def test_cut_answers_end_before_they_are_whole(kubelet: FakeKubelet, kind: str) -> None:
    kubelet.break_(CADVISOR, kind)
    with pytest.raises(http.client.IncompleteRead):
        get(kubelet, CADVISOR)


def test_no_final_newline(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "no-final-newline")
    assert not get(kubelet, CADVISOR).body.endswith(b"\n")


def test_slow_takes_its_time_and_is_whole(kubelet: FakeKubelet) -> None:
    good = get(kubelet, PODS).body
    kubelet.break_(PODS, "slow:0.4")
    start = time.monotonic()
    assert get(kubelet, PODS).body == good
    assert time.monotonic() - start >= 0.4


def test_stuck_never_answers(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "stuck")
    with pytest.raises(TimeoutError):
        _hurried(kubelet, PODS)


def test_stop_does_not_wait_for_a_stuck_answer(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "stuck")
    with pytest.raises(TimeoutError):
        _hurried(kubelet, PODS)
    start = time.monotonic()
    kubelet.stop()
    assert time.monotonic() - start < 2


def test_reset(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "reset")
    with pytest.raises((ConnectionResetError, ssl.SSLError)):
        get(kubelet, PODS)


def test_gzip_is_labelled_and_valid(kubelet: FakeKubelet) -> None:
    good = get(kubelet, PODS).body
    kubelet.break_(PODS, "gzip")
    reply = get(kubelet, PODS)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(reply.body) == good


def test_gzip_unlabelled_and_mislabelled(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "gzip-unlabelled")
    reply = get(kubelet, PODS)
    assert "Content-Encoding" not in reply.headers
    assert reply.body.startswith(b"\x1f\x8b")
    kubelet.break_(PODS, "gzip-mislabelled")
    reply = get(kubelet, PODS)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.body.startswith(b"{")


def test_bad_gzip_fails_its_checksum(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "bad-gzip")
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(get(kubelet, PODS).body)


def test_a_gzip_bomb_is_small_on_the_wire(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "gzip-bomb")
    reply = get(kubelet, CADVISOR)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.body) < 200_000
    assert len(zlib.decompressobj(31).decompress(reply.body, 1 << 23)) == 1 << 23


def test_stale_answers_never_change() -> None:
    from kubesieve.stage.node import story_node

    ticking = iter(range(1795572755, 1795582755, 100))
    with FakeKubelet(story_node(), clock=lambda: float(next(ticking))) as kubelet:
        assert get(kubelet, CADVISOR).body != get(kubelet, CADVISOR).body
        kubelet.break_(CADVISOR, "stale")
        assert get(kubelet, CADVISOR).body == get(kubelet, CADVISOR).body


@pytest.mark.parametrize(("path", "key"), [(PODS, "items"), (SUMMARY, "pods")])
def test_null_lists_and_items(kubelet: FakeKubelet, path: str, key: str) -> None:
    kubelet.break_(path, "null-items")
    assert json.loads(get(kubelet, path).body)[key] is None
    kubelet.break_(path, "null-item")
    assert json.loads(get(kubelet, path).body)[key][0] is None


def test_things_said_twice(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "duplicate-type")
    lines = [line for line in get(kubelet, CADVISOR).body.splitlines() if line.startswith(b"# TYPE")]
    assert lines[0] == lines[1]
    kubelet.break_(CADVISOR, "duplicate-label")
    assert len(re.findall(rb',namespace="([^"]+)",namespace="\1",', get(kubelet, CADVISOR).body)) == 1
    kubelet.break_(PODS, "duplicate-key")
    assert len(re.findall(rb'"namespace":"([^"]+)","namespace":"\1"', get(kubelet, PODS).body)) == 1


def test_bytes_that_do_not_belong(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "not-utf8")
    with pytest.raises(UnicodeDecodeError):
        get(kubelet, CADVISOR).body.decode()
    kubelet.break_(CADVISOR, "cr")
    assert get(kubelet, CADVISOR).body.count(b"\r") == 1


def test_a_header_longer_than_clients_take(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "huge-header")
    with pytest.raises(http.client.LineTooLong):
        get(kubelet, PODS)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("openmetrics", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("wrong-type", "application/octet-stream"),
        ("no-type", None),
    ],
)
def test_content_types(kubelet: FakeKubelet, kind: str, content_type: str | None) -> None:
    kubelet.break_(CADVISOR, kind)
    assert get(kubelet, CADVISOR).headers.get("Content-Type") == content_type


def test_scrape_error_is_what_a_kubelet_says_without_its_runtime(kubelet: FakeKubelet) -> None:
    kubelet.break_("/metrics/resource", "scrape-error")
    lines = read_samples(get(kubelet, "/metrics/resource").body)
    assert [(line.name, line.value) for line in lines] == [("scrape_error", "1")]


def test_a_fault_is_on_its_path_only_and_can_be_mended(kubelet: FakeKubelet) -> None:
    kubelet.break_(CADVISOR, "500")
    assert get(kubelet, PODS).status == 200
    assert get(kubelet, CADVISOR).status == 500
    kubelet.mend(CADVISOR)
    assert get(kubelet, CADVISOR).status == 200
    kubelet.break_("*", "503")
    assert get(kubelet, PODS).status == 503
    kubelet.mend()
    assert get(kubelet, PODS).status == 200


def test_a_fault_does_not_open_the_door(kubelet: FakeKubelet) -> None:
    kubelet.break_(PODS, "html")
    assert get(kubelet, PODS, "").status == 401
    assert get(kubelet, PODS, "tenant-a").status == 403


@pytest.mark.parametrize("text", ["nope", "", "slow:soon", "slow:-1"])
def test_an_unknown_fault_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_fault(text)


def test_every_kind_has_a_name_that_can_be_said_on_a_command_line() -> None:
    assert all(kind == parse_fault(kind).kind and "=" not in kind for kind in KINDS)


def _hurried(kubelet: FakeKubelet, path: str) -> None:
    context = ssl.create_default_context(cadata=kubelet.ca_pem.decode())
    connection = http.client.HTTPSConnection("127.0.0.1", kubelet.port, timeout=0.4, context=context)
    connection.request("GET", path, headers={"Authorization": f"Bearer {kubelet.tokens['datadog']}"})
    connection.getresponse()
