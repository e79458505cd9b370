"""``kubesieve doctor`` as people run it: on sockets, with what they have, right or wrong."""

from __future__ import annotations

import base64
import http.server
import json
import re
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import Start
from tests.clients.programs import KUBESIEVE, Serving, clean_environment
from tests.waiting import becomes


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KUBESIEVE, "doctor", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=40,
        stdin=subprocess.DEVNULL,
        env=clean_environment(**environment),
    )


def diagnosed(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "-o", "json", "--interval", "0")
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == report["exit"]
    return report


def codes(report: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


@pytest.fixture
def direct(stage: EmbeddedNode) -> tuple[str | Path, ...]:
    return "--direct", stage.url, "--token-file", stage.token_file("datadog"), "--ca", stage.ca_file


@pytest.fixture
def proxied(stage: EmbeddedNode, serving: Serving, tls_folder: Path) -> tuple[str | Path, ...]:
    """A tenant's look: what it was told of the proxy, and its own token."""
    return "--proxy", serving.address, "--token-file", stage.token_file("datadog"), "--ca", tls_folder / "ca.crt"


@pytest.fixture
def page() -> Iterator[str]:
    """A web server that is no kubelet."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><html><body>It works</body></html>\n")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_both_views_a_namespace_that_the_proxy_lacks_comes_first(
    direct: tuple[str | Path, ...], proxied: tuple[str | Path, ...]
) -> None:
    done = run(*direct, *proxied, "--interval", "1")
    assert done.returncode == 1
    assert done.stdout.index("KS0301 error   the proxied view holds nothing of datadog") < done.stdout.index("KS0501")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_the_namespaces_that_one_names_are_the_ones_looked_at(
    direct: tuple[str | Path, ...], proxied: tuple[str | Path, ...]
) -> None:
    report = diagnosed(*direct, *proxied, "--namespaces", "sandbox")
    assert report["exit"] == 0
    assert {row["namespace"] for row in report["containers"]} == {"sandbox"}


def test_a_tenant_without_the_kubelet_is_told_by_its_own_list_of_pods(
    proxied: tuple[str | Path, ...], stage: EmbeddedNode, tmp_path: Path
) -> None:
    direct = ("--direct", stage.url, "--token-file", stage.token_file("datadog"), "--ca", stage.ca_file)
    run(*direct, "--interval", "0", "--save", tmp_path / "direct")
    pods = next(path for path in (tmp_path / "direct").iterdir() if b'"PodList"' in path.read_bytes()[:200])
    report = diagnosed(*proxied, "--pods", pods, "--namespaces", "sandbox,tenant-a")
    assert codes(report)[0] == "KS0301"
    assert {one["namespace"] for one in report["findings"] if one["code"] == "KS0301"} == {"tenant-a"}
    assert any("the kubelet itself" in one["question"] for one in report["could_not_tell"])


def test_a_saved_look_says_the_same_and_holds_no_secret(
    direct: tuple[str | Path, ...], proxied: tuple[str | Path, ...], stage: EmbeddedNode, tmp_path: Path
) -> None:
    for target in (tmp_path / "case.zip", tmp_path / "case"):
        live = run(*direct, *proxied, "--interval", "0", "--save", target, "-o", "json")
        assert "redacted: bearer tokens" in live.stderr
        again = run("--from", target, "-o", "json")
        assert (again.stdout, again.returncode) == (live.stdout, live.returncode)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "case").iterdir())
    assert stage.tokens["datadog"].encode() not in kept
    assert b'"PodList"' in kept


def jwt(expires: int) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return ".".join((part({"alg": "none"}), part({"exp": expires}), "x"))


def test_an_expired_token_is_told(stage: EmbeddedNode, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(jwt(1_600_000_000))
    report = diagnosed("--direct", stage.url, "--token-file", token, "--ca", stage.ca_file)
    assert codes(report)[0] == "KS0113"
    assert "expired" in json.dumps(report["findings"][0])


def test_a_token_without_the_right_is_told_with_the_rule_to_add(stage: EmbeddedNode) -> None:
    report = diagnosed("--direct", stage.url, "--token-file", stage.token_file("tenant-a"), "--ca", stage.ca_file)
    assert codes(report)[0] == "KS0105"
    assert "nodes/" in report["findings"][0]["fix"]


def test_a_wrong_ca_is_told(stage: EmbeddedNode, tls_folder: Path) -> None:
    token = stage.token_file("datadog")
    report = diagnosed("--direct", stage.url, "--token-file", token, "--ca", tls_folder / "ca.crt")
    assert codes(report)[0] == "KS0102"


def test_a_token_stays_at_home_on_plain_http_and_that_is_told(stage: EmbeddedNode, start: Start) -> None:
    plain = start("--kubelet", stage.url, "--kubelet-ca", str(stage.ca_file), "--namespaces", "sandbox")
    asked = ("--proxy", plain.address, "--token-file", stage.token_file("datadog"))
    assert codes(diagnosed(*asked))[0] == "KS0107"
    assert stage.kubelet.requests == ()
    assert codes(diagnosed(*asked, "--token-on-http"))[0] != "KS0107"


def test_a_web_page_in_place_of_a_kubelet_is_told(page: str) -> None:
    assert codes(diagnosed("--proxy", page))[0] == "KS0209"


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert codes(diagnosed("--proxy", f"https://127.0.0.1:{port}", "--insecure"))[0] == "KS0101"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give something to look at"),
        (("--from", "x", "--proxy", "https://127.0.0.1:1"), "leave the other sources out"),
        (("--from", "no-such-bundle.zip"), "expected"),
        (("--proxy", "ftp://127.0.0.1"), "expected"),
        (("--proxy", "https://user:secret@127.0.0.1"), "expected"),
        (("--pods", "no-such-file"), "expected a list of pods in"),
        (("--proxy", "https://127.0.0.1:1", "--token-file", "no-such-file"), "expected"),
        (("--proxy", "https://127.0.0.1:1", "--ca", "no-such-file"), "expected"),
        (("--every", "soon", "--proxy", "https://127.0.0.1:1"), "expected a time"),
        (("--every", "0", "--proxy", "https://127.0.0.1:1"), "expected a time"),
        (("--every", "60s", "--from", "x"), "leave --from and --save out"),
        (("--every", "60s"), "give something to look at"),
        (("--admin-listen", ":0", "--proxy", "https://127.0.0.1:1"), "give --every"),
        (("--node", "../etc", "--kubeconfig", "no-such-file"), "expected"),
        (("--node", "worker-1", "--direct", "https://127.0.0.1:1"), "give one of them"),
        (("-o", "xml"), "xml"),
    ],
)
def test_wrong_usage_is_2_and_says_what_was_expected(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(*arguments, HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_again_and_again_the_metrics_tell_what_stands(
    direct: tuple[str | Path, ...], stage: EmbeddedNode, tmp_path: Path
) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    lasting = ("--every", "1s", "--interval", "0", "--admin-listen", "127.0.0.1:0")
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            [*KUBESIEVE, "doctor", *map(str, direct), *lasting],
            stdout=stdout,
            stderr=stderr,
            env=clean_environment(),
        )
    try:
        assert becomes(lambda: "looked: KS" in err.read_text(), 15)
        url = re.findall(r"admin on (\S+)", err.read_text())[0]
        get = partial(_get, url)
        assert get("/-/ready") == "ready\n"
        assert 'code="KS0206"' not in get("/-/metrics")
        stage.kubelet.break_("/stats/summary", "500")
        assert becomes(lambda: "; changed" in err.read_text(), 10)
        found = re.findall(r'_finding_since_timestamp_seconds\{code="(KS0\d+)"', get("/-/metrics"))
        assert set(found) - {"KS0501", "KS0503", "KS0705"}
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
    assert out.read_text().count("Containers, as the agent's page would show them") == 2


def _get(url: str, path: str) -> str:
    with urllib.request.urlopen(url + path, timeout=5) as answer:
        return str(answer.read().decode())
