"""The rights of kubesieve's own account: those that a configuration uses, and no other."""

from __future__ import annotations

import pytest
import yaml

from kubesieve.gateway.configuration import read
from kubesieve.gateway.configuration.rights import cluster_role, rights
from tests.gateway.configuration.files import ENVIRONMENT, FULL, with_part
from tests.gateway.configuration.test_good import FORWARDED, ONE

TOKENS = "create tokenreviews.authentication.k8s.io"
ACCESS = "create subjectaccessreviews.authorization.k8s.io"
NAMESPACES = "list, watch namespaces"
NODES = ["get nodes/healthz", "get nodes/metrics", "get nodes/pods", "get nodes/stats"]
OLDER = ["get nodes/proxy"]

LOGS = "\ncontainerLogs: {enabled: true}"
CERTIFICATES = """\
listen: {address: ":1", tls: {certFile: c, keyFile: k, clientCAFile: x}}
identity: {clientCertificates: true}
"""


@pytest.mark.parametrize(
    ("part", "needed"),
    [
        ("", [TOKENS, ACCESS, NAMESPACES, *NODES, *OLDER]),
        (ONE % "namespaces: [a]", [TOKENS, *NODES, *OLDER]),
        (ONE % "vcluster: {namespace: v, name: v}", [TOKENS, *NODES, *OLDER]),
        (ONE % "namespaceSelector: {matchLabels: {a: b}}", [TOKENS, NAMESPACES, *NODES, *OLDER]),
        (CERTIFICATES + ONE % "namespaces: [a]", [*NODES, *OLDER]),
        (CERTIFICATES, [ACCESS, NAMESPACES, *NODES, *OLDER]),
        (FORWARDED, []),
    ],
    ids=["tokens and RBAC", "tokens", "a virtual cluster", "a selector", "certificates", "both", "forwarded"],
)
def test_a_right_is_needed_where_it_is_used(part: str, needed: list[str]) -> None:
    found = rights(read(with_part(part), {}))
    assert [str(right) for right in found] == needed
    assert all(right.why for right in found)
    assert [str(right) for right in found if right.older] == [one for one in needed if one in OLDER]


def test_logs_need_the_right_that_opens_exec_on_every_kubelet_and_it_is_said() -> None:
    configuration = read(with_part(ONE % "namespaces: [a]" + LOGS), {})
    found = [right for right in rights(configuration) if right.resource == "nodes/proxy"]
    assert [right.older for right in found] == [False]
    assert "exec" in found[0].why
    assert any("nodes/proxy" in warning for warning in configuration.warnings)


def _rules(text: str) -> list[dict[str, list[str]]]:
    role = yaml.safe_load(text)
    assert (role["apiVersion"], role["kind"]) == ("rbac.authorization.k8s.io/v1", "ClusterRole")
    rules: list[dict[str, list[str]]] = role["rules"]
    return rules


def test_the_cluster_role_has_them_and_the_older_ones_as_comments() -> None:
    configuration = read(FULL.encode(), ENVIRONMENT)
    text = cluster_role(configuration)
    pasted = [(rule["apiGroups"], rule["resources"], tuple(rule["verbs"])) for rule in _rules(text)]
    assert pasted == [([one.group], [one.resource], one.verbs) for one in rights(configuration) if not one.older]
    with_older = "\n".join(line.replace("  # - ", "  - ").replace("  #  ", "   ") for line in text.splitlines())
    assert _rules(with_older)[-1]["resources"] == ["nodes/proxy"]


def test_a_role_without_rights_is_one() -> None:
    assert _rules(cluster_role(read(with_part(FORWARDED), {}))) == []


def test_nothing_may_be_written_or_run() -> None:
    configuration = read(FULL.encode(), ENVIRONMENT)
    for rule in _rules(cluster_role(configuration)):
        assert rule["verbs"] in (["get"], ["list", "watch"]) or rule["resources"][0].endswith("reviews")
        assert rule["resources"] not in (["nodes"], ["nodes/proxy"], ["*"])
