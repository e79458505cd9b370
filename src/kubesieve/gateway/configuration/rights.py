"""Which rights this program's own account needs for a configuration, and why: no more than it uses.

Source: the kubelet's authorization documentation (sub-resources of nodes, KubeletFineGrainedAuthz), and the review
kinds of authentication.k8s.io and authorization.k8s.io.
"""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.gateway.configuration.model import Configuration
from kubesieve.kubelet.endpoints import ENDPOINTS, FINE_GRAINED_MINOR

ROLE = "kubesieve"
LOGS = "containerLogs, and what needs it before Kubernetes 1.33: there is no smaller right; it opens exec, too"


@dataclass(frozen=True, slots=True)
class Right:
    """A rule of a ClusterRole. ``older``: it is for kubelets before ``FINE_GRAINED_MINOR`` only."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    older: bool = False

    def __str__(self) -> str:
        return f"{', '.join(self.verbs)} {'.'.join(filter(None, (self.resource, self.group)))}"


def rights(configuration: Configuration) -> tuple[Right, ...]:
    """In the order of a request: who asks, what they may see, what the kubelet has."""
    return (*_reviews(configuration), *_namespaces(configuration), *_nodes(configuration), *_of_nodes(configuration))


def _reviews(configuration: Configuration) -> tuple[Right, ...]:
    tokens = Right("authentication.k8s.io", "tokenreviews", ("create",), "identity.tokenReview: whose a token is")
    access = Right(
        "authorization.k8s.io", "subjectaccessreviews", ("create",), "grants.rbac: whether a caller may see a namespace"
    )
    used = (configuration.identity.token_review is not None, configuration.grants.rbac is not None)
    return tuple(right for right, is_used in zip((tokens, access), used, strict=True) if is_used)


def _namespaces(configuration: Configuration) -> tuple[Right, ...]:
    if configuration.selects:
        why = "namespaceSelector: which namespaces there are, and their labels"
    elif configuration.grants.rbac is not None:
        why = "grants.rbac: which namespaces there are to ask about"
    else:
        return ()
    return (Right("", "namespaces", ("list", "watch"), why),)


def _nodes(configuration: Configuration) -> tuple[Right, ...]:
    if configuration.kubelet.nodes is None:
        return ()
    return (
        Right("", "nodes", ("list", "watch"), "kubelet.nodes: which nodes there are, and where their kubelets are"),
    )


def _of_nodes(configuration: Configuration) -> tuple[Right, ...]:
    """None with ``forward``: the kubelet is asked with the callers' tokens then."""
    if configuration.identity.forward:
        return ()
    newer = {endpoint.subresource for endpoint in ENDPOINTS}
    logs = configuration.container_logs.enabled
    return (
        *(_of_kubelet(name, _paths(name, older=False)) for name in sorted(newer)),
        *(_of_kubelet(name, _paths(name, older=True), older=True) for name in _only_older(newer) if not logs),
        *((Right("", "nodes/proxy", ("get",), LOGS),) if logs else ()),
    )


def _only_older(newer: set[str]) -> list[str]:
    return sorted({endpoint.older_subresource for endpoint in ENDPOINTS} - newer)


def _of_kubelet(name: str, paths: str, *, older: bool = False) -> Right:
    before = f"before Kubernetes 1.{FINE_GRAINED_MINOR} only, for want of a smaller right; it opens exec, too: "
    return Right("", f"nodes/{name}", ("get",), f"{before if older else ''}the kubelet's {paths}", older)


def _paths(subresource: str, *, older: bool) -> str:
    rows = [row for row in ENDPOINTS if (row.older_subresource if older else row.subresource) == subresource]
    return ", ".join(row.path for row in rows)


def cluster_role(configuration: Configuration) -> str:
    """The rights as a ClusterRole to paste; those for older kubelets stand in it as comments."""
    head = f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {ROLE}\n"
    rules = "".join(map(_rule, rights(configuration)))
    return f"{head}rules:\n{rules}" if rules else f"{head}rules: []  # the callers' tokens are shown, not ours\n"


def _rule(right: Right) -> str:
    lines = (
        f'- apiGroups: ["{right.group}"]',
        f'  resources: ["{right.resource}"]',
        f"  verbs: [{', '.join(right.verbs)}]",
    )
    return f"  # {right.why}\n" + "".join(f"  {'# ' if right.older else ''}{line}\n" for line in lines)
