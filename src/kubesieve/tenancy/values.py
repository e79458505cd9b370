"""Callers and tenants as values: what a configuration says of them, and what an API server does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SERVICE_ACCOUNT = "system:serviceaccount:"


class SubjectKind(StrEnum):
    """As RBAC calls them."""

    SERVICE_ACCOUNT = "ServiceAccount"
    USER = "User"
    GROUP = "Group"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a tenant's grant is for. ``namespace`` is a service account's, "" for users and groups."""

    kind: SubjectKind
    name: str
    namespace: str = ""

    def is_of(self, caller: Caller) -> bool:
        """Whether the caller is this subject, or in this group."""
        if self.kind is SubjectKind.GROUP:
            return self.name in caller.groups
        if self.kind is SubjectKind.SERVICE_ACCOUNT:
            return caller.user == f"{SERVICE_ACCOUNT}{self.namespace}:{self.name}"
        return caller.user == self.name


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was identified: the name and groups that an API server, or a certificate, gives him.

    ``extra`` is what else an API server knows of him (authentication.k8s.io/v1, UserInfo), sorted.
    """

    user: str
    groups: frozenset[str] = frozenset()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class VirtualCluster:
    """A virtual cluster by the host namespace that its pods run in, and its name there."""

    namespace: str
    name: str


class Operator(StrEnum):
    """Of a selector's expression (metav1.LabelSelector)."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Expression:
    """One of a selector's matchExpressions."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        there = self.key in labels
        if self.operator is Operator.EXISTS:
            return there
        if self.operator is Operator.DOES_NOT_EXIST:
            return not there
        among = there and labels[self.key] in self.values
        return among if self.operator is Operator.IN else not among


@dataclass(frozen=True, slots=True)
class Selector:
    """A metav1.LabelSelector; an empty one selects nothing here: all namespaces is nobody's by default."""

    labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Expression, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        wanted = all(labels.get(name) == value for name, value in self.labels)
        met = all(expression.matches(labels) for expression in self.expressions)
        return bool(self.labels or self.expressions) and wanted and met


@dataclass(frozen=True, slots=True)
class Tenant:
    """A name, who it is for, and what they see: namespaces, those that a selector picks, pods of a virtual cluster."""

    name: str
    subjects: tuple[Subject, ...]
    namespaces: frozenset[str] = frozenset()
    selector: Selector | None = None
    vcluster: VirtualCluster | None = None


@dataclass(frozen=True, slots=True)
class RbacCheck:
    """The right that opens a namespace, asked by SubjectAccessReview for each."""

    verb: str = "get"
    group: str = "metrics.k8s.io"
    resource: str = "pods"


@dataclass(frozen=True, slots=True)
class GrantRules:
    """Tenants, RBAC, or both: what either gives is given."""

    tenants: tuple[Tenant, ...] = ()
    rbac: RbacCheck | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What one caller may see, decided once for a request. ``version`` changes whenever the answer may.

    ``because`` names, for each namespace, what gave it: a tenant, a selector, RBAC.
    """

    namespaces: frozenset[str]
    vclusters: frozenset[VirtualCluster] = frozenset()
    version: str = ""
    because: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def empty(self) -> bool:
        return not self.namespaces and not self.vclusters
