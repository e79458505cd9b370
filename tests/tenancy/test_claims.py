"""What is read of a token: its end, its issuer, whom it is for; nothing of it is believed, and nothing else is kept."""

from __future__ import annotations

import base64
import json

import pytest

from kubesieve.tenancy.claims import Claims, claims_of

ISSUER = "https://kubernetes.default.svc"


def token(claims: object) -> str:
    text = claims if isinstance(claims, str) else json.dumps(claims)
    return f"Bearer eyJhbGciOiJub25lIn0.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    ("authorization", "expires"),
    [
        (token({"exp": 1_764_000_000}), 1_764_000_000.0),
        (token({"exp": 1_764_000_000.5}), 1_764_000_000.5),
        (token({"exp": 0}), 0.0),
        *((token({"exp": value}), None) for value in ("1", -1, 1 << 60, True, None, ())),
        *((token(text), None) for text in ("{}", "[]", "{")),
        *((token(text), None) for text in ('{"exp": NaN}', '{"exp": Infinity}', '{"exp": 1e999}', "[" * 100_000)),
        *(
            (text, None)
            for text in (None, "", "Bearer", "Bearer opaque", "Bearer a.b.c", "Bearer a.\u00e9.c", "Basic x")
        ),
    ],
)
def test_when_a_token_says_that_it_expires(authorization: str | None, expires: float | None) -> None:
    assert claims_of(authorization).expires == expires


@pytest.mark.parametrize(
    ("claims", "issuer", "audiences"),
    [
        ({"iss": ISSUER, "aud": [ISSUER]}, ISSUER, (ISSUER,)),
        ({"iss": ISSUER, "aud": ["vault", "k3s"]}, ISSUER, ("vault", "k3s")),
        ({"iss": ISSUER, "aud": "vault"}, ISSUER, ("vault",)),
        ({"iss": "kubernetes/serviceaccount"}, "kubernetes/serviceaccount", ()),
        ({"iss": ["x"], "aud": {"x": 1}}, "", ()),
        ({"iss": "a\nb", "aud": [5, None, "a\x1b[31m", "good"]}, "", ("good",)),
        ({"iss": "i" * 900, "aud": [str(number) for number in range(100)]}, "i" * 200, tuple("01234567")),
    ],
)
def test_who_issued_a_token_and_whom_it_is_for(claims: object, issuer: str, audiences: tuple[str, ...]) -> None:
    assert claims_of(token(claims)) == Claims(None, issuer, audiences)
