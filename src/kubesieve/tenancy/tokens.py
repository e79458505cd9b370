"""Who stands behind a bearer token: the API server is asked (TokenReview, authentication.k8s.io/v1), and remembered.

A token is remembered by a keyed digest of it and of the audiences asked for, never itself. An answer is good for a
minute at most (``KNOWN_SECONDS``) and not beyond the token's own ``exp``, but for some seconds; a refusal for ten
seconds, in a store of its own, so that a flood of bad tokens drives out no good one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from kubesieve.faults import CallerFault
from kubesieve.tenancy.api_server import ApiStatus, refused_to_us
from kubesieve.tenancy.budget import Budget, Rate
from kubesieve.tenancy.claims import payload
from kubesieve.tenancy.remembered import Remembered, Timed
from kubesieve.tenancy.values import Caller

REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
KNOWN_SECONDS, REFUSED_SECONDS = 60.0, 10.0
LEAST_KNOWN_SECONDS = 5.0
"""What was good a moment ago is, however far our clock is ahead of the API server's: it would be asked each time."""
MOST_KNOWN, MOST_REFUSED = 10_000, 10_000
MOST_GROUPS, MOST_NAME, MOST_EXTRA = 1_000, 1_024, 64 * 1_024
EACH, TOGETHER = Rate(5.0, 20.0), Rate(50.0, 200.0)
"""Reviews of tokens that nobody knows yet: for one client address, and for all."""


class Reviews(Protocol):
    """Who takes a review, as an API server does."""

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]: ...


class TokenReviewer:
    """``caller(authorization, digest, peer)`` for a whole Authorization header; ``digest`` gives the keyed digest."""

    def __init__(
        self,
        api: Reviews,
        audiences: tuple[str, ...],
        digest: Callable[[str], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._audiences, self._digest = api, audiences, digest
        self._known: Remembered[str, Caller] = Remembered(MOST_KNOWN, clock)
        self._refused: Remembered[str, Caller | str] = Remembered(MOST_REFUSED, clock)
        self._budget = Budget(EACH, TOGETHER, clock)

    async def caller(self, authorization: str, peer: str) -> Caller:
        """Raises CallerFault (401; 429 beyond the budget), OwnFault (503) where the API server does not say."""
        token = _bearer(authorization)
        key = self._digest("\0".join((token, *self._audiences)))
        known = self._known.known(key)
        if known is not None:
            return known
        if not self._refused.answers(key) and not self._budget.take(peer):
            raise CallerFault(
                "too-many-new-tokens", "expected fewer tokens that were never seen before; slow down", status=429
            )
        found = await self._refused.get(key, lambda: self._review(token, key))
        if isinstance(found, str):
            raise CallerFault("token-refused", found, status=401)
        return found

    async def _review(self, token: str, key: str) -> Timed[Caller | str]:
        spec: dict[str, Any] = {"token": token}
        if self._audiences:
            spec["audiences"] = list(self._audiences)
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        try:
            answer = await self._api.create(REVIEWS, body)
        except ApiStatus as answered:
            what, right = "the API server to take a TokenReview of ours", "create on tokenreviews.authentication.k8s.io"
            raise refused_to_us(what, answered, right) from None
        found = read_review(answer, self._audiences)
        if isinstance(found, str):
            return Timed(found, REFUSED_SECONDS)
        self._known.put(key, Timed(found, min(KNOWN_SECONDS, max(LEAST_KNOWN_SECONDS, _seconds_left(token)))))
        return Timed(found, 0.0)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise CallerFault("token-malformed", "expected Authorization: Bearer; got another scheme", status=401)
    return token


def read_review(answer: dict[str, Any], audiences: tuple[str, ...]) -> Caller | str:
    """The caller, or why there is none. An answer that does not say yes in so many words says no."""
    status = answer.get("status")
    if not isinstance(status, dict) or status.get("authenticated") is not True:
        return "the API server does not know the token: expired, revoked, of another cluster or for another audience"
    given = status.get("audiences")
    if audiences and not any(one in audiences for one in (given if isinstance(given, list) else [])):
        return "the token is for another audience than those asked for"
    caller = _caller(status.get("user"))
    return caller if caller is not None else "the API server named nobody"


def _caller(user: Any) -> Caller | None:
    if not isinstance(user, dict):
        return None
    name, groups, uid = user.get("username"), user.get("groups") or [], user.get("uid") or ""
    good = isinstance(name, str) and 0 < len(name) <= MOST_NAME and isinstance(uid, str)
    good = good and isinstance(groups, list) and len(groups) <= MOST_GROUPS
    extra = _extra(user.get("extra") or {})
    if not good or extra is None or not all(isinstance(group, str) for group in groups):
        return None
    return Caller(str(name), frozenset(groups), uid[:MOST_NAME], extra)


def _extra(given: Any) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """None where it is no table of names and texts, or a very large one."""
    if not isinstance(given, dict) or not all(isinstance(values, list) for values in given.values()):
        return None
    if not all(isinstance(value, str) for values in given.values() for value in values):
        return None
    found = tuple(sorted((key, tuple(values)) for key, values in given.items()))
    return found if sum(len(text) for key, values in found for text in (key, *values)) <= MOST_EXTRA else None


def _seconds_left(token: str) -> float:
    """Until a JWT's own ``exp``: read, not believed, it can only shorten what is remembered."""
    try:
        return float(payload(token)["exp"]) - time.time()
    except (KeyError, TypeError, ValueError, OverflowError):
        return KNOWN_SECONDS
