"""Container logs: one's own as the kubelet has them, all others alike, within their bounds."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.http_values import Answer, Request
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Answered, Gateway, read_all
from tests.sieve.virtual_node import HOST, NODE, A, B, own_pods

ON = {"enabled": True}
GRANTS = {"tenants": [tenant("a", account("tenant-a"), namespaces=["tenant-a", "sandbox"])]}
EVERY, DRIPS = 0.3, 20


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("logs"), node=NODE).running() as one:
        yield one


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    with cluster.serving(grants=GRANTS, containerLogs=ON) as one:
        yield one


@pytest.fixture(autouse=True)
def _healthy(cluster: Cluster) -> None:
    cluster.kubelet.mend()
    cluster.kubelet.forget()


def log_of(cluster: Cluster, namespace: str) -> str:
    """The path of some log of a namespace."""
    pod = next(pod for pod in cluster.node.pods if pod.namespace == namespace)
    return f"/containerLogs/{namespace}/{pod.name}/{pod.containers[0].name}"


def unchunked(answer: Answered) -> bytes:
    assert answer.headers.get("transfer-encoding") == "chunked"
    rest, body = answer.body, b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


def logs_asked(cluster: Cluster) -> list[str]:
    return [one.target for one in cluster.kubelet.requests if one.target.startswith("/containerLogs")]


def test_ones_own_log_is_the_kubelets(cluster: Cluster, gateway: Gateway) -> None:
    path = log_of(cluster, "sandbox")
    answer = gateway.ask(f"{path}?tailLines=2&timestamps=true", cluster.token("tenant-a"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-content-type-options"] == "nosniff"
    direct = cluster.kubelet_body(f"{path}?tailLines=2&timestamps=true")
    assert unchunked(answer) == direct
    assert direct.count(b"\n") == 2


def test_the_kubelet_is_asked_with_our_token_and_told_where_to_end(cluster: Cluster, gateway: Gateway) -> None:
    path = log_of(cluster, "sandbox")
    gateway.ask(f"{path}?previous=false&pretty=1&limitBytes=99999999", cluster.token("tenant-a"))
    [request] = [one for one in cluster.kubelet.requests if one.target.startswith("/containerLogs")]
    assert request.target == f"{path}?limitBytes={16 << 20}"
    assert request.header("Authorization") == f"Bearer {cluster.token('kubelet-proxy')}"


def test_foreign_and_nonexistent_are_answered_alike_and_the_kubelet_is_asked_for_neither(
    cluster: Cluster, gateway: Gateway
) -> None:
    foreign, own = log_of(cluster, "tenant-b"), log_of(cluster, "sandbox")
    nobodys = ["/containerLogs/tenant-b/none/app", "/containerLogs/nowhere/none/app", "/containerLogs/sandbox/none/app"]
    targets = [foreign, *nobodys, f"{own}-not", foreign.replace("tenant-b", "sandbox")]
    answers = [gateway.ask(target, cluster.token("tenant-a")) for target in targets]
    assert {answer.status for answer in answers} == {404}
    assert len({(answer.body, tuple(sorted(answer.headers))) for answer in answers}) == 1
    assert answers[0].reason == "log-unknown"
    assert logs_asked(cluster) == []


@pytest.mark.parametrize(
    ("who", "status", "reason"),
    [(None, 401, "token-missing"), ("wrong", 401, "token-refused"), ("tenant-b", 403, "no-grant")],
)
def test_who_is_nobody_or_has_no_grant_is_told_as_everywhere(
    cluster: Cluster, gateway: Gateway, who: str | None, status: int, reason: str
) -> None:
    token = cluster.directory.tokens.get(who, who) if who else None
    answer = gateway.ask(log_of(cluster, "sandbox"), token)
    assert (answer.status, answer.reason) == (status, reason)
    assert logs_asked(cluster) == []


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        pytest.param("?tailLines=-1", 400, "log-query", id="a number that is none"),
        pytest.param("?tailLines=1e3", 400, "log-query", id="a number in another spelling"),
        pytest.param("?sinceTime=yesterday", 400, "log-query", id="a time that is none"),
        pytest.param("?timestamps=maybe", 400, "log-query", id="a flag that is none"),
        pytest.param("?tailLines=1&tailLines=2", 400, "log-query", id="a parameter twice"),
        pytest.param("?follow=true", 400, "log-follow", id="follow, which is off"),
        pytest.param("/", 404, "path-unknown", id="a slash behind"),
        pytest.param("%2f..", 404, "path-not-canonical", id="percent-encoded"),
        pytest.param("/../../../exec", 404, "path-not-canonical", id="dots"),
        pytest.param("/more", 404, "path-unknown", id="more behind"),
    ],
)
def test_what_is_no_plain_request_for_a_log_never_goes_up(
    cluster: Cluster, gateway: Gateway, change: str, status: int, reason: str
) -> None:
    answer = gateway.ask(log_of(cluster, "sandbox") + change, cluster.token("tenant-a"))
    assert (answer.status, answer.reason) == (status, reason)
    assert logs_asked(cluster) == []


@pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE"])
def test_a_log_is_asked_for_by_get_alone(cluster: Cluster, gateway: Gateway, method: str) -> None:
    answer = gateway.ask(log_of(cluster, "sandbox"), cluster.token("tenant-a"), method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert logs_asked(cluster) == []


def test_logs_are_off_by_default(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS) as gateway:
        answer = gateway.ask(log_of(cluster, "sandbox"), cluster.token("tenant-a"))
    assert (answer.status, answer.reason) == (404, "path-unknown")


def test_the_record_says_whose_log_and_how_much_of_it_was_sent(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS, containerLogs=ON) as gateway:
        path = log_of(cluster, "sandbox")
        sent = unchunked(gateway.ask(path, cluster.token("tenant-a")))
        [record] = gateway.records()
    assert (record["endpoint"], record["target"], record["status"]) == ("containerLogs", path, 200)
    assert (record["caller"], record["bytes"], record["sent"]) == (
        "system:serviceaccount:tenant-a:agent",
        len(sent),
        "whole",
    )
    assert b"TENANT-SECRET" in sent
    assert "TENANT-SECRET" not in gateway.raw_records


def test_http_1_0_gets_it_without_chunks(cluster: Cluster, gateway: Gateway) -> None:
    path, token = log_of(cluster, "sandbox"), cluster.token("tenant-a")
    answer = gateway.send(f"GET {path}?tailLines=1 HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    assert answer.body == cluster.kubelet_body(f"{path}?tailLines=1")


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("400", 404, "log-absent"),
        ("404", 404, "log-absent"),
        ("401", 502, "kubelet-refused-us"),
        ("403", 502, "kubelet-refused-us"),
        ("500", 502, "upstream-status"),
    ],
)
def test_what_the_kubelet_says_instead_of_a_log_is_not_passed_on(
    tmp_path: Path, kind: str, status: int, reason: str
) -> None:
    with Cluster(tmp_path, node=NODE).running() as one, one.serving(grants=GRANTS, containerLogs=ON) as gateway:
        path = log_of(one, "sandbox")
        if kind == "400":
            path = f"{path}?previous=true"
        else:
            one.kubelet.break_(path, kind)
        answer = gateway.ask(path, one.token("tenant-a"))
    assert (answer.status, answer.reason) == (status, reason)


@pytest.mark.parametrize("name", ["tenant-a", "tenant-b"])
def test_a_virtual_clusters_logs_go_by_its_own_names(cluster: Cluster, name: str) -> None:
    clusters = {"tenant-a": A, "tenant-b": B}
    tenants = [
        tenant(who, account(who), vcluster={"namespace": HOST, "name": one.name}) for who, one in clusters.items()
    ]
    with cluster.serving(grants={"tenants": tenants}, containerLogs=ON) as gateway:
        mine = {(pod.namespace, pod.name) for pod in own_pods(NODE, clusters[name])}
        for who, one in clusters.items():
            for pod in own_pods(NODE, one):
                path = f"/containerLogs/{pod.namespace}/{pod.name}/{pod.containers[0].name}"
                answer = gateway.ask(path, cluster.token(name))
                assert answer.status == (200 if (pod.namespace, pod.name) in mine else 404), (who, path)
        for host in (pod for pod in NODE.pods if pod.namespace == HOST):
            path = f"/containerLogs/{HOST}/{host.name}/{host.containers[0].name}"
            assert gateway.ask(path, cluster.token(name)).reason == "log-unknown"
    other = B.name if name == "tenant-a" else A.name
    assert all(f"-x-{other}/" not in target for target in logs_asked(cluster))


class Dripping:
    """In place of the stage's log: twenty lines, one every so many seconds."""

    def __init__(self, cluster: Cluster, every: float = EVERY, line: bytes = b"tick\n") -> None:
        self._cluster, self._every, self._line = cluster, every, line

    def __enter__(self) -> Dripping:
        self._kept, self._cluster.kubelet.answer = self._cluster.kubelet.answer, self._answer  # type: ignore[method-assign]
        return self

    def __exit__(self, *_exc: object) -> None:
        self._cluster.kubelet.answer = self._kept  # type: ignore[method-assign]

    def _answer(self, request: Request) -> Answer:
        if not request.target.startswith("/containerLogs"):
            return self._kept(request)
        body = self._line * DRIPS
        return Answer(200, body, "text/plain", framing="chunked", delivery="drip", seconds=self._every * DRIPS)


