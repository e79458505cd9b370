"""The groups of verdicts by the first two digits of a code, and a verdict's texts without a finding's values."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

GROUPS: Mapping[str, str] = {
    "KS01": "transport and identity",
    "KS02": "bodies",
    "KS03": "over-filtering",
    "KS04": "leaks",
    "KS05": "limits",
    "KS06": "names and ids",
    "KS07": "freshness",
    "KS08": "agent set-up",
    "KS09": "healthy, as expected",
}


def group_of(code: str) -> str:
    """The group's key: the code's first four characters."""
    return code[:4]


def in_general(text: str) -> str:
    """A text of the table of verdicts with ``{name}`` as <NAME> and doubled braces as single ones."""
    parts = Formatter().parse(text)
    return "".join(literal + (f"<{name.upper()}>" if name is not None else "") for literal, name, _, _ in parts)
