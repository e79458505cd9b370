"""``kubesieve check-config``: exit 0 and what the file says, 1 and every problem, 2 where it could not look."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from kubesieve.cli.main import kubesieve
from tests.gateway.configuration.files import ENVIRONMENT, FULL, with_part
from tests.gateway.configuration.test_good import FORWARDED


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(kubesieve, ["check-config", str(path), *options], env=ENVIRONMENT)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(FULL)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_bytes(with_part("sharing: {tll: 5s}\nadmin: {address: 1}\nkubelet: {url: https://n, token: hunter2}"))
    return path


def test_a_good_file_is_fine_and_summed_up(full: Path) -> None:
    done = check(full)
    assert done.exit_code == 0
    first, _, _, _, *rows = done.output.splitlines()
    assert first == f"{full}: fine"
    assert [row.split("  ", 1)[1].strip() for row in rows[:8]] == [
        "0.0.0.0:8443, TLS, client certificates",
        "127.0.0.1:9441",
        "https://10.0.0.7:10250, verified by ca.crt",
        "https://10.96.0.1",
        "tokens for kubesieve and client certificates",
        "2 tenants, 3 subjects, 3 namespaces, 1 namespace selector, 1 virtual cluster, and whoever may list pods",
        "all; keep kubelet_*; drop container_network_x",
        "0.5 s",
    ]
    assert "get nodes/metrics " in done.output


def test_what_should_not_be_overlooked_comes_first(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(with_part(f"{FORWARDED}\nsharing: {{ttl: 0}}"))
    done = check(tmp_path / "c")
    assert done.exit_code == 0
    assert done.output.splitlines()[1].startswith("warning: listen.tls is absent: plain http")
    assert "forwarded: the kubelet judges each caller's token" in done.output
    assert "not asked" in done.output
    assert done.output.endswith("own account needs no rights: the callers' tokens are shown.\n")


def test_every_problem_of_a_bad_file_is_a_line_that_editors_know(bad: Path) -> None:
    done = check(bad)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        f"{bad}:3:11: sharing.tll: expected ttl (did you mean it?); got a key that there is not",
        f"{bad}:4:18: admin.address: expected HOST:PORT or [IPv6]:PORT; got a number (a text needs quotes)",
        f"{bad}:5:27: kubelet.token: expected tokenFile: secrets and certificates come by file; "
        "got a key that there is not",
    ]


def test_json_of_a_good_file(full: Path) -> None:
    told = json.loads(check(full, "-o", "json").output)
    assert list(told) == ["schema", "exit", "problems", "warnings", "summary", "rights"]
    assert (told["schema"], told["exit"], told["problems"], told["warnings"]) == (1, 0, [], [])
    assert told["summary"]["admin"] == "127.0.0.1:9441"
    assert [right["resource"] for right in told["rights"] if right["onlyOlder"]] == ["nodes/proxy"]


def test_json_of_a_bad_file(bad: Path) -> None:
    done = check(bad, "-o", "json")
    told = json.loads(done.output)
    assert (done.exit_code, told["schema"], told["exit"], len(told["problems"])) == (1, 1, 1, 3)
    assert told["problems"][0] == {
        "line": 3,
        "column": 11,
        "path": "sharing.tll",
        "expected": "ttl (did you mean it?)",
        "got": "a key that there is not",
    }


def test_the_role_is_all_of_stdout(full: Path, bad: Path) -> None:
    assert yaml.safe_load(check(full, "--rbac").stdout)["kind"] == "ClusterRole"
    done = check(bad, "--rbac")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 3)


@pytest.mark.parametrize("arguments", [(), ("none.yaml",), (".",), ("c", "-o", "xml"), ("c", "--rbac", "-o", "json")])
def test_wrong_usage_and_a_file_that_cannot_be_read_are_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "c").write_bytes(with_part(""))
    command = [sys.executable, "-m", "kubesieve", "check-config", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_exit_codes_are_the_programs(tmp_path: Path, bad: Path) -> None:
    (tmp_path / "good").write_bytes(with_part(""))
    for path, code in ((tmp_path / "good", 0), (bad, 1)):
        done = subprocess.run(
            [sys.executable, "-m", "kubesieve", "check-config", str(path)], capture_output=True, timeout=30
        )
        assert (done.returncode, done.stderr) == (code, b"")


def test_a_file_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2Jb"
    path.write_bytes(with_part("x: y"))
    assert "\x1b" not in check(path).output
    path.write_bytes(with_part(""))
    assert "\x1b" not in check(path).output
