"""What a configuration says becomes values, whole, with defaults where it is silent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from yarl import URL

from kubesieve.gateway.configuration import load, read
from kubesieve.gateway.configuration.model import (
    ApiServerAccess,
    Configuration,
    IdentityRules,
    KubeletAccess,
    NodeSeriesRules,
    ServingTls,
    TokenReviewRules,
)
from kubesieve.gateway.settings import Address, ContainerLogs, Limits
from kubesieve.sieve import NodeSeries
from kubesieve.tenancy.values import (
    Expression,
    GrantRules,
    Operator,
    RbacCheck,
    Selector,
    Subject,
    SubjectKind,
    Tenant,
    VirtualCluster,
)
from tests.gateway.configuration.files import ENVIRONMENT, FULL, with_part

ALL = Configuration(
    listen=Address("0.0.0.0", 8443),
    tls=ServingTls(Path("tls.crt"), Path("tls.key"), Path("clients.crt")),
    admin=Address("127.0.0.1", 9441),
    kubelet=KubeletAccess(
        URL("https://10.0.0.7:10250"), Path("ca.crt"), Path("token"), server_name="node-1", timeout_seconds=1.5
    ),
    api_server=ApiServerAccess(URL("https://10.96.0.1"), Path("token"), Path("api.crt")),
    identity=IdentityRules(TokenReviewRules(("kubesieve",)), client_certificates=True),
    grants=GrantRules(
        tenants=(
            Tenant(
                "team-a",
                (Subject(SubjectKind.SERVICE_ACCOUNT, "agent", "team-a"), Subject(SubjectKind.GROUP, "oidc:team-a")),
                frozenset({"team-a", "team-a-dev"}),
                Selector(
                    (("example.com/tenant", "a"),),
                    (Expression("stage", Operator.NOT_IN, ("test", "")), Expression("b", Operator.EXISTS)),
                ),
                VirtualCluster("vc-a", "a"),
            ),
            Tenant("team-b", (Subject(SubjectKind.USER, "b@example.com"),), frozenset({"team-b", "team-a"})),
        ),
        rbac=RbacCheck("list", "", "pods"),
    ),
    node_series=NodeSeriesRules(NodeSeries.ALL, ("kubelet_*",), ("container_network_x",)),
    sharing_seconds=0.5,
    limits=Limits(requests_per_token=4, header_line_bytes=8192, idle_seconds=60, work_seconds=12),
    container_logs=ContainerLogs(False, True, 4, 60.0, 8, 1),
)


def test_every_key_has_its_value() -> None:
    assert read(FULL.encode(), ENVIRONMENT) == ALL


def test_json_is_yaml() -> None:
    assert read(json.dumps(yaml.safe_load(FULL), indent=1).encode(), ENVIRONMENT) == ALL


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_files_of_other_systems_are_read(change: object) -> None:
    assert callable(change)
    assert read(change(FULL).encode(), ENVIRONMENT) == ALL


def test_a_minimal_file_has_defaults() -> None:
    found = read(with_part(""), {})
    assert found == Configuration(
        listen=Address("127.0.0.1", 0),
        kubelet=KubeletAccess(URL("https://10.0.0.7:10250"), token_file=Path("token")),
        grants=GrantRules(rbac=RbacCheck("get", "metrics.k8s.io", "pods")),
    )
    assert found.identity == IdentityRules(TokenReviewRules(()), client_certificates=False, forward=False)
    assert (found.admin, found.sharing_seconds, found.limits) == (Address("127.0.0.1", 9440), 5.0, Limits())
    assert not found.container_logs.enabled


FORWARDED = (
    'kubelet: {url: "https://n:1"}\nidentity: {forward: true}\ngrants: {tenants: [{name: t, namespaces: [team-a]}]}'
)

ONE = "grants: {tenants: [{name: t, subjects: [{kind: User, name: u}], %s}]}"


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(FORWARDED, id="forwarded tokens need no token of ours, and one tenant is for whoever has one"),
        pytest.param("sharing: {ttl: 0}", id="sharing turned off"),
        pytest.param("sharing: {ttl: $(TTL)}", id="a duration from the environment"),
        pytest.param("sharing: {ttl: 1m}", id="the longest sharing"),
        pytest.param('listen: {address: ":8443"}', id="every address"),
        pytest.param('listen: {address: "[::1]:8443"}', id="IPv6"),
        pytest.param('kubelet: {url: "https://n", tokenFile: t, insecure: true}', id="a kubelet that is not verified"),
        pytest.param("identity: {tokenReview: {}}", id="tokens for the API server"),
        pytest.param("admin: {address: localhost:0}", id="a free port"),
        pytest.param(ONE % "namespaces: ['123']", id="a namespace of digits, in quotes"),
        pytest.param(ONE % "namespaces: [2026-01-01a]", id="no date"),
        pytest.param(ONE % "vcluster: {namespace: v, name: v}", id="a virtual cluster alone"),
        pytest.param(ONE % "namespaceSelector: {matchLabels: {a: ''}}", id="an empty label"),
        pytest.param("nodeSeries: {preset: $(PRESET)}", id="a choice from the environment"),
        pytest.param("kubelet: {url: https://$(IP), tokenFile: $(DIR)/token}", id="the environment in a text"),
        pytest.param("limits: {}", id="no bound of one's own"),
        pytest.param("# a comment, ümläut", id="a comment"),
    ],
)
def test_it_is_a_configuration(part: str) -> None:
    read(with_part(part), {"TTL": "500ms", "PRESET": "none", "IP": "10.0.0.8", "DIR": "/run"})


@pytest.mark.parametrize(
    ("written", "seconds"), [("5s", 5), ("500ms", 0.5), ("1m", 60), ("0.25m", 15), ("7", 7), ("0.5", 0.5), ("0", 0)]
)
def test_durations(written: str, seconds: float) -> None:
    assert read(with_part(f"sharing: {{ttl: {written}}}"), {}).sharing_seconds == seconds


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("$(DIR)/ca.crt", "/run/ca.crt"),
        ("$(DIR)$(DIR)", "/run/run"),
        ("$$(DIR)", "$(DIR)"),
        ("$$$(DIR)", "$/run"),
        ("$DIR ${DIR}", "$DIR ${DIR}"),
        ("$(TWICE)", "$(DIR)"),
        ("$(MAP)", "{a: b}"),
        ("'$(LIST)'", "[x, y]"),
    ],
)
def test_the_environment_is_put_into_texts_as_kubernetes_does_it(written: str, path: str) -> None:
    environment = {"DIR": "/run", "TWICE": "$(DIR)", "MAP": "{a: b}", "LIST": "[x, y]"}
    found = read(with_part(f"kubelet:\n  url: https://n\n  caFile: {written}\n  tokenFile: t"), environment)
    assert str(found.kubelet.ca_file) == path


WARNED = [
    ("", ["listen.tls is absent: plain http"]),
    ('listen: {address: ":1", tls: {certFile: c, keyFile: k}}', []),
    (
        'listen: {address: ":1", tls: {certFile: c, keyFile: k, clientCAFile: x}}',
        ["listen.tls.clientCAFile is not used"],
    ),
    ('kubelet: {url: "https://n", tokenFile: t, insecure: true}', ["listen.tls is", "kubelet.insecure is true"]),
    (
        "grants: {tenants: [{name: t, namespaces: [a], subjects: [{kind: Group, name: system:authenticated}]}]}",
        ["listen.tls is", "tenant t is for the group system:authenticated"],
    ),
    (f'{FORWARDED}\napiServer: {{url: "https://a", tokenFile: t}}', ["listen.tls is", "apiServer is not used"]),
]


@pytest.mark.parametrize(("part", "warnings"), WARNED)
def test_what_should_not_be_overlooked_is_said(part: str, warnings: list[str]) -> None:
    found = read(with_part(part), {}).warnings
    assert len(found) == len(warnings)
    assert all(sentence.startswith(start) for sentence, start in zip(found, warnings, strict=True))


def test_a_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FULL)
    assert load(tmp_path / "config.yaml", ENVIRONMENT) == ALL
