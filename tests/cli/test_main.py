"""The command line as a whole: every command helps, exit codes mean what they say, nothing loads that is not needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from kubesieve import __version__
from kubesieve.cli.main import COMMANDS, kubesieve, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(kubesieve, [command, "--help"])
    assert done.exit_code == 0
    assert f"kubesieve {command}" in done.output
    assert "Example" in done.output


def test_the_help_lists_every_command_with_a_sentence() -> None:
    done = CliRunner().invoke(kubesieve, ["--help"])
    for command in COMMANDS:
        assert f"  {command} " in done.output


@pytest.mark.parametrize(("pure", "readers"), [("1", {"plain"}), ("", {"plain", "compiled"})])
def test_the_version_says_which_reader_runs(pure: str, readers: set[str]) -> None:
    command = [sys.executable, "-m", "kubesieve", "version", "-o", "json"]
    done = subprocess.run(
        command, env={**os.environ, "KUBESIEVE_PURE": pure}, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["version"] == __version__
    assert told["reader"] in readers


def test_the_version_is_told() -> None:
    assert __version__ in CliRunner().invoke(kubesieve, ["--version"]).output


def _run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "kubesieve", *arguments], input=stdin, capture_output=True, timeout=30)


@pytest.mark.parametrize(
    "arguments", [("nope",), ("filter",), ("filter", "--endpoint", "/x"), ("policy", "--node-series", "x")]
)
def test_wrong_usage_is_exit_2_on_stderr(arguments: tuple[str, ...]) -> None:
    done = _run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_filter_writes_what_passes_and_nothing_else() -> None:
    body = b'a{namespace="x"} 1\na{namespace="y"} 2\n'
    done = _run("filter", "--endpoint", "/metrics", "--namespaces", "y", stdin=body)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'a{namespace="y"} 2\n', b"")


def test_filter_refuses_with_exit_1_the_place_and_no_output() -> None:
    done = _run("filter", "--endpoint", "/metrics", "--namespaces", "y", stdin=b'a{namespace="y"} 2\nSECRET\n')
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"kubesieve: text-malformed: line 2, column 7: expected a value, got the end of the line\n"


def test_filter_takes_the_node_series_options() -> None:
    body = b"kubelet_running_pods 1\nother 2\n"
    options = ("--endpoint", "/metrics", "--namespaces", "y")
    assert _run("filter", *options, stdin=body).stdout == b""
    assert _run("filter", *options, "--node-series", "all", stdin=body).stdout == body
    assert _run("filter", *options, "--keep-series", "kubelet_*", stdin=body).stdout == b"kubelet_running_pods 1\n"
    dropped = ("--node-series", "all", "--drop-series", "kubelet_*")
    assert _run("filter", *options, *dropped, stdin=body).stdout == b"other 2\n"


def test_filter_does_not_load_a_web_server() -> None:
    code = "import sys, kubesieve.cli.filter; sys.exit('aiohttp' in sys.modules or 'cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_code_a_command_exits_with_is_the_programs(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    @click.command()
    @click.pass_context
    def leave(ctx: click.Context) -> None:
        ctx.exit(code)

    monkeypatch.setattr(kubesieve, "get_command", lambda ctx, name: leave)
    monkeypatch.setattr(sys, "argv", ["kubesieve", "policy"])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code or 0) == code
