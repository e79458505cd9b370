"""Client certificates: CN is the user, every O a group."""

from __future__ import annotations

from typing import Any

import pytest

from kubesieve.faults import CallerFault
from kubesieve.tenancy.certificates import caller_of
from kubesieve.tenancy.values import Caller

NOW = 1_764_000_000.0


def certificate(*subject: tuple[str, str], until: str = "Nov 24 17:00:00 2026 GMT") -> dict[str, Any]:
    return {"subject": tuple((pair,) for pair in subject), "notAfter": until}


def test_the_name_and_the_groups_are_those_of_the_subject() -> None:
    found = caller_of(certificate(("organizationName", "a"), ("organizationName", "b"), ("commonName", "jane")), NOW)
    assert found == Caller("jane", frozenset({"a", "b", "system:authenticated"}))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(certificate(("organizationName", "a")), "certificate-unusable", id="no name"),
        pytest.param(certificate(("commonName", "")), "certificate-unusable", id="an empty name"),
        pytest.param(certificate(("commonName", "a"), ("commonName", "b")), "certificate-unusable", id="two names"),
        pytest.param(
            certificate(("commonName", "a"), until="Nov 24 15:59:59 2025 GMT"), "certificate-expired", id="expired"
        ),
    ],
)
def test_what_names_nobody_is_nobody(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallerFault) as caught:
        caller_of(given, NOW)
    assert (caught.value.reason, caught.value.status) == (reason, 401)
