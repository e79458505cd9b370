"""``kubesieve audit`` as people run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kubesieve.stage.naive import NaiveProxy
from kubesieve.stage.service import EmbeddedNode
from tests.clients.programs import KUBESIEVE, Serving, clean_environment

PROXY = ("--proxy", "https://127.0.0.1:1", "--allowed", "team-a")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KUBESIEVE, "audit", "--interval", "0.2", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=clean_environment(**environment),
    )


@pytest.fixture
def trust(stage: EmbeddedNode, tls_folder: Path) -> tuple[str | Path, ...]:
    return "--token-file", stage.token_file("datadog"), "--ca", stage.ca_file, "--ca", tls_folder / "ca.crt"


def test_our_own_serve_passes(serving: Serving, stage: EmbeddedNode, trust: tuple[str | Path, ...]) -> None:
    done = run("--proxy", serving.address, "--direct", stage.url, "--allowed", "sandbox,tenant-b", *trust)
    assert done.returncode == 0, done.stdout
    assert "KS0907 info    no leak was found, and nothing is held back" in done.stdout
    assert done.stderr == ""


def test_the_same_proxy_fails_for_who_may_see_less_or_more(
    serving: Serving, stage: EmbeddedNode, trust: tuple[str | Path, ...]
) -> None:
    less = run("--proxy", serving.address, "--direct", stage.url, "--allowed", "sandbox", *trust, "-o", "json")
    assert less.returncode == 1
    assert {"KS0401", "KS0402", "KS0403"} <= {one["code"] for one in json.loads(less.stdout)["findings"]}
    more = run("--proxy", serving.address, "--direct", stage.url, "--allowed", "sandbox,tenant-b,tenant-a", *trust)
    assert more.returncode == 1
    assert "KS0301 error   the proxied view holds nothing of tenant-a" in more.stdout


def test_the_naive_proxy_fails_and_a_ci_can_read_it(stage: EmbeddedNode, trust: tuple[str | Path, ...]) -> None:
    with NaiveProxy(stage.url, ("datadog",)) as naive:
        done = run("--proxy", naive.url, "--allowed", "datadog", "--token-on-http", *trust, "-o", "junit")
    assert done.returncode == 1
    assert "KS0402" in done.stdout
    assert int(ElementTree.fromstring(done.stdout).attrib["failures"]) > 3


def test_a_token_is_kept_from_plain_http_and_that_is_said(stage: EmbeddedNode, trust: tuple[str | Path, ...]) -> None:
    with NaiveProxy(stage.url, ("datadog",)) as naive:
        done = run("--proxy", naive.url, "--allowed", "datadog", *trust)
    assert done.returncode == 1
    assert "KS0107" in done.stdout
    assert "KS0411 warning exec and its like get past" in done.stdout
    assert "--token-on-http" in done.stdout
    assert not [one for one in stage.kubelet.requests if "datadog" in str(one.headers) and "Bearer" in str(one.headers)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing option"),
        (("--proxy", "https://127.0.0.1:1"), "--allowed"),
        (("--proxy", "nonsense", "--allowed", "a"), "expected --proxy as http(s)://"),
        (("--proxy", "https://127.0.0.1:1", "--allowed", "A_B"), "expected"),
        (("--proxy", "https://127.0.0.1:1", "--allowed", ","), "expected"),
        ((*PROXY, "--direct", "https://x:y@h"), "expected --direct"),
        ((*PROXY, "--kubelet-host", "a/b"), "expected --kubelet-host"),
        ((*PROXY, "--token-file", "none"), "expected"),
        ((*PROXY, "-o", "xml"), "xml"),
    ],
)
def test_wrong_usage_is_2_and_says_what_was_expected(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_there_is_2_and_no_pass() -> None:
    done = run(*PROXY, "--insecure")
    assert done.returncode == 2
    assert "KS0101" in done.stdout
    assert "no leak was found" not in done.stdout
