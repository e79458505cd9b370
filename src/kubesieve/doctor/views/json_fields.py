"""Fields of JSON as they come: loosely read, since a doctor looks at what strict readers refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def document(body: bytes) -> Any:
    """The JSON value of a body; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def parts(whole: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = whole.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(whole: Mapping[str, Any], name: str) -> str:
    found = whole.get(name)
    return found if isinstance(found, str) else ""


def number(whole: Mapping[str, Any], name: str) -> float | None:
    found = whole.get(name)
    good = isinstance(found, int | float) and not isinstance(found, bool)
    try:
        return float(found) if good and found is not None else None
    except OverflowError:
        return None


def moment(whole: Mapping[str, Any], name: str) -> float | None:
    """A time as Unix seconds. Null, absent and Go's zero time (year 1) all mean unknown: None."""
    try:
        found = datetime.fromisoformat(text(whole, name))
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.timestamp() if aware.year > 1 else None
