"""What a token says of itself: read, never believed. Nothing but these three of it is kept or told."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

MOST_AUDIENCES, MOST_CHARACTERS = 8, 200


@dataclass(frozen=True, slots=True)
class Claims:
    """When it expires (Unix seconds), who issued it, whom it is for; empty where it does not say."""

    expires: float | None = None
    issuer: str = ""
    audiences: tuple[str, ...] = ()


def claims_of(authorization: str | None) -> Claims:
    """Of a JWT in an Authorization; none of one where it is no JWT."""
    said = payload((authorization or "").partition(" ")[2])
    audiences = said.get("aud")
    named = audiences if isinstance(audiences, list) else [audiences]
    whom = tuple(filter(None, map(_text, named[:MOST_AUDIENCES])))
    return Claims(_moment(said.get("exp")), _text(said.get("iss")), whom)


def payload(token: str) -> dict[str, Any]:
    """Everything that a JWT says of itself; nothing where it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _moment(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1 << 40 else None


def _text(value: Any) -> str:
    return value[:MOST_CHARACTERS] if isinstance(value, str) and value.isprintable() else ""
