"""Settings are checked once, at the edge, and each refusal says what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubesieve.faults import OwnFault
from kubesieve.gateway.settings import Address, kubelet_url_of, parse_address
from kubesieve.kubelet.client import parse_url
from kubesieve.kubelet.trust import TokenFile, Trust


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", Address("::", 8080)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("localhost:65535", Address("localhost", 65535)),
        ("[::1]:8080", Address("::1", 8080)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "8080", "host", "host:", "host:x", "host:65536", "::1:8080", "a b:1", "http://x:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(OwnFault, match="expected HOST:PORT"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://10.0.0.7:10250", "https://10.0.0.7:10250/"),
        ("https://node-1", "https://node-1:10250/"),
        ("https://node-1:443", "https://node-1/"),
        ("https://[fd00::1]:10250/", "https://[fd00::1]:10250/"),
    ],
)
def test_a_kubelet_is_https_host_and_port(text: str, url: str) -> None:
    assert str(parse_url(text)).rstrip("/") == url.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "node:10250",
        "http://node:10255",
        "https://",
        "https://u:p@node",
        "https://node/path",
        "https://node?x",
        "https://node:0x",
    ],
)
def test_what_is_no_kubelet_is_refused(text: str) -> None:
    with pytest.raises(OwnFault, match="expected the kubelet's address as https://HOST:PORT"):
        parse_url(text)


def test_plain_http_upstream_is_refused_with_its_reason() -> None:
    with pytest.raises(OwnFault, match="a token is never sent over plain http"):
        parse_url("http://node:10255")


def test_host_and_port_of_naive_proxies_make_a_url() -> None:
    assert kubelet_url_of("10.0.0.7", "10250") == "https://10.0.0.7:10250"
    assert kubelet_url_of("fd00::1", "10250") == "https://[fd00::1]:10250"


def test_a_token_file_is_read_on_use_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    token = TokenFile(path)
    assert token.authorization() == "Bearer one"
    path.write_text("two")
    assert token.authorization() == "Bearer two"
    path.write_text("SECRET\nWITH LINES")
    assert token.authorization() == "Bearer two"
    with pytest.raises(OwnFault) as caught:
        TokenFile(path)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_that_holds_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ca.crt"
    path.write_bytes(content)
    with pytest.raises(OwnFault, match="expected CA certificates in PEM"):
        Trust(path)


def test_a_missing_ca_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match=r"expected the kubelet's CA in .*missing; got: No such file"):
        Trust(tmp_path / "missing")
