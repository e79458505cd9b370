"""Whether somebody may see a namespace: the API server is asked (SubjectAccessReview, authorization.k8s.io/v1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from kubesieve.tenancy.api_server import ApiStatus, refused_to_us
from kubesieve.tenancy.remembered import Remembered, Timed
from kubesieve.tenancy.tokens import Reviews
from kubesieve.tenancy.values import Caller, RbacCheck

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
ALLOWED_SECONDS, DENIED_SECONDS = 60.0, 10.0
MOST_KNOWN = 100_000
AT_ONCE, MOST_ASKED = 16, 512
EVERYWHERE = ""
"""As a review's namespace: all of them."""


class AccessReviewer:
    """Answers are remembered by caller (name, uid, groups) and namespace; without an answer nobody may anything."""

    def __init__(self, api: Reviews, check: RbacCheck, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._check = api, check
        self._known: Remembered[tuple[Caller, str], bool] = Remembered(MOST_KNOWN, clock)

    async def allowed(self, caller: Caller, namespaces: Iterable[str]) -> frozenset[str]:
        """Those of the namespaces that the caller may see. Raises OwnFault (503): half a grant is none."""
        names = sorted(namespaces)
        if await self.may(caller, EVERYWHERE):
            return frozenset(names)
        verdicts = await asyncio.gather(*(self.may(caller, name) for name in names))
        return frozenset(name for name, may in zip(names, verdicts, strict=True) if may)

    async def any_of(self, caller: Caller, namespaces: Iterable[str]) -> bool:
        """Whether one of them is open to the caller; asked a few at a time, and at most ``MOST_ASKED``."""
        names = sorted(namespaces)[:MOST_ASKED]
        for start in range(0, len(names), AT_ONCE):
            if await self.allowed(caller, names[start : start + AT_ONCE]):
                return True
        return False

    async def may(self, caller: Caller, namespace: str) -> bool:
        """Raises OwnFault (503)."""
        return await self._known.get((caller, namespace), lambda: self._review(caller, namespace))

    async def _review(self, caller: Caller, namespace: str) -> Timed[bool]:
        check = self._check
        attributes = {"verb": check.verb, "group": check.group, "resource": check.resource, "namespace": namespace}
        who = {"user": caller.user, "groups": sorted(caller.groups), "uid": caller.uid}
        spec = {**who, "resourceAttributes": attributes}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        try:
            answer = await self._api.create(REVIEWS, body)
        except ApiStatus as answered:
            what = "the API server to take a SubjectAccessReview of ours"
            right = "create on subjectaccessreviews.authorization.k8s.io"
            raise refused_to_us(what, answered, right) from None
        may = read_review(answer)
        return Timed(may, ALLOWED_SECONDS if may else DENIED_SECONDS)


def read_review(answer: dict[str, Any]) -> bool:
    """Yes where it says ``allowed: true`` and not ``denied``; everything else is no."""
    status = answer.get("status")
    return isinstance(status, dict) and status.get("allowed") is True and status.get("denied", False) is False
