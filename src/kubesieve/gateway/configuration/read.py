"""Bytes and an environment in, a Configuration or every problem out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubesieve.gateway.configuration import ends, grants, rules, scalars
from kubesieve.gateway.configuration.document import compose
from kubesieve.gateway.configuration.model import (
    Configuration,
    IdentityRules,
    KubeletAccess,
    NodeSeriesRules,
    ServingTls,
)
from kubesieve.gateway.configuration.places import Place, Reading
from kubesieve.gateway.configuration.problems import Problems
from kubesieve.gateway.configuration.section import Section, section
from kubesieve.gateway.configuration.together import check_together
from kubesieve.gateway.settings import Address, ContainerLogs, Limits
from kubesieve.tenancy.values import GrantRules

API_VERSION = "kubesieve.io/v1alpha1"
KIND = "Configuration"
KEYS = (
    "apiVersion",
    "kind",
    "listen",
    "admin",
    "kubelet",
    "apiServer",
    "identity",
    "grants",
    "nodeSeries",
    "sharing",
    "limits",
    "containerLogs",
)

_DEFAULT = Configuration(scalars.NOWHERE, KubeletAccess(scalars.NO_URL), GrantRules())


def read(content: bytes, environment: Mapping[str, str]) -> Configuration:
    """The configuration that a file's content is. Raises ConfigurationFault with every problem that it has."""
    problems = Problems()
    root = section(Place(compose(content, problems), "", Reading(environment, problems)), *KEYS)
    if not root.fields:
        problems.stop_if_any()
    root.required("apiVersion", _exactly(API_VERSION), None, API_VERSION)
    root.required("kind", _exactly(KIND), None, KIND)
    configuration = _configuration(root)
    check_together(root, configuration)
    problems.stop_if_any()
    return configuration


def _exactly(only: str) -> Callable[[Place], None]:
    def check(place: Place) -> None:
        if place.written is None:
            place.not_a(only)
        elif place.written != only:
            place.wrong(only, place.shown)

    return check


def _configuration(root: Section) -> Configuration:
    nowhere: tuple[Address, ServingTls | None] = (scalars.NOWHERE, None)
    address, tls = root.required("listen", ends.listen, nowhere, "where to listen: {address: HOST:PORT}")
    return Configuration(
        listen=address,
        tls=tls,
        kubelet=root.required("kubelet", ends.kubelet, _DEFAULT.kubelet, "the kubelet: {url: …} or {nodes: {}}"),
        grants=root.required("grants", grants.grants, GrantRules(), "grants: {tenants: […]} or {rbac: {}}"),
        admin=root.optional("admin", ends.admin, _DEFAULT.admin),
        api_server=root.optional("apiServer", ends.api_server, None),
        identity=root.optional("identity", rules.identity, IdentityRules()),
        node_series=root.optional("nodeSeries", rules.node_series, NodeSeriesRules()),
        sharing_seconds=root.optional("sharing", rules.sharing, _DEFAULT.sharing_seconds),
        limits=root.optional("limits", rules.limits, Limits()),
        container_logs=root.optional("containerLogs", rules.container_logs, ContainerLogs()),
    )
