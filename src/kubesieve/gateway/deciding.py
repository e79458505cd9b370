"""The one decision of a request: who asks, whose token the kubelet is shown, and what may be seen."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.gateway.routes import Asked, authorization_of, same_token
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.kubelet.trust import TokenFile
from kubesieve.sieve import Policy
from kubesieve.sieve.naming import Learnt, Names
from kubesieve.tenancy.certificates import caller_of
from kubesieve.tenancy.grants import Grants
from kubesieve.tenancy.tokens import TokenReviewer
from kubesieve.tenancy.values import Caller, Grant, VirtualCluster

SHARED = ""
"""The key of scrapes that are made with our own token: they are everybody's."""
OUTDATED = "expected a connection that is newer than the last CA taken from listen.tls.clientCAFile; connect again"
REFUSALS = ("upstream-unauthorized", "upstream-forbidden")
"""The kubelet's, of the token that it was shown."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, as far as it is known: ``caller`` is None where the kubelet judges the token itself.

    ``authorization`` goes to the kubelet, ``share`` is who may share its answer.
    """

    caller: Caller | None
    authorization: str
    share: str

    @property
    def key(self) -> str:
        """Who it is for bounds: the name where there is one, else who shares with him."""
        return f"caller {self.caller.user}" if self.caller else f"token {self.share}"

    def told(self, fault: Fault) -> Fault:
        """A fault of the kubelet's as the caller may take it: where it refuses our own token, that is not his."""
        if self.caller is None or fault.reason not in REFUSALS:
            return fault
        what = f"expected the kubelet to take the token of kubelet.tokenFile; got status {fault.status}"
        return OwnFault("kubelet-refused-us", f"{what}: kubesieve check-config says the rights it needs", status=502)


@dataclass(frozen=True, slots=True)
class Decided:
    """What may be seen of one body, and the version of the grant that says so ("" for namespaces fixed at start).

    ``names`` are those of virtual clusters' pods, None where there are none, ``vclusters`` whose, ``learnt`` the number
    of the pod list that they are of.
    """

    policy: Policy
    version: str = ""
    vclusters: frozenset[VirtualCluster] = frozenset()
    names: Names | None = field(default=None, compare=False)
    learnt: int = 0


Learn = Callable[[], Awaitable[tuple[Learnt, int]]]
"""What a pod list tells of virtual clusters, and the number of that list: another list, another number."""


class Decider(Protocol):
    """Answers the four questions of a request, in this order; one Decider answers all four."""

    def credential(self, asked: Asked) -> str:
        """A digest of what the caller shows. Raises CallerFault (400, 401)."""

    async def asking(self, asked: Asked, credential: str) -> Asking:
        """``credential`` is the digest of the same request. Raises CallerFault (401, 429), OwnFault (503)."""

    def begun(self, who: Asking) -> Grant | None:
        """What is granted before the kubelet is asked, None where that is the same for all.

        Raises CallerFault (403) where nothing is and nothing could be, OwnFault (503).
        """

    async def decided(self, who: Asking, begun: Grant | None, here: frozenset[str], learn: Learn) -> Decided:
        """``here`` are the namespaces of what is asked for; ``learn`` tells the node's virtual pods: it may ask.

        Raises CallerFault (403), OwnFault (503); UpstreamFault and BodyFault where the pods cannot be read.
        """


class Forwarding:
    """The same for all: the caller's own token goes to the kubelet, which judges it (ADR 4)."""

    def __init__(self, decide: Callable[[], Decided], digest: TokenDigest) -> None:
        """``decide`` may raise OwnFault (503)."""
        self._decide, self._digest = decide, digest

    def credential(self, asked: Asked) -> str:
        return self._digest.of(same_token(_shown(asked)))

    async def asking(self, asked: Asked, credential: str) -> Asking:
        return Asking(None, _shown(asked), credential)

    def begun(self, who: Asking) -> None:
        """Nobody is known."""

    async def decided(self, who: Asking, begun: Grant | None, here: frozenset[str], learn: Learn) -> Decided:  # noqa: ARG002 - the same for all
        decided = self._decide()
        return await _named(decided, learn) if decided.vclusters else decided


class Identifying:
    """Callers are identified and granted what is theirs; the kubelet is asked with a token of our own.

    ``series`` is the policy without namespaces: what becomes of the node's series.
    """

    def __init__(
        self,
        series: Policy,
        grants: Grants,
        digest: TokenDigest,
        token: TokenFile,
        *,
        reviewer: TokenReviewer | None,
        certificates: bool,
    ) -> None:
        self._series, self._grants, self._digest, self._token = series, grants, digest, token
        self._reviewer, self._certificates = reviewer, certificates

    def credential(self, asked: Asked) -> str:
        if self._by_certificate(asked):
            return self._digest.of(f"certificate {asked.certificate}")
        return self._digest.of(same_token(_shown(asked)))

    async def asking(self, asked: Asked, credential: str) -> Asking:  # noqa: ARG002 - a name says more
        return Asking(await self._caller(asked), self._token.authorization(), SHARED)

    def begun(self, who: Asking) -> Grant:
        return self._grants.begun(_known(who))

    async def decided(self, who: Asking, begun: Grant | None, here: frozenset[str], learn: Learn) -> Decided:
        decided = decided_by(self._series, await self._grants.of(_known(who), here, begun))
        return await _named(decided, learn) if decided.vclusters else decided

    async def _caller(self, asked: Asked) -> Caller:
        """By certificate where one was verified and no token is shown: a token says more than a connection does."""
        if self._by_certificate(asked) and asked.certificate is not None:
            if asked.outdated:
                raise CallerFault("certificate-outdated", OUTDATED, status=401)
            return caller_of(asked.certificate, time.time())
        shown = _shown(asked)
        if self._reviewer is None:
            raise CallerFault("token-refused", "expected a client certificate; tokens are not taken here", status=401)
        return await self._reviewer.caller(shown, asked.peer)

    def _by_certificate(self, asked: Asked) -> bool:
        return self._certificates and bool(asked.certificate) and "Authorization" not in asked.headers


def decided_by(series: Policy, grant: Grant) -> Decided:
    """A grant as a policy; names are learnt later."""
    return Decided(replace(series, namespaces=grant.namespaces), grant.version, grant.vclusters)


def _known(who: Asking) -> Caller:
    if who.caller is None:
        raise CallerFault("token-missing", "expected an identified caller; got none", status=401)
    return who.caller


async def _named(decided: Decided, learn: Learn) -> Decided:
    learnt, number = await learn()
    return replace(decided, names=learnt.names_for(decided.vclusters, decided.policy.namespaces), learnt=number)


def _shown(asked: Asked) -> str:
    """The Authorization as it came. Raises CallerFault (400, 401)."""
    shown = authorization_of(asked.headers)
    if shown is None:
        raise CallerFault(
            "token-missing",
            "expected Authorization: Bearer with a token; got none (some agents send it over https only)",
            status=401,
        )
    return shown
