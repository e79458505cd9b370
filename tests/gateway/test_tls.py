"""Certificates: the one we show, changed while serving; the kubelet's, and what makes it trusted."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import story_node
from kubesieve.stage.pki import Authority, KeyPair
from tests.gateway.conftest import Gateway, MakeGateway, write_pair
from tests.waiting import becomes


def _trusts(gateway: Gateway, authority: Authority, name: str | None = "localhost") -> bool:
    context = ssl.create_default_context(cadata=authority.pem.decode())
    context.check_hostname = name is not None
    address = (gateway.url.host or "", gateway.url.port or 0)
    try:
        with socket.create_connection(address, timeout=5) as plain, context.wrap_socket(plain, server_hostname=name):
            return True
    except ssl.SSLCertVerificationError:
        return False


@pytest.mark.parametrize("name", ["localhost", None], ids=["with a server name", "without"])
def test_a_new_certificate_renamed_into_place_is_served_without_a_restart(
    make_gateway: MakeGateway, tmp_path: Path, name: str | None
) -> None:
    old, new = Authority("old"), Authority("new")
    cert, key = write_pair(tmp_path, old)
    gateway = make_gateway(tls_cert=cert, tls_key=key)
    assert _trusts(gateway, old, name)
    assert not _trusts(gateway, new, name)
    (tmp_path / "next").mkdir()
    for fresh, path in zip(write_pair(tmp_path / "next", new), (cert, key), strict=True):
        os.replace(fresh, path)
    assert becomes(lambda: _trusts(gateway, new, name))
    assert not _trusts(gateway, old, name)


def test_a_swapped_symlink_counts_and_a_broken_pair_keeps_the_old(make_gateway: MakeGateway, tmp_path: Path) -> None:
    authorities = {"v1": Authority("v1"), "v2": Authority("v2")}
    for name, authority in authorities.items():
        (tmp_path / name).mkdir()
        write_pair(tmp_path / name, authority)
    (tmp_path / "..data").symlink_to("v1")
    gateway = make_gateway(tls_cert=tmp_path / "..data/tls.crt", tls_key=tmp_path / "..data/tls.key")
    assert _trusts(gateway, authorities["v1"])
    (tmp_path / "..new").symlink_to("v2")
    os.replace(tmp_path / "..new", tmp_path / "..data")
    assert becomes(lambda: _trusts(gateway, authorities["v2"]))
    (tmp_path / "v2/tls.crt").write_text("")
    assert becomes(lambda: not _trusts(gateway, authorities["v1"]) and "kept the former" in gateway.sentences)
    assert _trusts(gateway, authorities["v2"])
    assert gateway.sentences.count("kept the former") == 1


@pytest.fixture
def kubelets() -> Iterator[object]:
    """Makes kubelets with certificates of one's own."""
    made: list[FakeKubelet] = []

    def make(authority: Authority, certificate: KeyPair) -> FakeKubelet:
        made.append(FakeKubelet(story_node(seed=1), authority=authority, certificate=certificate).start())
        return made[-1]

    yield make
    for kubelet in made:
        kubelet.stop()


AUTHORITY = Authority("kubelet-ca")
CERTIFICATES = {
    "an IP SAN for the address": (AUTHORITY.issue(), "127.0.0.1", True),
    "a DNS SAN for the name": (AUTHORITY.issue(ips=()), "localhost", True),
    "only a CN, which is the name": (AUTHORITY.issue(common_name="localhost", san=False), "localhost", False),
    "only a DNS SAN, dialled by address": (AUTHORITY.issue(ips=()), "127.0.0.1", False),
    "another name": (AUTHORITY.issue(names=("other",), ips=()), "localhost", False),
    "expired": (AUTHORITY.issue(expired=True), "127.0.0.1", False),
    "of another CA": (Authority("other").issue(), "127.0.0.1", False),
}


@pytest.mark.parametrize(("pair", "host", "trusted"), CERTIFICATES.values(), ids=CERTIFICATES.keys())
def test_the_kubelet_must_be_who_it_says(
    make_gateway: MakeGateway, kubelets: object, tmp_path: Path, pair: KeyPair, host: str, trusted: bool
) -> None:
    kubelet: FakeKubelet = kubelets(AUTHORITY, pair)  # type: ignore[operator]
    ca = tmp_path / "ca.crt"
    ca.write_bytes(AUTHORITY.pem)
    gateway = make_gateway(kubelet=URL(f"https://{host}:{kubelet.port}"), kubelet_ca=ca)
    answer = gateway.ask("/healthz", kubelet.tokens["datadog"])
    if trusted:
        assert answer.status == 200
    else:
        assert (answer.status, answer.reason) == (502, "upstream-tls")
        assert kubelet.requests == (), "the token is not shown to a stranger"


def test_a_server_name_of_ones_own_and_insecure_are_ways_out(
    make_gateway: MakeGateway, kubelets: object, tmp_path: Path
) -> None:
    kubelet: FakeKubelet = kubelets(AUTHORITY, AUTHORITY.issue(names=("node-1",), ips=()))  # type: ignore[operator]
    ca = tmp_path / "ca.crt"
    ca.write_bytes(AUTHORITY.pem)
    url, token = URL(kubelet.url), kubelet.tokens["datadog"]
    assert make_gateway(kubelet=url, kubelet_ca=ca).ask("/healthz", token).status == 502
    for name in ("node-1", "node-1."):
        named = make_gateway(kubelet=url, kubelet_ca=ca, kubelet_server_name=name)
        assert named.ask("/healthz", token).status == 200
    insecure = make_gateway(kubelet=url, kubelet_ca=None, kubelet_insecure=True)
    assert insecure.ask("/healthz", token).status == 200
    assert "WARNING: the kubelet is not verified" in insecure.sentences


def test_a_ca_file_that_changes_is_read_again_and_an_empty_one_keeps_the_old(
    make_gateway: MakeGateway, kubelets: object, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_bytes(Authority("former").pem)
    kubelet: FakeKubelet = kubelets(AUTHORITY, AUTHORITY.issue())  # type: ignore[operator]
    gateway, token = make_gateway(kubelet=URL(kubelet.url), kubelet_ca=ca), kubelet.tokens["datadog"]
    assert gateway.ask("/healthz", token).reason == "upstream-tls"
    new = tmp_path / "new.crt"
    new.write_bytes(AUTHORITY.pem)
    os.replace(new, ca)
    assert becomes(lambda: gateway.ask("/healthz", token).status == 200)
    ca.write_bytes(b"")
    assert becomes(lambda: gateway.ask("/healthz", token).status == 200 and "kept the former" in gateway.sentences)
    for _ in range(3):
        assert gateway.ask("/healthz", token).status == 200
    assert gateway.sentences.count("kept the former") == 1


def test_plain_http_where_tls_was_expected_is_a_fault_that_says_so(make_gateway: MakeGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def answer() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        gateway = make_gateway(kubelet=URL(f"https://127.0.0.1:{server.getsockname()[1]}"))
        answer_ = gateway.ask("/healthz", "SECRET-TOKEN")
    assert (answer_.status, answer_.reason) == (502, "upstream-tls")


@pytest.mark.parametrize("which", ["cert", "key", "swapped"])
def test_a_pair_that_is_none_stops_the_start(
    make_gateway: MakeGateway, tls_pair: tuple[Path, Path], which: str
) -> None:
    cert, key = tls_pair
    if which == "swapped":
        cert, key = key, cert
    else:
        {"cert": cert, "key": key}[which].write_text("nonsense")
    with pytest.raises(OwnFault, match="expected a certificate in PEM"):
        make_gateway(tls_cert=cert, tls_key=key)
