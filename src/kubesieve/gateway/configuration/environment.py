"""``$(NAME)`` in texts, as Kubernetes expands it in a container's arguments; but a name that is not set is a problem.

Texts are expanded after the file was read, so that no value can make a key, a list or another document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address

from kubesieve.tenancy.node_addresses import ip_of

_REFERENCE = re.compile(r"(//)?\$(?:(\$)|\(([^()]*)(\)?))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class NotExpanded(Exception):
    """What was expected, and what came; no value."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected, self.got = expected, got


def expand(text: str, environment: Mapping[str, str]) -> str:
    """``$$`` is one ``$``, so ``$$(NAME)`` is the text ``$(NAME)``. Raises NotExpanded.

    Behind ``//``, where a URL has its host, an IPv6 address is put in brackets: ``https://$(NODE_IP):10250``.
    """
    return _REFERENCE.sub(lambda match: _value(match, environment), text)


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    before, dollar, name, closed = match[1] or "", match[2], match[3], match[4]
    if dollar:
        return f"{before}$"
    if not closed or not _NAME.fullmatch(name):
        raise NotExpanded("$(NAME), or $$( for the characters themselves", "$( without a name and its )")
    if name not in environment:
        raise NotExpanded(f"{name[:80]} to be set in the environment", "no such variable")
    value = environment[name]
    return f"{before}[{value}]" if before and isinstance(ip_of(value), IPv6Address) else f"{before}{value}"