@contextmanager
def following(cluster: Cluster, every: float = EVERY, **more: Any) -> Iterator[tuple[Gateway, str]]:
    logs = {**ON, "follow": True, **more}
    with cluster.serving(grants=GRANTS, containerLogs=logs) as gateway, Dripping(cluster, every):
        yield gateway, f"{log_of(cluster, 'sandbox')}?follow=true"


def began(gateway: Gateway, target: str, token: str) -> socket.socket:
    """A connection on which a log has begun to come."""
    connection = gateway.connect()
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    raw = b""
    while b"tick" not in raw and (part := connection.recv(65536)):
        raw += part
    assert b" 200 " in raw.split(b"\r\n")[0], raw
    return connection


def test_a_followed_log_comes_as_it_is_written_and_ends_with_its_time(cluster: Cluster) -> None:
    with following(cluster, duration="1500ms") as (gateway, target):
        started = time.monotonic()
        with began(gateway, target, cluster.token("tenant-a")) as connection:
            assert time.monotonic() - started < 1.2, "the first line does not wait for the last"
            rest = read_until_end(connection)
        assert rest.endswith(b"0\r\n\r\n"), "its end is one"
        assert time.monotonic() - started < 6


def read_until_end(connection: socket.socket) -> bytes:
    raw = b""
    while not raw.endswith(b"0\r\n\r\n"):
        part = connection.recv(65536)
        if not part:
            break
        raw += part
    return raw


