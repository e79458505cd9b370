"""Whether somebody may see a namespace: the API server is asked (SubjectAccessReview, authorization.k8s.io/v1).

A caller costs the API server so many reviews a second and no more, all callers together likewise: who is beyond that is
told to slow down (429), and nobody else waits behind him. Yes is good for a minute, no for half a one, as kubelets
remember a no themselves (webhook.cacheUnauthorizedTTL).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice
from random import sample
from typing import Any

from kubesieve.faults import CallerFault
from kubesieve.tenancy.api_server import ApiStatus, refused_to_us
from kubesieve.tenancy.budget import Budget, Rate
from kubesieve.tenancy.remembered import Remembered, Timed
from kubesieve.tenancy.tokens import Reviews
from kubesieve.tenancy.values import Caller, RbacCheck

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
ALLOWED_SECONDS, DENIED_SECONDS = 60.0, 30.0
MOST_KNOWN, MOST_CALLERS = 100_000, 10_000
EACH, TOGETHER = Rate(10.0, 300.0), Rate(200.0, 2000.0)
"""Reviews that nobody remembers: of one caller, and of all."""
AT_ONCE, AT_ONCE_IN_ALL = 8, 12
"""Reviews of one request, and of all: fewer than there are connections, so that those of tokens find one."""
BEYOND = (
    f"expected fewer than {EACH.per_second:g} namespaces a second that RBAC has to be asked about for one caller, and "
    f"{TOGETHER.per_second:g} for all; slow down, or name namespaces in a tenant"
)
EVERYWHERE = ""
"""As a review's namespace: all of them."""


class AccessReviewer:
    """Answers are remembered by caller (all that is known) and namespace; without an answer nobody may anything."""

    def __init__(
        self,
        api: Reviews,
        check: RbacCheck,
        clock: Callable[[], float] = time.monotonic,
        budget: Budget | None = None,
    ) -> None:
        self._api, self._check = api, check
        self._known: Remembered[tuple[Caller, str], bool] = Remembered(MOST_KNOWN, clock)
        self._anywhere: Remembered[Caller, bool] = Remembered(MOST_CALLERS, clock)
        self._budget = budget or Budget(EACH, TOGETHER, clock)
        self._places = asyncio.Semaphore(AT_ONCE_IN_ALL)

    async def allowed(self, caller: Caller, namespaces: Iterable[str]) -> frozenset[str]:
        """Those of the namespaces that the caller may see.

        Raises OwnFault (503) and CallerFault (429, beyond the budget): half a grant is none.
        """
        names = sorted(namespaces)
        if not names or await self._may(caller, EVERYWHERE):
            return frozenset(names)
        found = frozenset([name async for name in self._open_to(caller, names)])
        if found:
            self._anywhere.put(caller, Timed(True, ALLOWED_SECONDS))
        return found

    async def any_of(self, caller: Caller, namespaces: Iterable[str]) -> bool:
        """Whether one of them is open to the caller, or was a minute ago; no is good for half a minute, too.

        They are asked in any order: whoever has more than his budget comes to other ones the next time. Raises as
        ``allowed`` does.
        """
        names = frozenset(namespaces)
        return await self._anywhere.get(caller, lambda: self._search(caller, names))

    async def _search(self, caller: Caller, names: frozenset[str]) -> Timed[bool]:
        if await self._may(caller, EVERYWHERE):
            return Timed(True, ALLOWED_SECONDS)
        found = await anext(self._open_to(caller, sample(sorted(names), len(names))), None)
        return Timed(found is not None, DENIED_SECONDS if found is None else ALLOWED_SECONDS)

    async def _open_to(self, caller: Caller, names: Iterable[str]) -> AsyncIterator[str]:
        """Those of the names that are open, a few asked for at a time."""
        left = iter(names)
        while some := tuple(islice(left, AT_ONCE)):
            verdicts = await asyncio.gather(*(self._may(caller, name) for name in some))
            for name, may in zip(some, verdicts, strict=True):
                if may:
                    yield name

    async def _may(self, caller: Caller, namespace: str) -> bool:
        key = caller, namespace
        if not self._known.answers(key) and not self._budget.take(caller.user):
            raise CallerFault("too-many-reviews", BEYOND, status=429)
        return await self._known.get(key, lambda: self._review(caller, namespace))

    async def _review(self, caller: Caller, namespace: str) -> Timed[bool]:
        check = self._check
        attributes = {"verb": check.verb, "group": check.group, "resource": check.resource, "namespace": namespace}
        extra = {key: list(values) for key, values in caller.extra}
        who = {"user": caller.user, "groups": sorted(caller.groups), "uid": caller.uid, "extra": extra}
        spec = {**who, "resourceAttributes": attributes}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        try:
            async with self._places:
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
