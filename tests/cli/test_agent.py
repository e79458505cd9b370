"""``kubesieve agent``: what the checks report over real sockets is what the agents' tables say of each answer."""

from __future__ import annotations

import gzip
import http.server
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubesieve.agents import GO_7, PYTHON_10, Answer, Rules, View, kubelet_check
from kubesieve.cli.agent import agent
from kubesieve.faults import OwnFault
from tests.cli.replay import NOT_FOUND, PLAIN, Answers, Replay, replaying
from tests.doctor.scenes import PATHS, kubelet_answer

CADVISOR, PODS, SUMMARY = "/metrics/cadvisor", "/pods", "/stats/summary"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
ROW = "sandbox/pod-with-limits/nginx"
INTACT, GONE, NO_ROWS = "rows intact", "every row a dash", "no rows"


@pytest.fixture(scope="module")
def server() -> Iterator[Replay]:
    with replaying() as replay:
        yield replay


@pytest.fixture
def kubelet(server: Replay) -> Replay:
    """The embedded kubelet's answers, all of them good."""
    server.asked.clear()
    server.answers = {path: _answer(path) for path in PATHS}
    return server


def _answer(path: str) -> Answer:
    found = kubelet_answer(path, 1)
    return Answer(found.status, found.content_type or PLAIN, found.body)


