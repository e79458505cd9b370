"""Who may call, and what they may do: one table for the fake kubelet and the fake apiserver.

The rights are those recorded on a real node: a Datadog agent's service account may get nodes/metrics, nodes/stats,
nodes/proxy and nodes/spec; so may the proxy's, which may also create reviews (and here watch namespaces and nodes); a
tenant's may nothing on nodes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from kubesieve.stage import seeds

AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is allowed: "*" stands for anything. ``resource`` is ``nodes/metrics``; ``namespace`` "" is cluster-wide."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""

    def allows(self, asked: Rule) -> bool:
        pairs = (
            (self.verb, asked.verb),
            (self.resource, asked.resource),
            (self.group, asked.group),
            (self.namespace, asked.namespace),
        )
        return all(have in ("*", want) for have, want in pairs)


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller: ``name`` is short (the token's file name), ``user`` is what Kubernetes calls it."""

    name: str
    user: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    rules: tuple[Rule, ...] = ()

    @property
    def uid(self) -> str:
        return seeds.uuid("user", self.user)

    def may(self, asked: Rule) -> bool:
        return any(rule.allows(asked) for rule in self.rules)


def service_account(namespace: str, account: str, *rules: Rule, name: str = "") -> Identity:
    """The identity of a service account, with the groups an apiserver gives it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return Identity(name or namespace, f"system:serviceaccount:{namespace}:{account}", groups, rules)


_NODE_READER = tuple(Rule("get", f"nodes/{part}") for part in ("metrics", "stats", "proxy", "spec"))
_REVIEWER = (
    Rule("create", "tokenreviews", "authentication.k8s.io"),
    Rule("create", "subjectaccessreviews", "authorization.k8s.io"),
    *(Rule(verb, plural) for plural in ("namespaces", "nodes") for verb in ("list", "watch")),
)


def _pod_metrics(namespace: str) -> Rule:
    return Rule("get", "pods", "metrics.k8s.io", namespace)


IDENTITIES = (
    service_account("datadog", "agent", *_NODE_READER, _pod_metrics("datadog"), _pod_metrics("kube-system")),
    service_account("kubelet-proxy", "kubelet-proxy", *_NODE_READER, *_REVIEWER),
    service_account("tenant-a", "agent", _pod_metrics("tenant-a")),
    service_account("tenant-b", "agent", _pod_metrics("tenant-b")),
    Identity("admin", "kubernetes-admin", ("system:masters", AUTHENTICATED), (Rule("*", "*", "*", "*"),)),
)


def new_tokens(identities: tuple[Identity, ...] = IDENTITIES) -> dict[str, str]:
    """Fresh tokens, by the identities' short names."""
    return {identity.name: f"stage-{identity.name}-{secrets.token_hex(16)}" for identity in identities}


@dataclass(frozen=True, slots=True)
class Directory:
    """Who stands behind a token or a certificate's user name."""

    identities: tuple[Identity, ...]
    tokens: dict[str, str]

    @classmethod
    def fresh(cls, identities: tuple[Identity, ...] = IDENTITIES) -> Directory:
        return cls(identities, new_tokens(identities))

    def by_token(self, token: str) -> Identity | None:
        name = next((name for name, known in self.tokens.items() if token and known == token), None)
        return next((identity for identity in self.identities if identity.name == name), None)

    def by_user(self, user: str) -> Identity | None:
        return next((identity for identity in self.identities if user and identity.user == user), None)

    def by_header(self, value: str) -> Identity | None:
        """Behind an Authorization header: the scheme is "bearer" in any case, as in Kubernetes' own reader."""
        scheme, _, rest = value.strip().partition(" ")
        return self.by_token(rest.split(" ")[0]) if scheme.lower() == "bearer" else None