def test_a_log_that_is_not_had_to_its_end_in_time_is_cut_and_shows_it(cluster: Cluster) -> None:
    with following(cluster, duration="500ms") as (gateway, target):
        raw = b""
        with began(gateway, target.partition("?")[0], cluster.token("tenant-a")) as connection:
            raw = read_all(connection)
        assert not raw.endswith(b"0\r\n\r\n")
        record = gateway.records()[-1]
        assert (record["sent"], record["reason"]) == ("no", "log-cut")
        assert b'kubesieve_refusals_total{reason="log-cut"} 1.0' in gateway.admin("/-/metrics").body


def test_one_caller_follows_so_many_and_no_more_and_others_still_can(cluster: Cluster) -> None:
    grants = {"tenants": [*GRANTS["tenants"], tenant("b", account("tenant-b"), namespaces=["sandbox"])]}
    logs = {**ON, "follow": True, "streamsPerCaller": 2, "streams": 3}
    with cluster.serving(grants=grants, containerLogs=logs) as gateway, Dripping(cluster):
        target = f"{log_of(cluster, 'sandbox')}?follow=true"
        a, b = cluster.token("tenant-a"), cluster.token("tenant-b")
        open_ones = [began(gateway, target, a) for _ in range(2)]
        answer = gateway.ask(target, a)
        assert (answer.status, answer.reason, answer.headers["retry-after"]) == (429, "too-many-logs", "1")
        open_ones.append(began(gateway, target, b))
        answer = gateway.ask(target, b)
        assert (answer.status, answer.reason) == (503, "too-busy")
        assert gateway.ask("/pods", a).status == 200, "scrapes have places of their own"
        for one in open_ones:
            one.close()
        end = time.monotonic() + 5
        while (status := gateway.ask("/healthz", a).status) != 200 and time.monotonic() < end:
            time.sleep(0.1)
        assert status == 200
        began(gateway, target, a).close()


def test_a_client_that_goes_away_leaves_its_place_at_once_though_the_log_is_quiet(cluster: Cluster) -> None:
    with following(cluster, every=5.0, streamsPerCaller=1) as (gateway, target):
        connection = gateway.connect()
        token = cluster.token("tenant-a")
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        assert b" 200 " in connection.recv(65536)
        connection.close()
        assert gateway.records(1, seconds=3)[0]["endpoint"] == "containerLogs"


def test_stopping_ends_followed_logs_and_does_not_wait_for_them(cluster: Cluster) -> None:
    with following(cluster) as (gateway, target):
        with began(gateway, target, cluster.token("tenant-a")) as connection:
            started = time.monotonic()
            gateway.stop(wait=False)
            assert read_all(connection).endswith(b"0\r\n\r\n")
        gateway.stop()
        assert time.monotonic() - started < 4


def test_bytes_of_logs_count_in_the_callers_rate(cluster: Cluster) -> None:
    limits = {"callerMebibytesPerSecond": 1}
    line = b"x" * 700_000 + b"tick\n"
    with cluster.serving(grants=GRANTS, containerLogs=ON, limits=limits) as gateway, Dripping(cluster, 0.0, line):
        token = cluster.token("tenant-a")
        assert gateway.ask(log_of(cluster, "sandbox"), token).status == 200
        answer = gateway.ask("/healthz", token)
    assert (answer.status, answer.reason) == (429, "too-fast")


def test_a_log_that_breaks_off_at_the_kubelet_breaks_off_here(cluster: Cluster, gateway: Gateway) -> None:
    path = log_of(cluster, "sandbox")
    cluster.kubelet.break_(path, "cut")
    answer = gateway.ask(path, cluster.token("tenant-a"))
    assert answer.status == 200
    assert not answer.body.endswith(b"0\r\n\r\n")
