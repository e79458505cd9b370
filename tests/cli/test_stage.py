"""`kubesieve stage`: starts, says where, stops on a signal; a bad option says what was expected."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kubesieve.cli.stage import stage

RUN = "from kubesieve.cli.stage import stage; stage(prog_name='kubesieve stage')"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_cleanly_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, "--pods", "3", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(4)]
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert lines[0].startswith("listening on https://127.0.0.1:")
    assert str(tmp_path / "ca.crt") in lines[2]
    assert lines[3].startswith("curl ")
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--break", "/pods"], "expected PATH=KIND"),
        (["--break", "pods=500"], "expected PATH=KIND"),
        (["--break", "/pods=nope"], "expected one of"),
        (["--break", "/pods=slow:soon"], "expected a number of seconds"),
        (["--listen", "nowhere"], "expected ADDRESS:PORT"),
        (["--listen", "127.0.0.1:70000"], "expected ADDRESS:PORT"),
        (["--pods", "-1"], "--pods"),
    ],
)
def test_a_bad_option_is_2_and_says_what_was_expected(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(stage, arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_a_port_that_is_taken_is_2() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = CliRunner().invoke(stage, ["--listen", f"127.0.0.1:{taken.getsockname()[1]}"])
    assert done.exit_code == 2
    assert "cannot listen" in done.output
