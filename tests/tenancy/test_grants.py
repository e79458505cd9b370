"""What a caller may see, and why: tenants, selectors, RBAC, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.tenancy.access import AccessReviewer, read_review
from kubesieve.tenancy.api_server import ApiStatus
from kubesieve.tenancy.grants import Grants
from kubesieve.tenancy.values import (
    Caller,
    GrantRules,
    RbacCheck,
    Selector,
    Subject,
    SubjectKind,
    Tenant,
    VirtualCluster,
)
from tests.tenancy.answers import Clock, Says, run

JANE, JOHN = Caller("jane", frozenset({"dev"})), Caller("john")
HERE = frozenset({"a", "b", "c"})


def tenant(name: str, *users: str, **more: Any) -> Tenant:
    return Tenant(name, tuple(Subject(SubjectKind.USER, user) for user in users), **more)


class Known:
    def __init__(self, labels: Mapping[str, Mapping[str, str]]) -> None:
        self._labels = labels

    def labels(self) -> Mapping[str, Mapping[str, str]]:
        return self._labels


def rbac(*pairs: tuple[str, str], clock: Clock | None = None) -> tuple[AccessReviewer, Says]:
    """Opens namespaces to users; "" is every namespace."""

    def answer(_: str, body: dict[str, Any]) -> dict[str, Any]:
        spec = body["spec"]
        return {"status": {"allowed": (spec["user"], spec["resourceAttributes"]["namespace"]) in pairs}}

    says = Says(answer)
    return AccessReviewer(says, RbacCheck(), clock or Clock()), says


def seen(grants: Grants, caller: Caller, here: frozenset[str] = HERE) -> set[str] | str:
    try:
        return set(run(grants.of(caller, here)).namespaces)
    except Fault as fault:
        return fault.reason


SHARED = GrantRules(
    (tenant("one", "jane", namespaces=frozenset({"a"})), tenant("two", "jane", "john", namespaces=HERE))
)


def test_tenants_add_up_and_a_namespace_may_be_several_tenants() -> None:
    grants = Grants(SHARED)
    assert seen(grants, JANE) == {"a", "b", "c"}
    assert run(grants.of(JANE, HERE)).because["a"] == ("tenant one", "tenant two")
    assert seen(grants, JOHN) == {"a", "b", "c"}


def test_nobody_is_refused_with_a_403_and_never_an_empty_answer() -> None:
    with pytest.raises(CallerFault) as caught:
        run(Grants(SHARED).of(Caller("mallory"), HERE))
    assert (caught.value.reason, caught.value.status) == ("no-grant", 403)


def test_a_selector_picks_what_is_labelled_now() -> None:
    labels = {"a": {"tenant": "x"}, "b": {"tenant": "y"}}
    rules = GrantRules((tenant("x", "jane", selector=Selector((("tenant", "x"),))),))
    grants = Grants(rules, Known(labels))
    assert seen(grants, JANE) == {"a"}
    labels["b"] = {"tenant": "x"}
    assert seen(grants, JANE) == {"a", "b"}
    del labels["a"]
    labels["b"] = {}
    assert seen(grants, JANE) == "selector-picks-nothing"


def test_a_selector_that_picks_nothing_names_the_tenants_whose_it_is() -> None:
    selector = Selector((("tenant", "x"),))
    tenants = (tenant("x", "jane", selector=selector), tenant("y", "john", selector=selector))
    grants = Grants(GrantRules(tenants), Known({"a": {}}))
    for decide in (lambda: run(grants.of(JANE, HERE)), lambda: grants.begun(JANE)):
        with pytest.raises(CallerFault, match="of tenant x; there is none") as caught:
            decide()
        assert (caught.value.reason, caught.value.status) == ("selector-picks-nothing", 403)
    assert seen(grants, Caller("mallory")) == "no-grant"


def test_where_nobody_is_identified_a_selector_that_picks_nothing_is_a_403_for_all() -> None:
    grants = Grants(GrantRules((tenant("all", selector=Selector((("tenant", "x"),))),)), Known({"a": {}}))
    with pytest.raises(CallerFault, match="of tenant all; there is none"):
        grants.everybodys()


def test_where_the_namespaces_are_unknown_a_selector_gives_nothing() -> None:
    class Unknown:
        def labels(self) -> Mapping[str, Mapping[str, str]]:
            raise OwnFault("namespaces-unknown", "x", status=503)

    rules = GrantRules((tenant("x", "jane", namespaces=frozenset({"a"}), selector=Selector((("tenant", "x"),))),))
    assert seen(Grants(rules, Unknown()), JANE) == "namespaces-unknown"


def test_a_virtual_cluster_is_a_grant_without_namespaces() -> None:
    cluster = VirtualCluster("vc-a", "a")
    grant = run(Grants(GrantRules((tenant("x", "jane", vcluster=cluster),))).of(JANE, HERE))
    assert (grant.namespaces, grant.vclusters) == (frozenset(), frozenset({cluster}))


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        pytest.param([("jane", "a")], {"a"}, id="one"),
        pytest.param([("jane", "")], {"a", "b", "c"}, id="everywhere"),
        pytest.param([("john", "a")], "no-grant", id="another's"),
        pytest.param([("jane", "elsewhere")], set(), id="one that has nothing here"),
    ],
)
def test_rbac_opens_namespaces_one_by_one(opened: list[tuple[str, str]], expected: set[str] | str) -> None:
    access, _ = rbac(*opened)
    known = Known({name: {} for name in (*HERE, "elsewhere")})
    assert seen(Grants(GrantRules(rbac=RbacCheck()), known, access), JANE) == expected


def test_tenants_and_rbac_together_give_what_either_gives() -> None:
    access, says = rbac(("jane", "b"))
    rules = GrantRules((tenant("one", "jane", namespaces=frozenset({"a"})),), RbacCheck())
    grants = Grants(rules, Known({}), access)
    assert seen(grants, JANE) == {"a", "b"}
    assert "a" not in {body["spec"]["resourceAttributes"]["namespace"] for body in says.asked}


def test_what_rbac_said_is_remembered_and_forgotten_in_time() -> None:
    clock = Clock()
    access, says = rbac(("jane", "a"), clock=clock)

    async def story() -> list[frozenset[str]]:
        found = [await access.allowed(JANE, ["a"])]
        found.append(await access.allowed(JANE, ["a"]))
        asked.append(len(says.asked))
        says.answer = lambda *_: {"status": {"allowed": False}}
        clock.now = 61.0
        return [*found, await access.allowed(JANE, ["a"])]

    asked: list[int] = []
    assert run(story()) == [frozenset({"a"}), frozenset({"a"}), frozenset()]
    assert asked == [2]


def test_all_that_is_known_of_a_caller_is_part_of_who_asks() -> None:
    access, says = rbac(("jane", "a"))
    run(access.allowed(replace(JANE, extra=(("scopes", ("read", "write")),)), ["a"]))
    assert says.asked[-1]["spec"] == {
        "user": "jane",
        "groups": ["dev"],
        "uid": "",
        "extra": {"scopes": ["read", "write"]},
        "resourceAttributes": {"verb": "get", "group": "metrics.k8s.io", "resource": "pods", "namespace": "a"},
    }


@pytest.mark.parametrize("error", [OwnFault("api-server-unavailable", "x", status=503), ApiStatus(500)])
def test_half_a_grant_is_none(error: Exception) -> None:
    def answer(_: str, body: dict[str, Any]) -> dict[str, Any]:
        if body["spec"]["resourceAttributes"]["namespace"] == "b":
            raise error
        return {"status": {"allowed": True}} if body["spec"]["resourceAttributes"]["namespace"] else {"status": {}}

    grants = Grants(GrantRules(rbac=RbacCheck()), Known({}), AccessReviewer(Says(answer), RbacCheck(), Clock()))
    with pytest.raises(OwnFault) as caught:
        run(grants.of(JANE, HERE))
    assert caught.value.status == 503


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        ({"status": {"allowed": True}}, True),
        ({"status": {"allowed": True, "denied": True}}, False),
        ({"status": {"allowed": "true"}}, False),
        ({"status": {"allowed": True, "denied": "no"}}, False),
        ({"status": None}, False),
        ({}, False),
    ],
)
def test_only_a_plain_yes_is_one(answer: dict[str, Any], may: bool) -> None:
    assert read_review(answer) is may


def test_the_version_is_that_of_what_is_granted() -> None:
    one, two = Grants(SHARED), Grants(GrantRules((tenant("other", "jane", namespaces=HERE),)))
    assert run(one.of(JANE, HERE)).version == run(two.of(JANE, HERE)).version
    less = Grants(GrantRules((tenant("one", "jane", namespaces=frozenset({"a"})),)))
    assert run(less.of(JANE, HERE)).version != run(one.of(JANE, HERE)).version
