"""Bytes as one plain YAML document: nodes with their places. No aliases, anchors, tags or second document.

They stand for more than is written, and a configuration of grants should be what it looks like. PyYAML's own loader in
Python is used, not libyaml, so that every installation says the same of a file. Source: YAML 1.1 as PyYAML reads it.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.reader import ReaderError

from kubesieve.gateway.configuration.problems import Problem, Problems

MOST_BYTES = 1 << 20
MOST_NODES = 50_000
DEEPEST = 24

REFUSED = "tag:kubesieve.io,2026:refused"
"""The tag of a node that a problem was told of already."""

_TOLD = (
    ("mapping values are not allowed", "a ':' where no key can be"),
    ("could not find expected ':'", "a key without its ':'"),
    ("found unexpected end of stream", "a quote that is not closed"),
    ("expected <block end>", "a line indented otherwise than those before"),
    ("expected ',' or", "a bracket that is not closed, or no comma"),
    ("but found another document", "a second document"),
    ("found unknown escape character", "an escape that YAML does not have"),
)
"""PyYAML's words to ours: its own can quote the file, and so a secret."""


def compose(content: bytes, problems: Problems) -> yaml.Node:
    """The root of the only document. Raises ConfigurationFault where there is none; other problems are added."""
    text = _text(content, problems)
    try:
        composer = _Composer(text, problems)
    except ReaderError as error:
        expected = "characters that can be printed"
        problems.stop(_at_end(text[: error.position], expected, "a control character"))
    return composer.only_document()


class _Composer(yaml.SafeLoader):
    def __init__(self, text: str, problems: Problems) -> None:
        super().__init__(text)
        self._text, self._problems = text, problems
        self._depth = self._nodes = 0

    def only_document(self) -> yaml.Node:
        try:
            root: yaml.Node | None = self.get_single_node()
        except yaml.MarkedYAMLError as error:
            self._problems.stop(self._malformed(error))
        except (yaml.YAMLError, ValueError, OverflowError):  # a number in an escape or a directive
            self._problems.stop(
                _at(self.get_mark(), "one document of YAML", "an escape or a directive that it does not have")
            )
        if root is None:
            self._problems.stop(Problem(1, 1, "", "a configuration", "nothing"))
        return root

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        self._bound(event.start_mark)
        if self.check_event(yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._tell(event.start_mark, "an alias (text that begins with * needs quotes)")
            return yaml.ScalarNode(REFUSED, "", event.start_mark, event.end_mark)
        self._plain(event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _plain(self, event: Any) -> None:
        """Takes anchors and tags off, and tells of them."""
        if event.anchor is not None:
            self._tell(event.start_mark, "an anchor (text that begins with & needs quotes)")
            event.anchor = None
        if event.tag not in (None, "!"):
            self._tell(event.start_mark, "a tag (text that begins with ! needs quotes)")
            event.tag = REFUSED

    def _bound(self, mark: Any) -> None:
        self._nodes += 1
        if self._depth >= DEEPEST:
            self._problems.stop(_at(mark, f"at most {DEEPEST} levels", "more"))
        if self._nodes > MOST_NODES:
            self._problems.stop(_at(mark, f"at most {MOST_NODES} keys and values", "more"))

    def _malformed(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark or self.get_mark()
        said = f"{error.context or ''} {error.problem or ''}"
        got = next((words for theirs, words in _TOLD if theirs in said), "something else")
        if self._text[mark.index : mark.index + 1] == "\t":
            got = "a tab (indent by spaces)"
        return _at(mark, "one document of YAML", got)

    def _tell(self, mark: Any, got: str) -> None:
        self._problems.add(_at(mark, "values written out", got))


def _text(content: bytes, problems: Problems) -> str:
    if len(content) > MOST_BYTES:
        problems.stop(Problem(1, 1, "", f"at most {MOST_BYTES} bytes", "more"))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        problems.stop(_at_end(content[: error.start].decode(), "UTF-8", "other bytes"))


def _at(mark: Any, expected: str, got: str) -> Problem:
    return Problem(mark.line + 1, mark.column + 1, "", expected, got)


def _at_end(before: str, expected: str, got: str) -> Problem:
    """Just behind a text."""
    return Problem(before.count("\n") + 1, len(before) - before.rfind("\n"), "", expected, got)