def ask(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(agent, [*arguments, "-o", "json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    report: dict[str, Any] = json.loads(done.output)
    assert done.exit_code == report["exit"]
    return report


def seen(kubelet: Replay, which: str) -> tuple[str, str]:
    """The check's status, and how the rows are: pod-with-limits has a memory limit, so its percentage tells."""
    (check,) = ask("kubelet", "--url", kubelet.url, "--interval", "0", "--agent", which)["checks"]
    rows = {"/".join((row["namespace"], row["pod"], row["container"])): row for row in check["containers"]}
    if not rows:
        return check["status"], NO_ROWS
    return check["status"], INTACT if ROW in rows and rows[ROW]["memory_pct"] else GONE


def status(code: int, body: bytes = b"", kind: str = PLAIN) -> Callable[[Answer], Answer]:
    return lambda _: Answer(code, kind, body)


def body(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=change(answer.body))


def edited(change: Callable[[Any], None]) -> Callable[[Answer], Answer]:
    def apply(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return body(apply)


def _half_fs(document: Any) -> None:
    document["node"]["fs"] = {"capacityBytes": 9}


def _packed(answer: Answer) -> Answer:
    return replace(answer, body=gzip.compress(answer.body), headers={"content-encoding": "gzip"})


def _lines(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.MULTILINE)


FORBIDDEN = status(403, b"Forbidden (user=someone, verb=get, resource=nodes, subresource=metrics)")
UNAUTHORIZED, MISSING = status(401, b"Unauthorized"), status(404, b"404 page not found\n")
BROKEN, REFUSED = status(500, b"Internal Error: no runtime\n"), status(405, b"Method Not Allowed\n")
STATUS = status(200, b'{"kind":"Status","status":"Failure","code":403}', "application/json")
OK, WARNING, ERROR = "OK", "WARNING", "ERROR"


@pytest.mark.parametrize(
    ("path", "change", "python", "go"),
    [
        pytest.param("/metrics", UNAUTHORIZED, (ERROR, INTACT), (WARNING, INTACT), id="metrics 401"),
        pytest.param("/metrics", FORBIDDEN, (ERROR, INTACT), (WARNING, INTACT), id="metrics 403"),
        pytest.param("/metrics", MISSING, (ERROR, INTACT), (WARNING, INTACT), id="metrics 404"),
        pytest.param("/metrics", status(200), (OK, INTACT), (OK, INTACT), id="metrics empty"),
        pytest.param(CADVISOR, FORBIDDEN, (ERROR, GONE), (WARNING, GONE), id="cadvisor 403"),
        pytest.param(CADVISOR, BROKEN, (ERROR, GONE), (WARNING, GONE), id="cadvisor 500"),
        pytest.param("/metrics/probes", MISSING, (OK, INTACT), (OK, INTACT), id="probes 404"),
        pytest.param("/metrics/probes", FORBIDDEN, (ERROR, INTACT), (WARNING, INTACT), id="probes 403"),
        pytest.param("/metrics/probes", REFUSED, (ERROR, INTACT), (WARNING, INTACT), id="probes 405"),
        pytest.param("/spec", UNAUTHORIZED, (ERROR, NO_ROWS), (OK, INTACT), id="spec 401"),
        pytest.param("/spec/", FORBIDDEN, (OK, INTACT), (WARNING, INTACT), id="spec/ 403"),
        pytest.param(PODS, UNAUTHORIZED, (OK, GONE), (WARNING, GONE), id="pods 401"),
        pytest.param(PODS, FORBIDDEN, (OK, GONE), (WARNING, GONE), id="pods 403"),
        pytest.param(PODS, BROKEN, (OK, GONE), (WARNING, GONE), id="pods 500"),
        pytest.param(
            PODS, edited(lambda one: one.update(items=None)), (OK, GONE), (WARNING, GONE), id="pods items null"
        ),
        pytest.param(
            PODS, edited(lambda one: one["items"].append(None)), (ERROR, NO_ROWS), (OK, INTACT), id="pods null item"
        ),
        pytest.param(PODS, STATUS, (OK, GONE), (WARNING, GONE), id="pods a Status with 200"),
        pytest.param(PODS, _packed, (OK, GONE), (OK, INTACT), id="pods gzip"),
        pytest.param(SUMMARY, FORBIDDEN, (OK, INTACT), (WARNING, INTACT), id="summary 403"),
        pytest.param(
            SUMMARY, edited(lambda one: one.update(pods=None)), (ERROR, GONE), (OK, INTACT), id="summary pods null"
        ),
        pytest.param(SUMMARY, edited(lambda one: one.pop("node")), (OK, INTACT), (OK, INTACT), id="summary no node"),
        pytest.param(SUMMARY, edited(_half_fs), (ERROR, GONE), (OK, INTACT), id="node.fs without usage"),
        pytest.param(CADVISOR, body(lambda it: it[:-1]), (OK, INTACT), (WARNING, GONE), id="no final newline"),
        pytest.param(CADVISOR, body(lambda it: it[:-40]), (ERROR, INTACT), (WARNING, GONE), id="a cut body"),
        pytest.param(
            CADVISOR, body(lambda it: _lines("^# TYPE.*\n").sub(b"", it)), (OK, GONE), (OK, GONE), id="no TYPE lines"
        ),
    ],
)
def test_each_fault_does_what_the_agents_are_known_to_make_of_it(
    kubelet: Replay,
    path: str,
    change: Callable[[Answer], Answer],
    python: tuple[str, str],
    go: tuple[str, str],
) -> None:
    kubelet.answers[path] = change(kubelet.answers.get(path, NOT_FOUND))
    assert (seen(kubelet, "python"), seen(kubelet, "go")) == (python, go)


@pytest.mark.parametrize(("which", "health"), [("python", "OK"), ("go", "CRITICAL")])
def test_a_bad_healthz_is_critical_for_the_go_check_alone(kubelet: Replay, which: str, health: str) -> None:
    kubelet.answers["/healthz"] = Answer(500, PLAIN, b"[-]syncloop failed\n")
    (check,) = ask("kubelet", "--url", kubelet.url, "--interval", "0", "--agent", which)["checks"]
    assert check["health"] == health


def test_dashes_have_codes_and_those_by_design_are_fine(kubelet: Replay) -> None:
    report = ask("kubelet", "--url", kubelet.url, "--interval", "0", "--agent", "go")
    rows = {row["pod"]: row for row in report["checks"][0]["containers"]}
    assert rows["pod-without-limits"]["memory_dash_reason"] == "KS0501"
    assert rows["pod-with-limits"]["cpu_dash_reason"] == "KS0703"
    assert report["token_sent"] is False


def test_two_looks_give_a_cpu_percentage(kubelet: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look finds the series of 15 s later."""
    first, second = kubelet_answer(CADVISOR, 1).body, kubelet_answer(CADVISOR, 2).body
    bodies = iter([first, second])
    plain = kubelet.serve

    def serve(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path.startswith(CADVISOR):
            kubelet.answers[CADVISOR] = Answer(200, TEXT, next(bodies))
        plain(handler)

    monkeypatch.setattr(kubelet, "serve", serve)
    report = ask("kubelet", "--url", kubelet.url, "--interval", "0.5", "--agent", "go")
    rows = {row["pod"]: row for row in report["checks"][0]["containers"]}
    assert rows["pod-with-limits"]["cpu_pct"] > 0


def test_a_container_that_a_proxy_hides_is_a_dash_with_its_code(kubelet: Replay, tmp_path: Path) -> None:
    pods = tmp_path / "pods.json"
    pods.write_bytes(kubelet.answers[PODS].body)

    def hide(document: Any) -> None:
        document["pods"] = [pod for pod in document["pods"] if pod["podRef"]["namespace"] != "sandbox"]

    kubelet.answers[SUMMARY] = edited(hide)(kubelet.answers[SUMMARY])
    report = ask("container", "--url", kubelet.url, "--pods", str(pods))
    rows = {row["pod"]: row for row in report["checks"][0]["containers"]}
    assert rows["pod-with-limits"]["memory_dash_reason"] is not None
    assert "nil stats" in rows["pod-with-limits"]["log"]
    assert rows["dns"]["memory_bytes"] > 0


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        pytest.param(UNAUTHORIZED, "KS0104", id="401"),
        pytest.param(FORBIDDEN, "KS0105", id="403"),
        pytest.param(BROKEN, "KS0111", id="500"),
    ],
)
def test_a_refused_summary_is_told_by_its_status(
    kubelet: Replay, refusal: Callable[[Answer], Answer], code: str, tmp_path: Path
) -> None:
    pods = tmp_path / "pods.json"
    pods.write_bytes(kubelet.answers[PODS].body)
    kubelet.answers[SUMMARY] = refusal(kubelet.answers[SUMMARY])
    (check,) = ask("container", "--url", kubelet.url, "--pods", str(pods))["checks"]
    assert {row["memory_dash_reason"] for row in check["containers"]} == {code}
    told = CliRunner().invoke(agent, ["container", "--url", kubelet.url, "--pods", str(pods)]).output
    assert f"— {code}" in told


def test_nobody_there_is_a_fault_and_not_a_node_without_containers() -> None:
    done = CliRunner().invoke(agent, ["kubelet", "--url", "http://127.0.0.1:1", "--interval", "0"])
    assert isinstance(done.exception, OwnFault)
    assert done.exception.reason == "upstream-unreachable"


def test_a_token_stays_here_on_plain_http(kubelet: Replay, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("not-for-http")
    report = ask("kubelet", "--url", kubelet.url, "--interval", "0", "--token-file", str(token))
    assert any("token stays here" in note for note in report["notes"])
    assert kubelet.asked
    assert not any("authorization" in headers for _, headers in kubelet.asked)


FILES = {PODS: "pods", SUMMARY: "stats_summary", CADVISOR: "metrics_cadvisor", "/metrics": "metrics"}


def recorded(folder: Path) -> Answers:
    kinds = {PODS: "application/json", SUMMARY: "application/json"}
    found = ((path, folder / name) for path, name in FILES.items())
    answers = {path: Answer(200, kinds.get(path, TEXT), file.read_bytes()) for path, file in found if file.exists()}
    return {**answers, "/healthz": Answer(200, PLAIN, b"ok")}


@pytest.mark.parametrize(("which", "rules"), [("go", GO_7), ("python", PYTHON_10)])
def test_a_recording_comes_out_over_a_socket_as_it_does_from_the_file(
    kubelet: Replay, corpus: Path, which: str, rules: Rules
) -> None:
    folders = sorted({one.parent for one in (corpus / "fixtures").glob("*/metrics_cadvisor")})
    assert len(folders) >= 6
    for folder in folders:
        kubelet.answers = recorded(folder)
        (check,) = ask("kubelet", "--url", kubelet.url, "--interval", "0", "--agent", which)["checks"]
        targets = (step.target for step in rules.steps)
        view = View({target: kubelet.answers.get(target.partition("?")[0], NOT_FOUND) for target in targets})
        pure = kubelet_check(view, rules)
        assert (check["status"], check["samples"], check["pods"]) == (pure.status.value, pure.samples, pure.pods)
        assert check["warnings"] == list(pure.warnings)
        assert pure.samples > 0 or PODS not in kubelet.answers
