"""Who sees what: tenants with their subjects and namespaces, and the right that RBAC is asked for."""

from __future__ import annotations

from kubesieve.gateway.configuration import scalars
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.section import Section, section
from kubesieve.gateway.configuration.selectors import selector
from kubesieve.tenancy.values import GrantRules, RbacCheck, Subject, SubjectKind, Tenant, VirtualCluster

WHAT_A_TENANT_SEES = ("namespaces", "namespaceSelector", "vcluster")


def grants(place: Place) -> GrantRules:
    part = section(place, "tenants", "rbac")
    rules = GrantRules(part.optional("tenants", _tenants, ()), part.optional("rbac", _rbac, None))
    if not rules.tenants and rules.rbac is None and not place.reading.problems.within(place.path):
        place.wrong("tenants or rbac", "neither: nobody would see anything")
    return rules


def _rbac(place: Place) -> RbacCheck:
    part = section(place, "verb", "group", "resource")
    default = RbacCheck()
    return RbacCheck(
        verb=part.optional("verb", Place.text, default.verb),
        group=part.optional("group", lambda value: value.text(empty=True), default.group),
        resource=part.optional("resource", Place.text, default.resource),
    )


def _tenants(place: Place) -> tuple[Tenant, ...]:
    found: dict[str, Place] = {}
    return tuple(_tenant(item, found) for item in place.items())


def _tenant(place: Place, others: dict[str, Place]) -> Tenant:
    part = section(place, "name", "subjects", *WHAT_A_TENANT_SEES)
    tenant = Tenant(
        name=part.required("name", scalars.name, "", scalars.NAME),
        subjects=part.optional("subjects", _subjects, ()),
        namespaces=part.optional("namespaces", scalars.names, frozenset()),
        selector=part.optional("namespaceSelector", selector, None),
        vcluster=part.optional("vcluster", _vcluster, None),
    )
    _named_once(part, tenant.name, others)
    if not tenant.namespaces and tenant.selector is None and tenant.vcluster is None:
        _sees_nothing(part)
    return tenant


def _named_once(part: Section, name: str, others: dict[str, Place]) -> None:
    if name in others:
        part.fields["name"].wrong("a name of its own", f"that of {others[name].path}")
    elif name:
        others[name] = part.place


def _sees_nothing(part: Section) -> None:
    if not part.place.reading.problems.within(part.place.path):
        *others, last = WHAT_A_TENANT_SEES
        part.place.wrong(f"{', '.join(others)} or {last}", "none of them: the tenant would see nothing")


def _subjects(place: Place) -> tuple[Subject, ...]:
    return tuple(_subject(item) for item in place.items())


def _subject(place: Place) -> Subject:
    part = section(place, "kind", "namespace", "name")
    kind = part.required(
        "kind", lambda value: scalars.choice(value, SubjectKind), SubjectKind.USER, "ServiceAccount, User or Group"
    )
    name = part.required("name", Place.text, "", "the subject's name")
    if place.reading.problems.within(f"{place.path}.kind"):
        return Subject(kind, name)
    if kind is SubjectKind.SERVICE_ACCOUNT:
        return Subject(kind, name, part.required("namespace", scalars.name, "", "the ServiceAccount's namespace"))
    if "namespace" in part.fields:
        part.fields["namespace"].wrong(f"none: a {kind} belongs to no namespace", "one")
    return Subject(kind, name)


def _vcluster(place: Place) -> VirtualCluster:
    part = section(place, "namespace", "name")
    return VirtualCluster(
        namespace=part.required("namespace", scalars.name, "", "the host namespace that its pods run in"),
        name=part.required("name", scalars.name, "", "the virtual cluster's name"),
    )
