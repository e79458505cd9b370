"""Many nodes in a configuration: what is read, what is refused, which rights it takes."""

from __future__ import annotations

import ipaddress

import pytest

from kubesieve.gateway.configuration import read
from kubesieve.gateway.configuration.rights import rights
from kubesieve.gateway.configuration.summary import summary
from kubesieve.tenancy.node_addresses import AddressType, NodeRules, ServerName
from kubesieve.tenancy.values import Selector
from tests.gateway.configuration.files import with_part
from tests.gateway.configuration.test_bad import told
from tests.gateway.configuration.test_good import FORWARDED
from tests.gateway.configuration.test_schema import valid

NODES = "kubelet: {tokenFile: t, nodes: %s}"
WHOLE = (
    "{selector: {matchLabels: {a: b}}, addressTypes: [Hostname, InternalIP], addressRanges: [10.0.0.0/8, 'fd00::/8'], "
    "serverName: NodeName}"
)
RULES = NodeRules(
    Selector((("a", "b"),)),
    (AddressType.HOSTNAME, AddressType.INTERNAL_IP),
    (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")),
    ServerName.NODE_NAME,
)
RANGE = "expected a range of addresses as 10.0.0.0/8 or fd00::/8, its host bits 0"


@pytest.mark.parametrize(("written", "rules"), [("{}", NodeRules()), (WHOLE, RULES)], ids=["defaults", "all"])
def test_rules_are_read(written: str, rules: NodeRules) -> None:
    content = with_part(NODES % written)
    found = read(content, {})
    assert (found.kubelet.nodes, found.kubelet.url) == (rules, None)
    assert found.asks_api_server
    assert valid(content)


BAD = {
    "kubelet: {tokenFile: t, nodes: {}, url: 'https://n'}": "3:32 kubelet.nodes: expected url or nodes; got both",
    "kubelet: {tokenFile: t, nodes: {}, serverName: n}": (
        "3:48 kubelet.serverName: expected nodes.serverName where there are nodes; got a name for one kubelet"
    ),
    "kubelet: {nodes: {}}": (
        "3:10 kubelet.tokenFile: expected the file of this program's own token, which the kubelet is asked with; "
        "got nothing"
    ),
    NODES % "[]": "3:32 kubelet.nodes: expected a mapping; got a list",
    NODES % "{addressType: [InternalIP]}": (
        "3:33 kubelet.nodes.addressType: expected addressTypes (did you mean it?), or one of selector, addressRanges, "
        "serverName; got a key that there is not"
    ),
    NODES % "{selector: {}}": (
        "3:43 kubelet.nodes.selector: expected labels to select by; got an empty selector, which would be all nodes"
    ),
    NODES % "{addressTypes: []}": (
        "3:47 kubelet.nodes.addressTypes: expected at least one type of address; got an empty list"
    ),
    NODES % "{addressTypes: [internalIP]}": (
        "3:48 kubelet.nodes.addressTypes[0]: expected InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS; "
        "got 'internalIP'"
    ),
    NODES % "{addressTypes: [Hostname, Hostname]}": (
        "3:58 kubelet.nodes.addressTypes[1]: expected each type once; got it a second time"
    ),
    NODES % "{addressRanges: []}": (
        "3:48 kubelet.nodes.addressRanges: expected at least one range of addresses; got an empty list"
    ),
    NODES % "{addressRanges: [10.0.0.1]}": f"3:49 kubelet.nodes.addressRanges[0]: {RANGE}; got '10.0.0.1'",
    NODES % "{serverName: node-1}": "3:45 kubelet.nodes.serverName: expected Address or NodeName; got 'node-1'",
}


@pytest.mark.parametrize(("part", "sentence"), BAD.items())
def test_a_problem_has_its_place_and_one_sentence_and_the_schema_sees_it(part: str, sentence: str) -> None:
    assert told(with_part(part)) == [sentence]
    assert not valid(with_part(part))


def test_a_range_with_host_bits_is_none() -> None:
    assert told(with_part(NODES % "{addressRanges: [10.0.0.1/8]}")) == [
        f"3:49 kubelet.nodes.addressRanges[0]: {RANGE}; got '10.0.0.1/8'"
    ]


@pytest.mark.parametrize("forwarded", [False, True], ids=["own token", "forwarded"])
def test_nodes_are_listed_and_watched_with_our_own_account(forwarded: bool) -> None:
    part = FORWARDED.replace('url: "https://n:1"', "nodes: {}") if forwarded else NODES % "{}"
    assert "list, watch nodes" in [str(right) for right in rights(read(with_part(part), {}))]


def test_the_summary_tells_which_nodes_and_where() -> None:
    assert dict(summary(read(with_part(NODES % WHOLE), {}), "that of the cluster"))["kubelet"] == (
        "of many nodes (those that a selector picks), by Hostname, InternalIP in 10.0.0.0/8, fd00::/8, "
        "its certificate names its node, verified by the CA of the cluster"
    )
