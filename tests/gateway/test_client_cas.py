"""Client certificates and the CAs that stand for them: changed while serving, and what hostile clients show."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from kubesieve.stage.pki import Authority
from tests.gateway.cluster import Cluster, account, tenant
from tests.gateway.conftest import Answered, Gateway, read_all, wait_until

A = "tenant-a"
GRANTS = {"tenants": [tenant("a", account(A), {"kind": "User", "name": "jane"}, namespaces=[A])]}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path).running() as one:
        yield one


def shown(folder: Path, authority: Authority, user: str = "jane") -> ssl.SSLContext:
    """A client's context with a certificate of the authority."""
    chain = folder / f"{user}.pem"
    chain.write_bytes(authority.issue_client(user).chain)
    context = ssl._create_unverified_context()
    context.load_cert_chain(chain)
    return context


@contextmanager
def connected(gateway: Gateway, context: ssl.SSLContext) -> Iterator[Callable[..., Answered]]:
    """A connection that stays open; asks on it, by certificate or with a token."""
    with gateway.connect(context=context) as connection:

        def ask(token: str | None = None) -> Answered:
            shows = f"Authorization: Bearer {token}\r\n" if token else ""
            connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: x\r\n{shows}\r\n".encode())
            return Answered(whole(connection))

        yield ask


def whole(connection: socket.socket) -> bytes:
    raw = b""
    while b"\r\n\r\n" not in raw or len(raw.partition(b"\r\n\r\n")[2]) < length(raw):
        part = connection.recv(65536)
        if not part:
            break
        raw += part
    return raw


def length(raw: bytes) -> int:
    return int(Answered(raw).headers["content-length"])


def status(gateway: Gateway, context: ssl.SSLContext) -> int:
    """The status of one request by certificate, 0 where the handshake is refused."""
    try:
        with gateway.connect(context=context) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return Answered(read_all(connection)).status
    except (ssl.SSLError, ConnectionError):
        return 0


def test_an_open_connection_loses_its_identity_with_the_ca_it_was_verified_by(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS) as gateway:
        context = shown(cluster.folder, cluster.clients)
        with connected(gateway, context) as ask:
            assert ask().status == 200
            (cluster.folder / "clients.crt").write_bytes(Authority("others").pem)
            assert wait_until(lambda: status(gateway, context) == 0), "a new connection is refused"
            answer = ask()
            assert (answer.status, answer.reason) == (401, "certificate-outdated")
            assert answer.headers["connection"] == "close"


def test_a_token_on_such_a_connection_is_judged_by_itself(cluster: Cluster) -> None:
    context = shown(cluster.folder, cluster.clients)
    with cluster.serving(grants=GRANTS) as gateway, connected(gateway, context) as ask:
        assert ask().status == 200
        (cluster.folder / "clients.crt").write_bytes(Authority("others").pem)
        time.sleep(1.1)
        assert ask(cluster.token(A)).status == 200


def test_many_cas_are_good_at_once_and_one_after_the_other(cluster: Cluster) -> None:
    old, new = cluster.clients, Authority("new")
    with cluster.serving(grants=GRANTS) as gateway:
        by_old, by_new = shown(cluster.folder, old), shown(cluster.folder, new)
        assert (status(gateway, by_old), status(gateway, by_new)) == (200, 0)
        (cluster.folder / "clients.crt").write_bytes(old.pem + new.pem)
        assert wait_until(lambda: status(gateway, by_new) == 200)
        assert status(gateway, by_old) == 200
        (cluster.folder / "clients.crt").write_bytes(new.pem)
        assert wait_until(lambda: status(gateway, by_old) == 0)
        assert status(gateway, by_new) == 200


def test_a_ca_that_is_added_leaves_open_connections_alone(cluster: Cluster) -> None:
    context = shown(cluster.folder, cluster.clients)
    with cluster.serving(grants=GRANTS) as gateway, connected(gateway, context) as ask:
        assert ask().status == 200
        new = Authority("new")
        (cluster.folder / "clients.crt").write_bytes(new.pem + b"# the old one, for a while\n" + cluster.clients.pem)
        assert wait_until(lambda: status(gateway, shown(cluster.folder, new, "john")) == 403)
        assert ask().status == 200
        (cluster.folder / "clients.crt").write_bytes(new.pem)
        time.sleep(1.1)
        assert ask().reason == "certificate-outdated"


def test_a_new_serving_certificate_leaves_identities_alone(cluster: Cluster) -> None:
    context = shown(cluster.folder, cluster.clients)
    with cluster.serving(grants=GRANTS) as gateway, connected(gateway, context) as ask:
        assert ask().status == 200
        pair = Authority("fresh").issue()
        for name, content in (("tls.crt", pair.cert), ("tls.key", pair.key)):
            (cluster.folder / name).write_bytes(content)
        time.sleep(1.1)
        assert ask().status == 200


def test_a_ca_file_that_is_broken_keeps_the_cas_that_were_good(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS) as gateway:
        context = shown(cluster.folder, cluster.clients)
        (cluster.folder / "clients.crt").write_bytes(b"no certificates")
        assert wait_until(lambda: status(gateway, context) == 200 and "kept the former content" in gateway.sentences)


def test_where_certificates_are_taken_nothing_older_than_tls_1_3_is_spoken(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS) as gateway:
        context = ssl._create_unverified_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            gateway.connect(context=context)


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\x00", b"a\x00b"], ids=["no text", "a nul", "a nul inside"])
def test_an_odd_name_in_a_certificate_leaves_no_place_taken(cluster: Cluster, tmp_path: Path, name: bytes) -> None:
    chain = tmp_path / "odd.pem"
    chain.write_bytes(with_name(cluster.clients, name))
    context = ssl._create_unverified_context()
    context.load_cert_chain(chain)
    with cluster.serving(grants=GRANTS, limits={"connectionsPerPeer": 4}) as gateway:
        for _ in range(8):
            assert status(gateway, context) in (0, 200)
        assert wait_until(lambda: gateway.ask("/healthz", cluster.token(A)).status == 200)


def with_name(authority: Authority, name: bytes) -> bytes:
    """A client's certificate with its key, PEM, whose alternative DNS name is these bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jane")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority._name)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    names = bytes([0x30, len(name) + 2, 0x82, len(name)]) + name
    odd = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names)
    cert = builder.add_extension(odd, critical=False).sign(authority._key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return cert.public_bytes(serialization.Encoding.PEM) + pem
