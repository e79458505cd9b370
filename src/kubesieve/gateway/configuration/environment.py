"""``$(NAME)`` in texts, as Kubernetes expands it in a container's arguments; but a name that is not set is a problem.

Texts are expanded after the file was read, so that no value can make a key, a list or another document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^()]*)(\)?))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class NotExpanded(Exception):
    """What was expected, and what came; no value."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected, self.got = expected, got


def expand(text: str, environment: Mapping[str, str]) -> str:
    """``$$`` is one ``$``, so ``$$(NAME)`` is the text ``$(NAME)``. Raises NotExpanded."""
    return _REFERENCE.sub(lambda match: _value(match, environment), text)


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match[1]:
        return "$"
    if not match[3] or not _NAME.fullmatch(match[2]):
        raise NotExpanded("$(NAME), or $$( for the characters themselves", "$( without a name and its )")
    if match[2] not in environment:
        raise NotExpanded(f"{match[2][:80]} to be set in the environment", "no such variable")
    return environment[match[2]]
