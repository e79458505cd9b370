"""A throwaway certificate authority. Keys live only as long as the folder they are written to."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    cert: bytes
    key: bytes

    @property
    def chain(self) -> bytes:
        """Certificate and key in one file, as ``load_cert_chain`` takes it."""
        return self.cert + self.key


class Authority:
    """A certificate authority of its own; ``pem`` is what clients must trust."""

    def __init__(self, name: str = "stage-ca") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name, ())
        basics = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = _dated(_builder(self._name, self._name, self._key), expired=False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        cert = builder.add_extension(basics, critical=True).add_extension(usage, critical=True)
        self._cert = cert.add_extension(identifier, critical=False).sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self._cert.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        names: Sequence[str] = ("localhost",),
        ips: Sequence[str] = ("127.0.0.1",),
        common_name: str = "stage-node",
        *,
        san: bool = True,
        expired: bool = False,
    ) -> KeyPair:
        """A server certificate. ``san=False`` leaves only a common name, as some kubelets' own certificates have."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _dated(_builder(_subject(common_name, ()), self._name, key), expired)
        if san:
            general: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
            general += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
            builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        return self._signed(builder, key, ExtendedKeyUsageOID.SERVER_AUTH)

    def issue_client(self, common_name: str, organizations: Sequence[str] = (), *, expired: bool = False) -> KeyPair:
        """A client certificate: the common name is the user, the organizations are its groups."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _dated(_builder(_subject(common_name, organizations), self._name, key), expired)
        return self._signed(builder, key, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _signed(
        self, builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier
    ) -> KeyPair:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        cert = builder.add_extension(authority, critical=False).sign(self._key, hashes.SHA256())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return KeyPair(cert.public_bytes(serialization.Encoding.PEM), pem)


def _subject(common_name: str, organizations: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    return builder.public_key(key.public_key()).serial_number(x509.random_serial_number())


def _dated(builder: x509.CertificateBuilder, expired: bool) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = now - timedelta(hours=1) if expired else now + timedelta(days=2)
    return builder.not_valid_before(now - timedelta(days=2)).not_valid_after(end)
