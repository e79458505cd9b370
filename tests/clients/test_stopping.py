"""SIGTERM while answering, and what serving writes: access records nobody has to read."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.stage.node import build_node
from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import MakeCurl, Start, own_tls, upstream
from tests.clients.programs import Curl, Serving, clean_environment
from tests.independent_text import samples
from tests.waiting import becomes

CADVISOR = "/metrics/cadvisor"
STOP_SECONDS = 10.0


def _begin(client: Curl, *arguments: str) -> subprocess.Popen[bytes]:
    command = client.command("--write-out", "%{stderr}%{http_code}", *arguments)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())


def _asked(stage: EmbeddedNode) -> bool:
    return any(request.target == CADVISOR for request in stage.kubelet.requests)


def _series(body: bytes, namespaces: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(name, str(labels)) for name, labels, _ in samples(body) if labels.get("namespace") in namespaces}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_during_a_slow_answer_it_ends_that_answer_and_takes_no_other(
    serve: Start, make_curl: MakeCurl, stage: EmbeddedNode, number: signal.Signals
) -> None:
    serving = serve()
    client = make_curl(serving)
    direct = Curl(client.program, stage.url, stage.ca_file, client.authorization).ask(CADVISOR).body
    stage.kubelet.forget()
    stage.kubelet.break_(CADVISOR, "slow:3")
    with _begin(client, client.url + CADVISOR) as asking:
        assert becomes(lambda: _asked(stage))
        told = time.monotonic()
        serving.process.send_signal(number)
        refuses = becomes(lambda: not serving.listens(), 2)
        running = asking.poll() is None
        body, status = asking.communicate(timeout=15)
    assert (asking.returncode, status) == (0, b"200"), serving.sentences
    assert (refuses, running) == (True, True), "new connections are refused while the answer is under way"
    assert _series(body, ("sandbox",)) == _series(direct, ("sandbox",))
    assert serving.wait() == 0
    assert time.monotonic() - told < STOP_SECONDS
    assert [json.loads(line)["sent"] for line in serving.records.read_text().splitlines()] == ["whole"]
    assert not any("Traceback" in line for line in serving.sentences), serving.sentences


@pytest.fixture
def big_stage() -> Iterator[EmbeddedNode]:
    """A node whose answers are more than sockets hold: the rest waits in the program."""
    with EmbeddedNode(build_node(pods=150, namespaces=1, story=False)) as stage:
        yield stage


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plain"])
def test_told_to_stop_while_a_client_takes_its_time_the_answer_is_whole(
    start: Start, big_stage: EmbeddedNode, tls_folder: Path, tls: bool
) -> None:
    serving = start(*upstream(big_stage), *(own_tls(tls_folder) if tls else ()), "--namespaces", "team-00")
    url = URL(serving.address)
    request = f"GET {CADVISOR} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {big_stage.tokens['datadog']}\r\n\r\n"
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(15)
        plain.connect((url.host or "", url.port or 0))
        context = ssl.create_default_context(cafile=str(tls_folder / "ca.crt"))
        connection = context.wrap_socket(plain, server_hostname="localhost") if tls else plain
        connection.sendall(request.encode())
        received = connection.recv(1)
        time.sleep(0.5)
        serving.terminate()
        while part := connection.recv(16384):
            received += part
            time.sleep(0.005)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: ([0-9]+)", head)
    assert length is not None
    assert len(body) == int(length[1])
    assert serving.wait(STOP_SECONDS) == 0


def test_a_kubelet_that_never_answers_does_not_keep_it_from_stopping(
    serve: Start, make_curl: MakeCurl, stage: EmbeddedNode
) -> None:
    serving = serve("--timeout", "2")
    client = make_curl(serving)
    stage.kubelet.break_(CADVISOR, "stuck")
    with _begin(client, client.url + CADVISOR) as asking:
        assert becomes(lambda: _asked(stage))
        serving.terminate()
        _, status = asking.communicate(timeout=15)
    assert status == b"504"
    assert serving.wait(STOP_SECONDS) == 0


def test_an_idle_connection_does_not_keep_it_from_stopping(serve: Start, make_curl: MakeCurl) -> None:
    serving = serve()
    client = make_curl(serving)
    # --rate 1/m holds the connection open between the two requests.
    with _begin(client, "--rate", "1/m", client.url + "/healthz", client.url + "/healthz") as asking:
        assert becomes(lambda: serving.records.read_text().count("\n") == 1)
        told = time.monotonic()
        serving.terminate()
        assert serving.wait() == 0
        assert time.monotonic() - told < 3
        asking.kill()


def _records(serving: Serving, count: int) -> list[str]:
    assert becomes(lambda: serving.records.read_text().count("\n") >= count)
    return serving.records.read_text().splitlines()


def test_each_request_leaves_one_line_of_json_and_no_token(
    serve: Start, make_curl: MakeCurl, stage: EmbeddedNode
) -> None:
    serving, token = serve(), stage.tokens["datadog"]
    client, secret = make_curl(serving), "SECRET-OF-ANOTHER"
    stage.kubelet.break_("/metrics/probes", "500")
    client.ask("/pods")
    client.ask("/metrics/cadvisor?verbose", "--compressed")
    client.ask("/metrics/probes")
    client.ask('/no"such\\path', "--path-as-is")
    client.ask("/pods", "--user-agent", "a\tb", "--header", f"X-Other: {secret}")
    make_curl(serving, authorization=f"Bearer {secret}").ask("/pods")
    make_curl(serving, authorization="").ask("/pods")
    lines = _records(serving, 7)
    records = [json.loads(line) for line in lines]
    assert [(record["status"], record["reason"]) for record in records] == [
        (200, "ok"),
        (200, "ok"),
        (502, "upstream-status"),
        (404, "path-not-canonical"),
        (200, "ok"),
        (401, "upstream-unauthorized"),
        (401, "token-missing"),
    ]
    assert records[-1]["credential"] is None
    assert records[0]["credential"] == records[1]["credential"] != records[5]["credential"]
    assert all(line.isascii() and line.isprintable() for line in lines)
    serving.stop()
    written = serving.records.read_text() + "\n".join(serving.sentences)
    assert token not in written
    assert secret not in written
    assert not re.search(r"stage-datadog|tenant-|two-containers", written), "no body's content, no token's beginning"


def test_a_stdout_that_nobody_reads_holds_up_no_answer_and_no_stop(serve: Start, make_curl: MakeCurl) -> None:
    serving = serve(unread=True)
    client = make_curl(serving)
    done = client.run("--output", "/dev/null", "--write-out", "%{http_code}\n", f"{client.url}/healthz?[1-600]")
    assert done.stdout.count(b"200\n") == 600, "the records of which are more than a pipe holds"
    serving.terminate()
    assert serving.wait(STOP_SECONDS) == 0
    assert not any("Traceback" in line or "Fatal" in line for line in serving.sentences)


def test_a_stdout_that_is_closed_holds_up_nothing(serve: Start, make_curl: MakeCurl) -> None:
    serving = serve(unread=True)
    assert serving.process.stdout is not None
    serving.process.stdout.close()
    client = make_curl(serving)
    for _ in range(3):
        assert client.ask("/healthz").status == 200
    serving.terminate()
    assert serving.wait(STOP_SECONDS) == 0
    assert not any("Traceback" in line or "Exception" in line for line in serving.sentences)
