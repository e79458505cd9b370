"""A ClusterRole has what ``check-config --rbac`` says of the configuration beside it, and no more."""

from __future__ import annotations

import pytest

from kubesieve.gateway.configuration import Configuration, read
from kubesieve.gateway.configuration.rights import rights
from tests.deploy.rendering import Object, chart, configuration, of_kind, overlay, pod, the
from tests.deploy.scenes import CHARTS, CONFIGURED, DROP_IN, TENANT

Rule = tuple[str, str, str]
ENVIRONMENT = {"TEAM": "team-a"}
PROXY = ("", "nodes/proxy", "get")
FORWARDING = [name for name in CONFIGURED if "forward," in f"{name},"]
LEGACY = [name for name in CONFIGURED if CHARTS[name].get("legacyKubelet")]
BOTH = [name for name in CONFIGURED if name not in (*FORWARDING, *LEGACY, "nothing optional")]
CLUSTERS = [*((name, False) for name in (*BOTH, *FORWARDING)), *((name, True) for name in (*BOTH, *LEGACY))]
"""With and without ``legacyKubelet``; the others are refused (test_values.py)."""


def given(objects: list[Object]) -> set[Rule]:
    """Each rule of all ClusterRoles; nothing else gives rights."""
    assert not of_kind(objects, "Role", "RoleBinding")
    rules = [rule for role in of_kind(objects, "ClusterRole") for rule in role["rules"]]
    assert all(set(rule) == {"apiGroups", "resources", "verbs"} for rule in rules)
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def needed(said: Configuration) -> set[Rule]:
    """What is needed by kubelets of today."""
    return {(one.group, one.resource, verb) for one in rights(said) if not one.older for verb in one.verbs}


def checked(objects: list[Object]) -> Configuration:
    environment = {one["name"]: ENVIRONMENT.get(one["name"], "x") for one in _env(objects)}
    environment["NODE_IP"] = "fd00::7" if "[$(NODE_IP)]" in configuration(objects) else "10.0.0.7"
    return read(configuration(objects).encode(), environment)


def _env(objects: list[Object]) -> list[Object]:
    return list(pod(objects)["spec"]["containers"][0].get("env", []))


@pytest.mark.parametrize("name", CONFIGURED)
def test_the_configuration_is_one(name: str) -> None:
    said = checked(chart(CHARTS[name]))
    assert (said.kubelet.nodes is not None) == (CHARTS[name].get("mode") == "gateway")
    assert said.admin.port == 9440


@pytest.mark.parametrize(("name", "legacy"), CLUSTERS)
def test_the_charts_rights_are_those_of_its_configuration(name: str, legacy: bool) -> None:
    objects = chart(CHARTS[name] | ({"legacyKubelet": True} if legacy else {}))
    wanted = needed(checked(objects)) | ({PROXY} if legacy else set())
    assert given(objects) == wanted
    assert (PROXY in given(objects)) == legacy


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", ["daemonset", "gateway"])
def test_an_overlays_rights_are_those_of_its_configuration(name: str, legacy: bool) -> None:
    objects = overlay(name, *(["legacy-kubelet"] if legacy else []))
    assert given(objects) == needed(checked(objects)) | ({PROXY} if legacy else set())


def test_in_the_place_of_a_naive_proxy_there_are_no_rights_and_no_token() -> None:
    for objects in (chart(DROP_IN), overlay("drop-in")):
        assert not of_kind(objects, "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
        assert pod(objects)["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_token_is_mounted_where_it_is_used(name: str) -> None:
    objects = chart(CHARTS[name])
    said = checked(objects)
    uses = bool(needed(said))
    assert pod(objects)["spec"]["automountServiceAccountToken"] is uses
    assert the(objects, "ServiceAccount")["automountServiceAccountToken"] is False
    ca = said.kubelet.ca_file
    assert ca is not None or uses or said.kubelet.insecure, "nothing knows the kubelet"


def test_the_binding_binds_the_role_to_the_account_of_the_pod() -> None:
    for objects in (chart(CHARTS["another image"]), chart({}), overlay("daemonset"), overlay("gateway")):
        binding, account = the(objects, "ClusterRoleBinding"), the(objects, "ServiceAccount")["metadata"]
        role = the(objects, "ClusterRole")["metadata"]["name"]
        assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        subject = {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
        assert binding["subjects"] == [subject]
        assert pod(objects)["spec"]["serviceAccountName"] == account["name"]


def test_no_rights_are_made_where_that_is_said() -> None:
    assert not given(chart({"rbac": {"create": False}, "config": {"grants": {"tenants": [TENANT]}}}))
