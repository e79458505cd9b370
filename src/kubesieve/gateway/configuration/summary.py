"""A configuration in a few lines, for who wrote it to see whether it is what was meant."""

from __future__ import annotations

from kubesieve.gateway.configuration.model import Configuration, IdentityRules, KubeletAccess
from kubesieve.gateway.settings import ContainerLogs
from kubesieve.tenancy.node_addresses import ServerName
from kubesieve.tenancy.values import GrantRules

Line = tuple[str, str]


def summary(configuration: Configuration, api_server: str) -> tuple[Line, ...]:
    """What, and how it is set; ``api_server`` says which is asked where the file does not."""
    return (
        ("listen", f"{configuration.listen}, {_tls(configuration)}"),
        ("admin", str(configuration.admin)),
        ("kubelet", f"{_kubelet(configuration.kubelet)}, {_trust(configuration)}"),
        ("API server", _api_server(configuration, api_server)),
        ("identity", _identity(configuration.identity)),
        ("grants", _grants(configuration.grants)),
        ("node series", _node_series(configuration)),
        ("sharing", f"{configuration.sharing_seconds:g} s" if configuration.sharing_seconds else "none"),
        ("container logs", _container_logs(configuration.container_logs)),
    )


def _tls(configuration: Configuration) -> str:
    if configuration.tls is None:
        return "plain http"
    return "TLS, client certificates" if configuration.tls.client_ca_file else "TLS"


def _url(url: object) -> str:
    return str(url).rstrip("/")


def _kubelet(access: KubeletAccess) -> str:
    rules = access.nodes
    if rules is None:
        return _url(access.url)
    which = "those that a selector picks" if rules.selector else "all"
    within = f" in {', '.join(map(str, rules.ranges))}" if rules.ranges else ""
    name = "its address" if rules.server_name is ServerName.ADDRESS else "its node"
    return f"of many nodes ({which}), by {', '.join(rules.types)}{within}, its certificate names {name}"


def _trust(configuration: Configuration) -> str:
    if configuration.kubelet.insecure:
        return "not verified"
    return f"verified by {configuration.kubelet.ca_file or 'the CA of the cluster'}"


def _api_server(configuration: Configuration, default: str) -> str:
    if not configuration.asks_api_server:
        return "not asked"
    named = configuration.api_server
    return _url(named.url) if named else default


def _identity(rules: IdentityRules) -> str:
    if rules.forward:
        return "forwarded: the kubelet judges each caller's token"
    audiences = ", ".join(rules.token_review.audiences) if rules.token_review else ""
    tokens = f"tokens for {audiences or 'the API server'}" if rules.token_review else ""
    return " and ".join(filter(None, (tokens, "client certificates" if rules.client_certificates else "")))


def _container_logs(rules: ContainerLogs) -> str:
    if not rules.enabled:
        return "none"
    return f"up to {rules.mebibytes} MiB, {'followed for' if rules.follow else 'not followed,'} {rules.seconds:g} s"


def _grants(rules: GrantRules) -> str:
    tenants = rules.tenants
    counted = (
        (len(tenants), "tenant"),
        (sum(len(tenant.subjects) for tenant in tenants), "subject"),
        (len(frozenset().union(*(tenant.namespaces for tenant in tenants))), "namespace"),
        (sum(tenant.selector is not None for tenant in tenants), "namespace selector"),
        (len({tenant.vcluster for tenant in tenants if tenant.vcluster}), "virtual cluster"),
    )
    parts = [f"{number} {word}{'s' if number > 1 else ''}" for number, word in counted if number]
    if rules.rbac is not None:
        resource = ".".join(filter(None, (rules.rbac.resource, rules.rbac.group)))
        parts.append(
            f"and whoever may {rules.rbac.verb} {resource}" if parts else f"whoever may {rules.rbac.verb} {resource}"
        )
    return ", ".join(parts)


def _node_series(configuration: Configuration) -> str:
    rules = configuration.node_series
    more = (
        f"keep {', '.join(rules.keep)}" if rules.keep else "",
        f"drop {', '.join(rules.drop)}" if rules.drop else "",
    )
    return "; ".join(filter(None, (rules.preset.value, *more)))
