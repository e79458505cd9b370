"""``kubesieve filter`` in a shell: pipes that close, disks that are full, input that is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.node import BORN, build_node
from tests.clients.programs import KUBESIEVE, clean_environment
from tests.independent_text import naive_filter

CADVISOR = ("--endpoint", "/metrics/cadvisor", "--namespaces", "team-00")
BODY = cadvisor(build_node(pods=40, namespaces=2, story=False), BORN + 3600)
LITTLE = BODY[: BODY.index(b"\n# ", 4000) + 1]
SECRET = b"SECRET-VALUE"


def run(*options: str, body: bytes = BODY) -> subprocess.CompletedProcess[bytes]:
    command = [*KUBESIEVE, "filter", *options]
    return subprocess.run(command, input=body, capture_output=True, timeout=30, env=clean_environment())


def test_what_comes_out_is_what_an_independent_filter_keeps() -> None:
    done = run(*CADVISOR, "--node-series", "none")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == naive_filter(BODY, lambda _family, namespace: namespace == "team-00")


def test_its_own_output_goes_through_unchanged() -> None:
    once = run(*CADVISOR).stdout
    assert once
    assert run(*CADVISOR, body=once).stdout == once


REFUSED = {
    "a value that is none": (b'up{namespace="team-00"} SECRET-VALUE\n', 25),
    "a label given twice": (b'up{namespace="team-00",namespace="SECRET-VALUE"} 1\n', 24),
    "a line cut short": (b'up{namespace="SECRET-VALUE', 27),
    "no exposition": (b'{"kind":"SECRET-VALUE"}\n', None),
    "a web page": (b"<html>SECRET-VALUE</html>\n", 1),
    "no UTF-8": (b'up{a="\xffSECRET-VALUE"} 1\n', 7),
    "a carriage return": (b"up 1\r\n", 5),
    "compressed": (b"\x1f\x8b\x08\x00SECRET-VALUE", 2),
}


@pytest.mark.parametrize(("line", "column"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_input_is_1_with_its_place_and_nothing_goes_out(line: bytes, column: int | None) -> None:
    done = run(*CADVISOR, body=b'up{namespace="team-00"} 1\n' + line)
    assert (done.returncode, done.stdout) == (1, b"")
    said = done.stderr.decode().splitlines()
    assert len(said) == 1
    assert said[0].startswith("kubesieve: text-")
    assert f"line 2, column {column if column else ''}" in said[0]
    assert ": expected " in said[0]
    assert SECRET not in done.stderr


@pytest.mark.parametrize("body", [b"", b'{"items":[{}],"pods":[{}]}', b"a 1\n"])
@pytest.mark.parametrize("endpoint", ["/pods", "/stats/summary"])
def test_refused_json_is_1_and_nothing_goes_out(endpoint: str, body: bytes) -> None:
    done = run("--endpoint", endpoint, "--namespaces", "a", body=body)
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.splitlines()) == 1
    assert b"expected " in done.stderr


def test_nothing_is_an_exposition_of_nothing() -> None:
    done = run(*CADVISOR, body=b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


WRONG_USE = {
    "an unknown endpoint": (("--endpoint", "/configz", "--namespaces", "a"), "expected one of /healthz"),
    "another spelling of an endpoint": (("--endpoint", "/pods/", "--namespaces", "a"), "expected one of /healthz"),
    "no endpoint": (("--namespaces", "a"), "--endpoint"),
    "no namespaces": (("--endpoint", "/pods"), "--namespaces"),
    "namespaces that are none": (("--endpoint", "/pods", "--namespaces", ","), "expected namespaces"),
    "an unknown option": (("--frobnicate",), "--frobnicate"),
    "an unknown preset": ((*CADVISOR, "--node-series", "some"), "node"),
}


@pytest.mark.parametrize(("options", "words"), WRONG_USE.values(), ids=WRONG_USE.keys())
def test_wrong_use_is_2_and_says_what_was_expected(options: tuple[str, ...], words: str) -> None:
    done = run(*options)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode().splitlines()[-1]


@pytest.mark.parametrize(
    "body", [BODY, BODY[: BODY.index(b"\n# ", 4000) + 1]], ids=["more than a pipe holds", "little"]
)
def test_a_reader_that_goes_away_is_no_news(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(body)
    ours = f"{sys.executable} -m kubesieve filter {' '.join(CADVISOR)}"
    # The reader is gone before the first byte comes.
    script = f"{{ sleep 0.3; {ours} < {tmp_path / 'body'}; echo $? > {tmp_path / 'code'}; }} | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=30, env=clean_environment())
    assert done.stderr == b""
    assert (tmp_path / "code").read_text().strip() in ("0", "1")


def test_head_takes_one_byte_and_all_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    script = f"{sys.executable} -m kubesieve filter {' '.join(CADVISOR)} < {tmp_path / 'body'} | head -c1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=30, env=clean_environment())
    assert (done.stdout, done.stderr) == (b"#", b"")


def _with_streams(script: str) -> subprocess.CompletedProcess[bytes]:
    command = f"{sys.executable} -m kubesieve {script}"
    return subprocess.run(["bash", "-c", command], capture_output=True, timeout=30, env=clean_environment())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("command", [f"filter {' '.join(CADVISOR)}", "policy"])
def test_a_full_disk_is_2_and_one_line(command: str, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    done = _with_streams(f"{command} < {tmp_path / 'body'} > /dev/full")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"No space left on device" in done.stderr


@pytest.mark.parametrize("streams", ["< /dev/null >&-", "<&-"], ids=["no stdout", "no stdin"])
def test_a_stream_that_is_closed_is_2_and_one_line(streams: str) -> None:
    done = _with_streams(f"filter {' '.join(CADVISOR)} {streams}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"got a closed one" in done.stderr
