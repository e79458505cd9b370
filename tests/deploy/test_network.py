"""Who reaches the pods and whom they reach."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.rendering import Object, Values, chart, of_kind, overlay, the
from tests.deploy.scenes import CHARTS, DROP_IN, EVERYBODY

Rule = tuple[tuple[str, ...], tuple[int, ...]]
FORWARD: Values = {"config": {"identity": {"forward": True}, "grants": {"tenants": [EVERYBODY]}}}
ANYBODY: tuple[str, ...] = ()
TENANTS, MONITORING = ("kubesieve.io/tenant=true",), ("kubernetes.io/metadata.name=monitoring",)
KUBELET: Rule = (ANYBODY, (10250,))
API: Rule = (ANYBODY, (443, 6443))
DNS: Rule = (ANYBODY, (53, 53))


def _peer(peer: Object) -> str:
    [(kind, said)] = peer.items()
    if kind == "ipBlock":
        return str(said["cidr"])
    return ",".join(f"{key}={value}" for key, value in said.get("matchLabels", {}).items()) or "*"


def _rules(policy: Object, way: str, peers: str) -> list[Rule]:
    rules: list[dict[str, Any]] = policy["spec"][way]
    return [(tuple(map(_peer, one.get(peers, []))), tuple(port["port"] for port in one["ports"])) for one in rules]


def _of(objects: list[Object]) -> tuple[list[Rule], list[Rule]]:
    policy = the(objects, "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    return _rules(policy, "ingress", "from"), _rules(policy, "egress", "to")


@pytest.mark.parametrize(
    ("values", "port", "egress"),
    [
        ({}, 8443, [KUBELET, API]),
        ({"mode": "gateway"}, 8443, [KUBELET, API]),
        ({"tls": {"enabled": False}}, 8080, [KUBELET, API]),
        (FORWARD, 8443, [KUBELET]),
        ({"mode": "gateway", **FORWARD}, 8443, [KUBELET, API]),
        (DROP_IN, 8080, [KUBELET]),
        ({"kubelet": {"port": 10350}}, 8443, [(ANYBODY, (10350,)), API]),
        ({"mode": "gateway", "kubelet": {"nodes": {"addressTypes": ["InternalDNS"]}}}, 8443, [KUBELET, API, DNS]),
        ({"mode": "gateway", "kubelet": {"nodes": {"addressTypes": ["ExternalIP"]}}}, 8443, [KUBELET, API]),
        ({**DROP_IN, "dropIn": {"namespaces": ["a"], "kubeletHost": "node-1"}}, 8080, [KUBELET, DNS]),
        ({**DROP_IN, "dropIn": {"namespaces": ["a"], "kubeletHost": "abc.de"}}, 8080, [KUBELET, DNS]),
        ({**DROP_IN, "dropIn": {"namespaces": ["a"], "kubeletHost": "10.0.0.7"}}, 8080, [KUBELET]),
        ({**DROP_IN, "dropIn": {"namespaces": ["a"], "kubeletHost": "fd00::7"}}, 8080, [KUBELET]),
        ({"networkPolicy": {"dns": True}}, 8443, [KUBELET, API, DNS]),
        (
            {"mode": "gateway", "kubelet": {"nodes": {"addressTypes": ["Hostname"]}}, "networkPolicy": {"dns": False}},
            8443,
            [KUBELET, API],
        ),
    ],
)
def test_tenants_come_in_and_only_kubelets_and_the_api_server_are_asked(
    values: Values, port: int, egress: list[Rule]
) -> None:
    assert _of(chart(values)) == ([(TENANTS, (port,)), (MONITORING, (9440,))], egress)


@pytest.mark.parametrize(
    ("name", "port", "egress"),
    [("daemonset", 8443, [KUBELET, API]), ("gateway", 8443, [KUBELET, API]), ("drop-in", 8080, [KUBELET])],
)
def test_the_overlays_alike(name: str, port: int, egress: list[Rule]) -> None:
    assert _of(overlay(name)) == ([(TENANTS, (port,)), (MONITORING, (9440,))], egress)


def test_ranges_and_more_peers_are_what_the_values_say() -> None:
    ingress, egress = _of(chart(CHARTS["network"]))
    assert ingress == [(("*", "10.1.0.0/16"), (8443,)), (("app=prometheus",), (9440,))]
    assert egress == [(("10.0.0.0/16", "fd00::/64"), (10250,)), (("10.96.0.1/32",), (443,)), DNS]


def test_nobody_comes_to_the_admin_port_where_nobody_is_named() -> None:
    ingress, _ = _of(chart({"networkPolicy": {"monitoring": []}}))
    assert ingress == [(TENANTS, (8443,))]


def test_there_is_none_where_that_is_said() -> None:
    assert not of_kind(chart(CHARTS["nothing optional"]), "NetworkPolicy")
