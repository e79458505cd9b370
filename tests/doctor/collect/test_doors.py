"""What is checked before the first request: URLs, CA files."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubesieve.doctor.collect.doors import trust_for
from kubesieve.entrance import parse_base
from kubesieve.faults import OwnFault
from kubesieve.stage.pki import Authority

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://node:10250", "https://node:10250/"),
        ("https://node", "https://node/"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/"),
        ("https://[2001:db8::1]:10250", "https://[2001:db8::1]:10250/"),
        ("https://api:6443/api/v1/nodes/n/proxy/", "https://api:6443/api/v1/nodes/n/proxy"),
        ("https://node.", "https://node./"),
    ],
)
def test_a_base(text: str, url: str) -> None:
    assert str(parse_base(text, "--direct")) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", "node", "node:10250", "//node", "/pods", "ftp://node", "file:///etc/passwd", "unix:///run/x", "https://"),
        *("https://:10250", "https://node:port", "https://node:99999", "https://[::1", "https://[x]:1", "http:///pods"),
        *(f"https://u:{SECRET}@node", f"https://{SECRET}@node", f"https://node?token={SECRET}", f"https://n#{SECRET}"),
        "https://xn--\u00e4.example",
    ],
)
def test_what_is_no_base_is_refused_and_never_shown_where_it_may_hold_a_secret(text: str) -> None:
    with pytest.raises(OwnFault, match="expected --direct as http") as caught:
        parse_base(text, "--direct")
    assert caught.value.reason == "settings-url"
    assert SECRET not in caught.value.sentence


def test_a_ca_is_the_one_that_is_trusted(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        files.append(tmp_path / name)
        files[-1].write_bytes(Authority(name).pem)
    context = trust_for(tuple(files), insecure=False)
    assert len(context.get_ca_certs()) == 2
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert not trust_for((), insecure=True).check_hostname


@pytest.mark.parametrize(
    "content", [b"", b"no PEM", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_that_is_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ca"
    file.write_bytes(content)
    with pytest.raises(OwnFault, match="expected CA certificates in PEM") as caught:
        trust_for((file,), insecure=False)
    assert caught.value.reason == "ca-unusable"


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match="No such file"):
        trust_for((tmp_path / "no",), insecure=False)
