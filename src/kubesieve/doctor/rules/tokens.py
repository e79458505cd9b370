"""Why a token is refused, as far as it tells itself: what it says of its end, its issuer and its audience."""

from __future__ import annotations

from collections.abc import Iterable

from kubesieve.doctor.evidence import Door, Exchange
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View

Issuers = frozenset[str]
"""Of tokens that were accepted elsewhere in the same look."""


def issuers_of(views: Iterable[View]) -> Issuers:
    """Those whose token opened something that nobody gets without."""
    return frozenset(
        view.door.issuer
        for view in views
        if view.door.issuer and any(view.good(path) and view.now[path].sent_token for path in (PODS, SUMMARY, CADVISOR))
    )


def cause_of(door: Door, exchange: Exchange, accepted: Issuers) -> str | None:
    """The code for a 401; None where the token says nothing against itself."""
    if door.token_expires is not None and door.token_expires <= exchange.at:
        return "KS0113"
    if not exchange.sent_token or not door.issuer:
        return None
    if accepted and door.issuer not in accepted:
        return "KS0121"
    return "KS0120" if door.audiences and door.issuer not in door.audiences else None


def said_by(door: Door) -> str:
    """What the token says, as the end of a sentence."""
    if not (door.issuer and door.audiences):
        return ""
    return f"; the token says that it is for {listed(door.audiences)}, of the issuer {door.issuer}"
