"""What rules say of the evidence: endpoints named, counts and lists in a sentence's length."""

from __future__ import annotations

from collections.abc import Iterable

from kubesieve.doctor.evidence import Exchange
from kubesieve.doctor.finding import Proof

MOST = 6


def listed(words: Iterable[object], most: int = MOST) -> str:
    """ "a, b and 3 more"; each word once, in order."""
    unique = list(dict.fromkeys(map(str, words)))
    rest = len(unique) - most
    return ", ".join(unique[:most]) + (f" and {rest} more" if rest > 0 else "")


def answered(exchange: Exchange) -> Proof:
    """What came of one request."""
    came = exchange.failure.sentence if exchange.failure else f"status {exchange.status}, {len(exchange.body)} bytes"
    return Proof(came, exchange.source, exchange.target)
