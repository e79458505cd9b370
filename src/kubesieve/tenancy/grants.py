"""What a caller may see: tenants' namespaces, those a selector picks, virtual clusters, and what RBAC opens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from kubesieve.faults import CallerFault
from kubesieve.tenancy.values import Caller, Grant, GrantRules, Tenant, VirtualCluster

_VERSION_DIGITS = 12


class Access(Protocol):
    """Who says which namespaces RBAC opens to a caller."""

    async def allowed(self, caller: Caller, namespaces: Iterable[str]) -> frozenset[str]: ...

    async def any_of(self, caller: Caller, namespaces: Iterable[str]) -> bool: ...


class Labelled(Protocol):
    """Who knows the cluster's namespaces and their labels."""

    def labels(self) -> Mapping[str, Mapping[str, str]]: ...


class Grants:
    """``of`` decides, once for a request. ``access`` is there where ``rules`` have RBAC, ``namespaces`` where selectors
    or RBAC need them.
    """

    def __init__(self, rules: GrantRules, namespaces: Labelled | None = None, access: Access | None = None) -> None:
        self._rules, self._namespaces, self._access = rules, namespaces, access

    def by_tenants(self, caller: Caller) -> Grant:
        """What the tenants give, at once. Raises OwnFault (503) where a selector's namespaces are unknown."""
        return self._together(self._tenants_of(caller))

    def everybodys(self) -> Grant:
        """What tenants without subjects give: where callers are not identified. Raises as ``begun``."""
        open_to_all = [tenant for tenant in self._rules.tenants if not tenant.subjects]
        given = self._together(open_to_all)
        if given.empty:
            raise _no_grant("everybody", open_to_all)
        return given

    def begun(self, caller: Caller) -> Grant:
        """What the tenants give, before the kubelet is asked. Raises as ``by_tenants``, and CallerFault (403) where
        that is nothing and no RBAC could add to it.
        """
        given = self.by_tenants(caller)
        if self._rules.rbac is None and given.empty:
            raise _no_grant(caller.user, self._tenants_of(caller))
        return given

    async def of(self, caller: Caller, here: frozenset[str], begun: Grant | None = None) -> Grant:
        """The whole grant; ``here`` are the namespaces that RBAC is asked about: those of what is to be shown.
        ``begun`` is the tenants' part, where it was decided already.

        Raises CallerFault (403) where nothing is granted at all, OwnFault (503) where nobody can tell.
        """
        given = self.by_tenants(caller) if begun is None else begun
        if self._rules.rbac is not None and self._access is not None:
            opened = await self._access.allowed(caller, here - given.namespaces)
            pairs = [(name, why) for name, reasons in given.because.items() for why in reasons]
            given = _grant((*pairs, *((name, "RBAC") for name in sorted(opened))), given.vclusters)
            if given.empty and await self._anywhere_else(caller, here):
                return given
        if given.empty:
            raise _no_grant(caller.user, self._tenants_of(caller))
        return given

    def _tenants_of(self, caller: Caller) -> list[Tenant]:
        return [tenant for tenant in self._rules.tenants if any(one.is_of(caller) for one in tenant.subjects)]

    def _together(self, tenants: Iterable[Tenant]) -> Grant:
        mine = tuple(tenants)
        return _grant(
            ((name, because) for tenant in mine for name, because in self._of_tenant(tenant)),
            frozenset(tenant.vcluster for tenant in mine if tenant.vcluster),
        )

    async def _anywhere_else(self, caller: Caller, here: frozenset[str]) -> bool:
        """Whether RBAC opens any namespace that has nothing here: then an empty answer is the right one."""
        everywhere = frozenset(self._namespaces.labels()) if self._namespaces else frozenset()
        return self._access is not None and await self._access.any_of(caller, everywhere - here)

    def _of_tenant(self, tenant: Tenant) -> Iterator[tuple[str, str]]:
        yield from ((name, f"tenant {tenant.name}") for name in sorted(tenant.namespaces))
        if tenant.selector is not None and self._namespaces is not None:
            labels = self._namespaces.labels()
            picked = (name for name in sorted(labels) if tenant.selector.matches(labels[name]))
            yield from ((name, f"tenant {tenant.name}, by its namespaceSelector") for name in picked)


def _no_grant(user: str, tenants: list[Tenant]) -> CallerFault:
    """Whose tenants give nothing: they have a namespaceSelector and nothing else, and it picks no namespace."""
    if tenants:
        named = ", ".join(tenant.name for tenant in tenants)
        expected = f"expected a namespace with the labels of the namespaceSelector of tenant {named[:200]}"
        return CallerFault("selector-picks-nothing", f"{expected}; there is none", status=403)
    return CallerFault("no-grant", f"expected a grant for {user[:200]!a}; there is none", status=403)


def _grant(pairs: Iterable[tuple[str, str]], vclusters: frozenset[VirtualCluster]) -> Grant:
    because: dict[str, list[str]] = {}
    for name, why in pairs:
        because.setdefault(name, []).append(why)
    reasons = {name: tuple(dict.fromkeys(why)) for name, why in because.items()}
    return Grant(frozenset(reasons), vclusters, _version(reasons, vclusters), reasons)


def _version(namespaces: Iterable[str], vclusters: Iterable[VirtualCluster]) -> str:
    """The same for the same grant, wherever and whenever it was decided."""
    parts = ["", *sorted(namespaces), *sorted(f"{one.namespace}/{one.name}" for one in vclusters)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_DIGITS]
