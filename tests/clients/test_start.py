"""Starts that cannot be: exit code 2, one line on stderr that says what was expected, nothing else, no secret."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from kubesieve.stage.pki import Authority
from tests.clients.programs import KUBESIEVE, clean_environment

SECRET = "hunter2-SECRET"
USUAL = ("--namespaces", "sandbox", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")


def begin(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KUBESIEVE, "serve", *options],
        capture_output=True,
        text=True,
        timeout=5,
        stdin=subprocess.DEVNULL,
        env=clean_environment(**environment),
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a start that was refused."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("kubesieve: ")
    assert ": expected " in lines[0]
    return lines[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good and bad files: a CA, a pair, another pair's key, a key with a password, text, nothing."""
    authority = Authority()
    pair, other = authority.issue(), authority.issue()
    files = {
        "ca.crt": authority.pem,
        "tls.crt": pair.cert,
        "tls.key": pair.key,
        "other.key": other.key,
        "text": f"no PEM, but {SECRET}\n".encode(),
        "empty": b"",
        "token-of-two": f"{SECRET} {SECRET}".encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "locked.key").write_bytes(_locked(pair.key))
    return tmp_path


def _locked(key: bytes) -> bytes:
    from cryptography.hazmat.primitives import serialization

    plain = serialization.load_pem_private_key(key, None)
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return plain.private_bytes(form, kind, serialization.BestAvailableEncryption(SECRET.encode()))


@pytest.mark.parametrize("name", ["absent", "text", "empty", "tls.key"])
def test_a_ca_that_is_none(folder: Path, name: str) -> None:
    line = refused(begin(*USUAL, "--kubelet", "https://127.0.0.1:1", "--kubelet-ca", str(folder / name)))
    assert "CA" in line


def test_outside_a_cluster_without_a_ca_the_missing_file_is_named() -> None:
    if Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt").exists():
        pytest.skip("this is a pod")
    assert "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" in refused(begin(*USUAL))


@pytest.mark.parametrize(
    ("cert", "key"),
    [
        ("tls.crt", "absent"),
        ("absent", "tls.key"),
        ("tls.crt", "other.key"),
        ("tls.crt", "locked.key"),
        ("tls.crt", "text"),
        ("tls.key", "tls.crt"),
    ],
)
def test_a_certificate_and_key_that_are_no_pair(folder: Path, cert: str, key: str) -> None:
    files = ("--tls-cert", str(folder / cert), "--tls-key", str(folder / key))
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), *files))
    assert "certificate" in line


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_half_a_pair(folder: Path, option: str) -> None:
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), option, str(folder / "tls.crt")))
    assert "--tls-cert and --tls-key together" in line


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:10255",
        "127.0.0.1:10250",
        "https://127.0.0.1:10250/api/v1",
        f"https://user:{SECRET}@127.0.0.1:10250",
        f"https://127.0.0.1:10250?token={SECRET}",
        f"https://127.0.0.1:10250/#{SECRET}",
    ],
)
def test_a_kubelets_address_that_is_none(folder: Path, url: str) -> None:
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), "--kubelet", url))
    assert "expected the kubelet's address as https://HOST:PORT" in line
    assert ("never sent over plain http" in line) == url.startswith("http://")


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", "kubelet"), ("127.0.0.1", "99999"), ("a b", "10250")])
def test_a_kubelets_host_and_port_of_the_environment_that_are_none(folder: Path, host: str, port: str) -> None:
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), KUBELET_HOST=host, KUBELET_PORT=port))
    assert "expected the kubelet's address" in line


def test_a_ca_and_no_verification_at_once(folder: Path) -> None:
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), "--kubelet-insecure"))
    assert "--kubelet-ca or --kubelet-insecure" in line


@pytest.mark.parametrize("namespaces", [" , ", "Team-A", "*"])
def test_namespaces_that_are_none(namespaces: str) -> None:
    assert "expected namespaces" in refused(begin(ALLOWED_NAMESPACES=namespaces))


@pytest.mark.parametrize("environment", [{}, {"ALLOWED_NAMESPACES": ""}], ids=["unset", "empty"])
def test_without_namespaces_it_says_how_they_are_given(environment: dict[str, str]) -> None:
    done = begin(**environment)
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert "--namespaces" in last
    assert "ALLOWED_NAMESPACES" in last, "who replaces a naive proxy knows the variable, not the option"


@pytest.mark.parametrize("option", ["--listen", "--admin-listen"])
def test_a_port_that_is_taken(folder: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), option, address))
    assert f"expected to listen on {address}" in line


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:70000", "192.0.2.1:0", "no.invalid:0"])
def test_an_address_to_listen_on_that_is_none(folder: Path, address: str) -> None:
    refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), "--listen", address))


@pytest.mark.parametrize("name", ["absent", "empty", "token-of-two"])
def test_a_token_file_that_holds_none(folder: Path, name: str) -> None:
    line = refused(begin(*USUAL, "--kubelet-ca", str(folder / "ca.crt"), "--token-file", str(folder / name)))
    assert "token" in line


def test_a_pattern_of_series_that_is_none() -> None:
    assert "expected a metric name" in refused(begin(*USUAL, "--keep-series", "node.*"))
