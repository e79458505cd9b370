"""`kubesieve demo`: the whole story, end to end, as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import kubesieve.cli.demo as module
from kubesieve.cli.main import main
from kubesieve.lab.embedded import EmbeddedPlace, embedded_place
from kubesieve.tables import width

COMMAND = (sys.executable, "-m", "kubesieve", "demo")
MOST_SECONDS = 40


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=MOST_SECONDS)


@pytest.fixture(scope="module")
def printed() -> subprocess.CompletedProcess[str]:
    return _run("--once")


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    done = _run("--once", "-o", "json", "--seed", "7")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def _table(record: dict[str, Any], start: str) -> list[dict[str, str]]:
    table = next(table for table in record["tables"] if table["title"].startswith(start))
    return [dict(zip(table["head"], row, strict=True)) for row in table["rows"]]


def test_all_comes_out_and_nothing_but_the_story_is_printed(printed: subprocess.CompletedProcess[str]) -> None:
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.startswith("The views of the node\n")
    assert re.fullmatch(r"All \d+ expectations came out\.", printed.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "figure",
    [
        "Burstable",
        "BestEffort",
        "20000 (2 rows)",
        "268435456 (3 rows)",
        "500 HTTP Error 401: Unauthorized",
        "401 Unauthorized",
        "text format parsing error",
        "returned nil stats",
        "by design",
        "For the team that runs the kubelet proxy",
    ],
)
def test_it_holds_the_figures_of_the_story(printed: subprocess.CompletedProcess[str], figure: str) -> None:
    assert figure in printed.stdout


def test_no_colour_in_a_pipe_and_no_line_wider_than_120_columns(printed: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in printed.stdout + printed.stderr
    assert max(map(width, printed.stdout.splitlines())) <= 120


def test_a_locale_without_the_marks_gets_them_escaped() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "--once"], capture_output=True, timeout=MOST_SECONDS, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u2705" in done.stdout


def test_json_holds_tables_expectations_and_report(record: dict[str, Any]) -> None:
    assert (record["schema"], record["exit"]) == (1, 0)
    assert all(one["ok"] for one in record["expectations"])
    assert "pod-without-limits" in record["report"]
    assert {"step", "name", "expected", "actual", "ok"} == set(record["expectations"][0])


def test_json_namespaces_are_filtered_alike_by_kubesieve_and_leak_by_the_naive_proxy(record: dict[str, Any]) -> None:
    rows = {(row["view"], row["endpoints"]): row["namespaces"] for row in _table(record, "2.")}
    everything = "datadog, kube-system, kubelet-proxy, sandbox, tenant-a, tenant-b"
    assert rows == {
        ("direct", "all four"): everything,
        ("naive+token", "resource, cadvisor"): "datadog, kube-system",
        ("naive+token", "pods, summary"): everything,
        ("kubesieve", "all four"): "datadog, kube-system",
    }


def test_json_series_have_the_nodes_own_values(record: dict[str, Any]) -> None:
    rows = {(row["pod"], row["series"]): row["direct"] for row in _table(record, "3.")}
    assert rows["pod-with-limits", "container_spec_cpu_quota"] == "✅ 20000 (2 rows)"
    assert rows["pod-with-limits", "container_spec_memory_limit_bytes"].startswith("✅ 268435456 ")
    assert rows["pod-without-limits", "container_spec_cpu_quota"] == "– none set"


def test_json_each_way_out_brings_the_percentages_back(record: dict[str, Any]) -> None:
    for row in _table(record, "7."):
        if row["pod"] == "pod-with-limits":
            assert re.fullmatch(r"\d+\.\d % / \d+\.\d %", row["after"])
        if row["pod"] == "pod-without-limits":
            assert (row["after"], row["why a dash"]) == ("— / —", "by design")


Captured = pytest.CaptureFixture[str]


def _exit_code(monkeypatch: pytest.MonkeyPatch, path: str, kind: str, *arguments: str) -> object:
    """The whole command line with a node that is broken from the start."""

    @asynccontextmanager
    async def broken(seed: int) -> AsyncIterator[EmbeddedPlace]:
        async with embedded_place(seed) as place:
            place.kubelet.break_(path, kind)
            yield place

    monkeypatch.setattr(module, "embedded_place", broken)
    monkeypatch.setattr(sys, "argv", ["kubesieve", "demo", "--once", *arguments])
    with pytest.raises(SystemExit) as exited:
        main()
    return exited.value.code


def test_a_step_that_does_not_come_out_is_named_and_exits_1(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert _exit_code(monkeypatch, "/stats/summary", "500") == 1
    out, err = capsys.readouterr()
    assert "❌  2 namespaces" in out
    assert "step 2 namespaces: kubesieve, all four: expected datadog, kube-system" in err


def test_json_says_the_exit_code_of_a_story_that_failed(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert _exit_code(monkeypatch, "/metrics/cadvisor", "html", "-o", "json") == 1
    record = json.loads(capsys.readouterr().out)
    assert record["exit"] == 1
    assert not all(one["ok"] for one in record["expectations"])


def test_a_node_that_cannot_be_reached_is_no_finding_but_2(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert _exit_code(monkeypatch, "*", "reset") == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith("kubesieve: kubelet-unreachable: ")


@pytest.mark.parametrize("arguments", [["--nope"], ["-o", "xml"], ["--seed", "one"], ["extra"]])
def test_wrong_usage_is_2_and_nothing_is_started(arguments: list[str]) -> None:
    started = time.monotonic()
    done = _run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: " in done.stderr
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_once_it_stays_with_lines_that_work_and_ends_on_a_signal(curl: str, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], "ended early"
        pasted = [line for line in lines if line.startswith("curl ")]
        bodies = [_pasted(line) for line in pasted]
        process.send_signal(number)
        process.communicate(timeout=15)
    assert process.returncode == 0
    seen = [set(re.findall(r'namespace="([^"]*)"', body)) for body in bodies]
    assert seen[0] > seen[1] == seen[2] == {"datadog", "kube-system"}


def _started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    pipe, names = subprocess.PIPE, {**os.environ, **environment}
    return subprocess.Popen([*COMMAND, *arguments], stdout=pipe, stderr=pipe, text=True, env=names)


def _pasted(line: str) -> str:
    command = line.replace("curl ", "curl -sS --max-time 5 ", 1)
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=10, check=True).stdout


def test_a_signal_in_the_middle_ends_it_without_leaving_anything(tmp_path: Path) -> None:
    with _started(TMPDIR=str(tmp_path)) as process:
        deadline = time.monotonic() + 10
        while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (143, "")
    assert not any(tmp_path.iterdir())
