"""Whether a certificate names the host that was dialled.

Source: RFC 9525, section 6: an address matches only an IP SAN, a name only a DNS SAN, a wildcard covers one left-most
label, the common name never counts. A name's final dot is no part of it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def covers(names: Iterable[str], dialled: str) -> bool:
    """Whether one of the SANs ("DNS:…", "IP:…") names the host as it was dialled."""
    address = _address(dialled)
    if address is not None:
        return any(address == _address(name.partition(":")[2]) for name in names if name.startswith("IP:"))
    host = dialled.rstrip(".").lower()
    return bool(host) and any(
        _matches(name.partition(":")[2].rstrip(".").lower(), host) for name in names if name.startswith("DNS:")
    )


def _matches(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == pattern[2:]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
