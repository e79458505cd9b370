"""A configuration at work: settings, and deciders that share connections, caches and what is known of namespaces."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration.model import Configuration
from kubesieve.gateway.deciding import Decided, Decider, Forwarding, Identifying, decided_by
from kubesieve.gateway.reaching import reached
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.gateway.settings import Settings
from kubesieve.kubelet.trust import TokenFile
from kubesieve.reload import Report
from kubesieve.sieve import Policy
from kubesieve.tenancy.access import AccessReviewer
from kubesieve.tenancy.api_server import ApiServer
from kubesieve.tenancy.budget import Budget
from kubesieve.tenancy.grants import Grants
from kubesieve.tenancy.live_namespaces import LiveNamespaces
from kubesieve.tenancy.tokens import TokenReviewer
from kubesieve.tenancy.values import RbacCheck

FAULT_SECONDS = 1.0
"""For how long a fault of the kubelet is everybody's, where scrapes are made with our own token."""
RESTART = "settings-restart"
FIXED = {
    "listen": "listen.address",
    "tls": "listen.tls",
    "admin": "admin",
    "kubelet": "kubelet",
    "api_server": "apiServer",
    "sharing_seconds": "sharing",
    "limits": "limits",
    "container_logs": "containerLogs",
}
"""What a change of the file does not change while it runs, and how the file calls it."""


@dataclass(frozen=True, slots=True)
class Configured:
    """A configuration and the file it is of."""

    path: Path
    configuration: Configuration


def settings_of(configuration: Configuration) -> Settings:
    """What is fixed at the start; ``policy`` has no namespaces: those are the decider's."""
    tls, kubelet = configuration.tls, configuration.kubelet
    return Settings(
        listen=configuration.listen,
        admin_listen=configuration.admin,
        kubelet=kubelet.url,
        nodes=kubelet.nodes,
        policy=series_of(configuration),
        tls_cert=tls.cert_file if tls else None,
        tls_key=tls.key_file if tls else None,
        client_ca=tls.client_ca_file if tls and configuration.identity.client_certificates else None,
        kubelet_ca=kubelet.ca_file,
        kubelet_insecure=kubelet.insecure,
        kubelet_server_name=kubelet.server_name,
        token_file=kubelet.token_file,
        timeout_seconds=kubelet.timeout_seconds,
        cache_seconds=configuration.sharing_seconds,
        fault_seconds=0.0 if configuration.identity.forward else min(FAULT_SECONDS, configuration.sharing_seconds),
        limits=configuration.limits,
        container_logs=configuration.container_logs,
    )


def series_of(configuration: Configuration) -> Policy:
    rules = configuration.node_series
    return Policy(frozenset(), rules.preset, rules.keep, rules.drop)


@dataclass
class Deciders:
    """``of`` makes the decider of a configuration; call it again for a changed one.

    ``stack`` closes what was opened. ``report`` takes sentences for the operator. ``budget`` is of the reviews for
    RBAC, None for the usual one.
    """

    digest: TokenDigest
    report: Report
    stack: AsyncExitStack
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    budget: Budget | None = None
    _api: ApiServer | None = None
    _namespaces: LiveNamespaces | None = None
    _reviewers: dict[tuple[str, ...], TokenReviewer] = field(default_factory=dict)
    _access: dict[RbacCheck, AccessReviewer] = field(default_factory=dict)

    async def of(self, configuration: Configuration) -> Decider:
        """Raises OwnFault where a file that it needs cannot be used."""
        grants, series = await self.grants(configuration), series_of(configuration)
        if configuration.identity.forward:
            return Forwarding(lambda: _everybodys(series, grants), self.digest)
        if configuration.kubelet.token_file is None:
            raise OwnFault("settings-token", "expected kubelet.tokenFile; got none")
        reviewer = await self._reviewer(configuration)
        return Identifying(
            series,
            grants,
            self.digest,
            TokenFile(configuration.kubelet.token_file, self.report),
            reviewer=reviewer,
            certificates=configuration.identity.client_certificates,
        )

    def problem(self) -> str:
        """What stands in the way of granting, or an empty text: namespaces that selectors or RBAC need, unknown yet."""
        try:
            if self._namespaces is not None:
                self._namespaces.labels()
        except OwnFault as fault:
            return f"{fault.reason}: {fault.sentence}"
        return ""

    async def listed(self) -> frozenset[str]:
        """The cluster's namespaces, asked for now; none where no rule needs them. Raises OwnFault (503)."""
        return await self._namespaces.listed() if self._namespaces else frozenset()

    async def grants(self, configuration: Configuration) -> Grants:
        """The grants of a configuration. Raises OwnFault where its API server cannot be used."""
        rules, access, namespaces = configuration.grants, None, None
        if rules.rbac is not None or configuration.selects:
            namespaces = await self._live(configuration)
        if rules.rbac is not None:
            access = self._access.get(rules.rbac)
            if access is None:
                api = await self.api_server(configuration)
                access = self._access[rules.rbac] = AccessReviewer(api, rules.rbac, budget=self.budget)
        return Grants(rules, namespaces, access)

    async def _reviewer(self, configuration: Configuration) -> TokenReviewer | None:
        """The same for the same audiences, with all that it remembers."""
        rules = configuration.identity.token_review
        if rules is None:
            return None
        if rules.audiences not in self._reviewers:
            api = await self.api_server(configuration)
            self._reviewers[rules.audiences] = TokenReviewer(api, rules.audiences, self.digest.of)
        return self._reviewers[rules.audiences]

    async def _live(self, configuration: Configuration) -> LiveNamespaces:
        if self._namespaces is None:
            self._namespaces = LiveNamespaces(await self.api_server(configuration), self.report)
            task = asyncio.create_task(self._namespaces.run())
            self.stack.callback(task.cancel)
        return self._namespaces

    async def api_server(self, configuration: Configuration) -> ApiServer:
        """The one connection to it for all that is asked of it. Raises OwnFault."""
        if self._api is None:
            found = await asyncio.to_thread(reached, configuration.api_server, self.environment, self.report)
            if found.words:
                self.report(f"API server: {found.words}")
            api = ApiServer(found.url, found.trust, found.token, server_name=found.server_name)
            self._api = await self.stack.enter_async_context(api)
            if found.lasting is not None:
                task = asyncio.create_task(found.lasting.run())
                self.stack.callback(task.cancel)
        return self._api


def _everybodys(series: Policy, grants: Grants) -> Decided:
    return decided_by(series, grants.everybodys())


def in_effect(now: Configuration, changed: Configuration) -> Configuration:
    """What of a changed file can be used at once: the rest stays as it is now. Raises OwnFault where that is too much.

    Certificates can be taken no more at once, but anew only after a restart: handshakes have to ask for them.
    """
    certificates = changed.identity.client_certificates and now.identity.client_certificates
    identity = replace(changed.identity, client_certificates=certificates)
    known = identity.token_review or certificates
    if identity.forward != now.identity.forward or not (known or identity.forward):
        raise OwnFault(RESTART, "expected callers to be known as they were at the start; restart for others")
    kept = {name: getattr(now, name) for name in FIXED}
    if not now.asks_api_server:
        kept["api_server"] = changed.api_server
    return replace(changed, identity=identity, **kept)


def waiting(effective: Configuration, changed: Configuration) -> tuple[str, ...]:
    """What of a changed file takes a restart, as the file calls it."""
    names = [name for attribute, name in FIXED.items() if getattr(effective, attribute) != getattr(changed, attribute)]
    if effective.identity != changed.identity:
        names.append("identity.clientCertificates")
    return tuple(names)
