"""Which of two faults of a certificate is told, and that the other is told beside it."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Door, Source
from kubesieve.doctor.telling import tell
from tests.doctor.scenes import Scene, failed

UNTRUSTED = "expected a trusted certificate; got one that is not trusted: "


@pytest.mark.parametrize(
    ("cause", "names", "server_name", "code", "also"),
    [
        ("self-signed certificate", ("DNS:proxy.example",), None, "KS0102", False),
        ("self-signed certificate", ("DNS:node-1",), None, "KS0102", True),
        ("certificate has expired", ("DNS:node-1",), "node-1", "KS0102", False),
        ("certificate has expired", (), None, "KS0102", False),
        ("Hostname mismatch, certificate is not valid for 'proxy.example'", ("DNS:node-1",), None, "KS0103", False),
    ],
)
def test_trust_comes_before_the_name(
    cause: str, names: tuple[str, ...], server_name: str | None, code: str, also: bool
) -> None:
    scene = Scene(
        direct=False,
        spoil_proxy={"*": failed("upstream-tls", UNTRUSTED + cause, *names)},
        more={"doors": {Source.PROXY: Door("https://proxy.example:8443", True, server_name=server_name)}},
    )
    told = tell(diagnose(scene.evidence()).findings[0])
    assert told.finding.code == code
    assert ("nor does it name proxy.example, but DNS:node-1" in told.why) == also
