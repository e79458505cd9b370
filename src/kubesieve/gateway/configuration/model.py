"""The configuration as values: checked, whole, and without a secret in it (those stay in the files that are named)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from kubesieve.gateway.settings import Address, ContainerLogs, Limits
from kubesieve.sieve import NodeSeries
from kubesieve.tenancy.node_addresses import NodeRules
from kubesieve.tenancy.values import GrantRules, SubjectKind

ADMIN = Address("127.0.0.1", 9440)
EVERYBODYS = frozenset({"system:authenticated", "system:unauthenticated", "system:serviceaccounts"})


@dataclass(frozen=True, slots=True)
class ServingTls:
    """The pair of the tenants' port, and the CAs whose client certificates it takes, if any."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class KubeletAccess:
    """The kubelet at ``url``, or those of ``nodes``: one of the two is None. How to know it: ``ca_file`` None: the
    cluster's CA. ``token_file`` is this program's own.
    """

    url: URL | None
    ca_file: Path | None = None
    token_file: Path | None = None
    insecure: bool = False
    server_name: str | None = None
    timeout_seconds: float = 10.0
    nodes: NodeRules | None = None


@dataclass(frozen=True, slots=True)
class ApiServerAccess:
    """An API server that is named. ``ca_file`` None: the cluster's CA."""

    url: URL
    token_file: Path
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class TokenReviewRules:
    """What a token must be for; none: for the API server, which is what an agent's own token is for."""

    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """How callers are known. ``forward``: not at all, the kubelet judges each caller's token."""

    token_review: TokenReviewRules | None = TokenReviewRules()
    client_certificates: bool = False
    forward: bool = False


@dataclass(frozen=True, slots=True)
class NodeSeriesRules:
    """What becomes of series that belong to no namespace."""

    preset: NodeSeries = NodeSeries.NODE
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that a file says. ``api_server`` None: that of the cluster we run in."""

    listen: Address
    kubelet: KubeletAccess
    grants: GrantRules
    tls: ServingTls | None = None
    admin: Address = ADMIN
    api_server: ApiServerAccess | None = None
    identity: IdentityRules = IdentityRules()
    node_series: NodeSeriesRules = NodeSeriesRules()
    sharing_seconds: float = 5.0
    limits: Limits = field(default_factory=Limits)
    container_logs: ContainerLogs = field(default_factory=ContainerLogs)

    @property
    def selects(self) -> bool:
        """Whether a tenant's namespaces are picked by their labels."""
        return any(tenant.selector is not None for tenant in self.grants.tenants)

    @property
    def asks_api_server(self) -> bool:
        """Whether an API server is needed at all."""
        asks = (self.identity.token_review, self.grants.rbac, self.kubelet.nodes)
        return self.selects or any(one is not None for one in asks)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed and should not be overlooked, a sentence each."""
        said = (
            (self.tls is None, "listen.tls is absent: plain http, tokens and answers can be read on the way"),
            (
                self.kubelet.insecure,
                "kubelet.insecure is true: whoever answers at its address is believed, and gets the token",
            ),
            (
                self.tls is not None and self.tls.client_ca_file is not None and not self.identity.client_certificates,
                "listen.tls.clientCAFile is not used: identity.clientCertificates is not true",
            ),
            (
                self.container_logs.enabled and not self.identity.forward,
                "containerLogs is on: kubelets have no smaller right for it than nodes/proxy, which opens exec, too",
            ),
            (
                self.api_server is not None and not self.asks_api_server,
                "apiServer is not used: neither identity nor grants nor nodes ask it",
            ),
        )
        return (*(sentence for is_so, sentence in said if is_so), *map(_wide, _for_everybody(self.grants)))


def _for_everybody(rules: GrantRules) -> list[tuple[str, str]]:
    """Tenants, with a group that callers are in without anybody having put them there."""
    return [
        (tenant.name, subject.name)
        for tenant in rules.tenants
        for subject in tenant.subjects
        if subject.kind is SubjectKind.GROUP and subject.name in EVERYBODYS
    ]


def _wide(found: tuple[str, str]) -> str:
    tenant, group = found
    return f"tenant {tenant} is for the group {group}, which everybody or every pod of the cluster is in"
