"""Where a node's kubelet is asked. A node's status is written by its own kubelet: a node that was taken can name any
address, so only those are used that a kubelet can have.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from kubesieve.faults import OwnFault
from kubesieve.tenancy.values import Selector

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
"""As the last part of a name it makes an address in another spelling: 127.1, 0x7f.1, 2130706433."""


class AddressType(StrEnum):
    """As a node's status calls them."""

    INTERNAL_IP = "InternalIP"
    EXTERNAL_IP = "ExternalIP"
    HOSTNAME = "Hostname"
    INTERNAL_DNS = "InternalDNS"
    EXTERNAL_DNS = "ExternalDNS"

    @property
    def is_ip(self) -> bool:
        return self in (AddressType.INTERNAL_IP, AddressType.EXTERNAL_IP)


class ServerName(StrEnum):
    """What a kubelet's certificate has to name."""

    ADDRESS = "Address"
    NODE_NAME = "NodeName"


@dataclass(frozen=True, slots=True)
class NodeRules:
    """Which nodes there are, all without a selector, and which of their addresses are used: of these types, the first
    type first, in these ranges; without ranges everywhere but where no kubelet is.
    """

    selector: Selector | None = None
    types: tuple[AddressType, ...] = (AddressType.INTERNAL_IP,)
    ranges: tuple[Network, ...] = ()
    server_name: ServerName = ServerName.ADDRESS

    def allows(self, address: Ip) -> bool:
        """Whether a kubelet may be asked there. An IPv4 address in IPv6's clothes is that IPv4 address."""
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        plain = mapped or address
        if self.ranges:
            return any(plain in network for network in self.ranges)
        elsewhere = plain.is_loopback or plain.is_link_local or plain.is_multicast or plain.is_unspecified
        return not (elsewhere or plain.is_reserved)


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What is known of a node. ``port`` is 0 where it tells none."""

    uid: str
    addresses: tuple[tuple[str, str], ...] = ()
    port: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Where a kubelet is asked, and the name that its certificate has to have."""

    host: str
    port: int
    server_name: str


def where(name: str, node: NodeStatus, rules: NodeRules) -> Where:
    """The first address that may be used. Raises OwnFault (502)."""
    if not 0 < node.port < 65536:
        raise _refused("a port of the kubelet in the node's status; got none")
    usable = (
        address
        for wanted in rules.types
        for kind, address in node.addresses
        if kind == wanted and _usable(wanted, address, rules)
    )
    host = next(usable, None)
    if host is None:
        types = ", ".join(rules.types)
        raise _refused(f"an address of type {types} in the node's status that a kubelet may have; got none")
    return Where(host, node.port, name if rules.server_name is ServerName.NODE_NAME else host)


def _usable(kind: AddressType, address: str, rules: NodeRules) -> bool:
    if not kind.is_ip:
        return _is_host_name(address)
    ip = ip_of(address)
    return ip is not None and rules.allows(ip)


def ip_of(text: str) -> Ip | None:
    """The address that a text is, plainly: no zone, no port, no other spelling."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_host_name(text: str) -> bool:
    """A plain name. Where it leads to is looked at when it is resolved."""
    last = text.lower().rpartition(".")[2]
    return _HOST.fullmatch(text) is not None and not _NUMBER.fullmatch(last) and last != "localhost"


def _refused(expected: str) -> OwnFault:
    return OwnFault("node-address-refused", f"expected {expected}: see kubelet.nodes", status=502)
