"""Where a node says that its kubelet is, and whether it is asked there: a node that was taken can say anything."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from kubesieve.faults import OwnFault
from kubesieve.tenancy.live_nodes import node_of, nodes
from kubesieve.tenancy.node_addresses import AddressType, NodeRules, NodeStatus, ServerName, Where, where
from kubesieve.tenancy.values import Selector

IP, OUTSIDE, HOST = AddressType.INTERNAL_IP, AddressType.EXTERNAL_IP, AddressType.HOSTNAME
TEN = (ipaddress.ip_network("10.0.0.0/8"),)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def host(rules: NodeRules, *addresses: tuple[str, str]) -> str | None:
    """Where it is asked, None where it is not."""
    try:
        return where("n", NodeStatus("u", addresses, 10250), rules).host
    except OwnFault as fault:
        assert (fault.reason, fault.status) == ("node-address-refused", 502)
        return None


ADDRESSES = {
    # what a node says: where it is asked without ranges, with 10.0.0.0/8, with loopback's
    "10.1.2.3": (True, True, False),
    "192.0.2.7": (True, False, False),
    "2001:db8::7": (True, False, False),
    "fd00::7": (True, False, False),
    "127.0.0.1": (False, False, True),
    "::1": (False, False, True),
    "::ffff:127.0.0.1": (False, False, True),
    "::ffff:10.1.2.3": (True, True, False),
    "169.254.169.254": (False, False, False),
    "fe80::1": (False, False, False),
    "fe80::1%eth0": (False, False, False),
    "::ffff:169.254.169.254": (False, False, False),
    "224.0.0.1": (False, False, False),
    "ff02::1": (False, False, False),
    "0.0.0.0": (False, False, False),
    "::": (False, False, False),
    "255.255.255.255": (False, False, False),
    "10.1": (False, False, False),
    "0x0a010203": (False, False, False),
    "167838211": (False, False, False),
    "010.1.2.3": (False, False, False),
    "10.1.2.3:6443": (False, False, False),
    "[10.1.2.3]": (False, False, False),
    "10.1.2.3/x": (False, False, False),
    "user@10.1.2.3": (False, False, False),
    "10.1.2.3 ": (False, False, False),
    "example.com": (False, False, False),
    "": (False, False, False),
}


@pytest.mark.parametrize(("address", "asked"), ADDRESSES.items())
def test_an_address_is_used_where_a_kubelet_can_be(address: str, asked: tuple[bool, bool, bool]) -> None:
    rules = (NodeRules(), NodeRules(ranges=TEN), NodeRules(ranges=LOOPBACK))
    assert tuple(host(one, ("InternalIP", address)) == address for one in rules) == asked


NAMES = {
    "node-1": True,
    "node-1.example.com": True,
    "NODE-1": True,
    "node-1.example.com.": False,
    "localhost": False,
    "a.localhost": False,
    "127.1": False,
    "127.0.0.1": False,
    "2130706433": False,
    "0x7f000001": False,
    "0x7f.1": False,
    "a.0x": False,
    "::1": False,
    "node_1": False,
    "-node": False,
    "a..b": False,
    "a b": False,
    "a/b": False,
    "a:6443": False,
    "u@a": False,
    "a\n": False,
    "b" * 64: False,
    "": False,
}


@pytest.mark.parametrize(("name", "asked"), NAMES.items())
def test_a_host_name_is_used_where_it_is_plain(name: str, asked: bool) -> None:
    assert (host(NodeRules(types=(HOST,)), ("Hostname", name)) == name) is asked


def test_the_first_type_that_has_a_good_address_is_used_and_no_other_type() -> None:
    said = (("Hostname", "n"), ("ExternalIP", "192.0.2.7"), ("InternalIP", "127.0.0.1"), ("InternalIP", "10.0.0.7"))
    assert host(NodeRules(), *said) == "10.0.0.7"
    assert host(NodeRules(types=(OUTSIDE, IP)), *said) == "192.0.2.7"
    assert host(NodeRules(types=(HOST,)), *said) == "n"
    assert host(NodeRules(), ("internalip", "10.0.0.7"), ("ExternalIP", "10.0.0.7")) is None


@pytest.mark.parametrize("port", [0, -1, 65536, 1 << 40])
def test_a_port_that_is_none_is_not_asked(port: int) -> None:
    with pytest.raises(OwnFault):
        where("n", NodeStatus("u", (("InternalIP", "10.0.0.7"),), port), NodeRules())


@pytest.mark.parametrize(("name", "expected"), [(ServerName.ADDRESS, "10.0.0.7"), (ServerName.NODE_NAME, "n")])
def test_the_certificate_names_the_address_or_the_node(name: ServerName, expected: str) -> None:
    node = NodeStatus("u", (("InternalIP", "10.0.0.7"),), 10251)
    assert where("n", node, NodeRules(server_name=name)) == Where("10.0.0.7", 10251, expected)


def item(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "n", "uid": "u", "labels": {"a": "b"}}, "status": status}


GOOD = {"addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]}
PORT = {"daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}
ODD: list[Any] = [None, 7, "x", [], [7], [[]], {}, [{}], [{"type": 7, "address": []}], {"a": []}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_status_is_a_node_that_cannot_be_asked(odd: Any) -> None:
    assert node_of(item(addresses=odd, **PORT)) == NodeStatus("u", (), 10250)
    assert node_of(item(**GOOD, daemonEndpoints=odd)) == NodeStatus("u", (("InternalIP", "10.0.0.7"),), 0)
    assert node_of({**item(), "status": odd}) == NodeStatus("u")


@pytest.mark.parametrize("port", [True, "10250", 10250.0, None, [10250]], ids=repr)
def test_a_port_is_a_whole_number(port: Any) -> None:
    assert node_of(item(daemonEndpoints={"kubeletEndpoint": {"Port": port}})) == NodeStatus("u", (), 0)


@pytest.mark.parametrize("uid", [None, "", 7, [], {}], ids=repr)
def test_a_node_without_a_uid_is_not_known(uid: Any) -> None:
    assert node_of({**item(), "metadata": {"name": "n", "uid": uid}}) is None


def test_nodes_that_the_selector_does_not_match_are_not_known() -> None:
    assert nodes(Selector((("a", "b"),))).read(item()) == NodeStatus("u")
    assert nodes(Selector((("a", "c"),))).read(item()) is None
    odd = {**item(), "metadata": {"name": "n", "uid": "u", "labels": {"a": 7}}}
    assert nodes(Selector((("a", "b"),))).read(odd) is None
