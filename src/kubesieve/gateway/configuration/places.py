"""A node of the file with its path: what is read from it, and what is told where it is not what it should be.

A reader that tells a problem gives something to go on with; nothing of it is used, as the problem stops the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from kubesieve.gateway.configuration.document import REFUSED
from kubesieve.gateway.configuration.environment import NotExpanded, expand
from kubesieve.gateway.configuration.problems import Problem, Problems, shown

_TAG = "tag:yaml.org,2002:"
_TEXT = _TAG + "str"
_KINDS = {
    "null": "nothing",
    "bool": "true or false (a text needs quotes)",
    "int": "a number (a text needs quotes)",
    "float": "a number (a text needs quotes)",
    "timestamp": "a date (a text needs quotes)",
    "str": "text",
}
_FLAGS = {"true": True, "false": False}
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What all places of a file share."""

    environment: Mapping[str, str]
    problems: Problems


@dataclass(frozen=True, slots=True)
class Place:
    """``path`` is "" for the whole file."""

    node: yaml.Node
    path: str
    reading: Reading

    def wrong(self, expected: str, got: str) -> None:
        """Tells a problem here, unless one was told already."""
        if self.node.tag != REFUSED:
            self.tell(self.path, expected, got)

    def tell(self, path: str, expected: str, got: str) -> None:
        """Tells a problem of another path at the line of this one: of something that is absent."""
        mark = self.node.start_mark
        self.reading.problems.add(Problem(mark.line + 1, mark.column + 1, path, expected, got))

    def not_a(self, expected: str) -> None:
        self.wrong(expected, self.kind)

    @property
    def kind(self) -> str:
        """What stands here, without its value."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return _KINDS.get(self.node.tag.removeprefix(_TAG), "something else")

    @property
    def written(self) -> str | None:
        """The text as it stands in the file; None where it is none."""
        is_text = isinstance(self.node, yaml.ScalarNode) and self.node.tag == _TEXT
        return str(self.node.value) if is_text else None

    @property
    def shown(self) -> str:
        """For a sentence. A value that came from the environment does not stand in it: it may be a secret."""
        return shown(self.written or "")

    def items(self) -> list[Place]:
        """Of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.not_a("a list")
            return []
        return [Place(item, f"{self.path}[{index}]", self.reading) for index, item in enumerate(self.node.value)]

    def text(self, expected: str = "text", *, empty: bool = False) -> str:
        """A text, expanded; "" where it is none, which no text is otherwise unless ``empty``."""
        written = self.written
        if written is None:
            self.not_a(expected)
            return ""
        try:
            text = expand(written, self.reading.environment)
        except NotExpanded as why:
            self.wrong(why.expected, why.got)
            return ""
        if text == "" and not empty:
            self.wrong(expected, "an empty text")
        return self._printable(text, expected)

    def _printable(self, text: str, expected: str) -> str:
        if text.isprintable():
            return text
        self.wrong(expected, "a text with characters in it that cannot be printed")
        return ""

    def flag(self) -> bool:
        if self.node.tag != _TAG + "bool":
            self.not_a("true or false")
        elif self.node.value.lower() not in _FLAGS:
            self.wrong("true or false", shown(self.node.value))
        return self.node.tag == _TAG + "bool" and _FLAGS.get(self.node.value.lower(), False)

    def whole(self, least: int, most: int) -> int:
        """A number without a fraction, in decimal digits."""
        expected = f"a whole number from {least} to {most}"
        if self.node.tag != _TAG + "int":
            self.not_a(expected)
        elif not _NUMBER.fullmatch(self.node.value) or not least <= int(self.node.value) <= most:
            self.wrong(expected, shown(self.node.value))
        else:
            return int(self.node.value)
        return least

    @property
    def decimal(self) -> str | None:
        """A number as it is written; None where it is none."""
        return str(self.node.value) if self.node.tag in (_TAG + "int", _TAG + "float") else None
