"""The kubelets of many nodes: which nodes, and which of their addresses are used."""

from __future__ import annotations

import ipaddress

from kubesieve.gateway.configuration import scalars
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.section import section
from kubesieve.gateway.configuration.selectors import selector
from kubesieve.tenancy.node_addresses import AddressType, Network, NodeRules, ServerName

A_RANGE = "a range of addresses as 10.0.0.0/8 or fd00::/8, its host bits 0"
NOWHERE = ipaddress.IPv4Network("0.0.0.0/32")


def nodes(place: Place) -> NodeRules:
    part = section(place, "selector", "addressTypes", "addressRanges", "serverName")
    default = NodeRules()
    return NodeRules(
        selector=part.optional("selector", lambda value: selector(value, "nodes"), None),
        types=part.optional("addressTypes", _types, default.types),
        ranges=part.optional("addressRanges", _ranges, ()),
        server_name=part.optional("serverName", lambda value: scalars.choice(value, ServerName), default.server_name),
    )


def _types(place: Place) -> tuple[AddressType, ...]:
    items = place.items()
    if not items:
        place.wrong("at least one type of address", "an empty list")
    found = tuple(scalars.choice(item, AddressType) for item in items)
    for index, item in enumerate(items):
        if found[index] in found[:index] and not place.reading.problems.within(item.path):
            item.wrong("each type once", "it a second time")
    return found


def _ranges(place: Place) -> tuple[Network, ...]:
    """An empty list is none at all, not "anywhere"."""
    items = place.items()
    if not items:
        place.wrong("at least one range of addresses", "an empty list")
    return tuple(_range(item) for item in items)


def _range(place: Place) -> Network:
    text = place.text(A_RANGE)
    try:
        if "/" in text and "%" not in text:
            return ipaddress.ip_network(text)
    except ValueError:
        pass
    if text:
        place.wrong(A_RANGE, place.shown)
    return NOWHERE
