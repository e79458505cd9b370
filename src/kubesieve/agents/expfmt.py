"""How the agents' parsers say that a body is no exposition.

Prometheus' Go parser (expfmt) reads all or nothing and calls the fault a "text format parsing error"; the Python client
raises a ValueError of Python's own. Both quote what they met; the quotation is left out here.
"""

from __future__ import annotations

import re

from kubesieve.faults import BodyFault

END_OF_INPUT = "unexpected end of input stream"

_BY_REASON = {
    "text-second-type": "second TYPE line for metric name {name}, or TYPE reported after samples",
    "text-late-type": "second TYPE line for metric name {name}, or TYPE reported after samples",
    "text-second-help": "second HELP line for metric name {name}",
    "text-duplicate-label": "duplicate label names for metric",
}
_BY_EXPECTED = (
    ("a metric name, a comment", "invalid metric name"),
    ("a quoted metric name", "invalid metric name"),
    ("a metric name", "invalid metric name in comment"),
    ("a value", "expected float as value"),
    ("a timestamp", "expected integer as timestamp"),
    ("the end of the line", "spurious string after timestamp"),
    ("a label name", "invalid label name"),
    ("an equals sign", "expected '=' after label name"),
    ("a quoted label value", "expected '\"' at start of label value"),
    ("a comma or a closing brace", "unexpected end of label value"),
    ("a backslash", "invalid escape sequence"),
    ("a closing quote", "label value contains unescaped new-line"),
    ("counter, gauge", "unknown metric type"),
)
_NAME = re.compile(rb"[ \t]*#[ \t]*(?:HELP|TYPE)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)")
_FIRST_BYTE = "invalid metric name"


def strict_error(body: bytes, fault: BodyFault | None) -> str | None:
    """What expfmt says of a body: None where it takes it. ``fault`` is what the exact reader found, if anything.

    The exact reader takes a last line without a line feed; expfmt never does.
    """
    if fault is None:
        return None if body.endswith(b"\n") or not body else _error(body.count(b"\n") + 1, END_OF_INPUT)
    number = fault.position.line if fault.position else 1
    line = _line(body, number)
    words = _wording(fault, line)
    if words != _FIRST_BYTE and _runs_into_the_end(body, fault):
        return _error(number, END_OF_INPUT)
    return _error(number, words.format(name=_family(line)))


def lenient_error(body: bytes, fault: BodyFault) -> str:
    """What Python says: an index() that finds nothing, or a float() of what is none."""
    line = _line(body, fault.position.line if fault.position else 1)
    unclosed = b"}" not in line if b"{" in line else b" " not in line.strip()
    return "substring not found" if unclosed else "could not convert string to float"


def _error(line: int, message: str) -> str:
    return f"text format parsing error in line {line}: {message}"


def _wording(fault: BodyFault, line: bytes) -> str:
    """A brace begins no line for the parsers of these agents, though newer formats allow it: JSON ends here."""
    if line.lstrip(b" \t").startswith(b"{"):
        return _FIRST_BYTE
    by_expected = (words for start, words in _BY_EXPECTED if fault.expected.startswith(start))
    return _BY_REASON.get(fault.reason) or next(by_expected, "not the text format")


def _runs_into_the_end(body: bytes, fault: BodyFault) -> bool:
    """Whether the token at fault has no end: expfmt meets the end of the body before it can judge the token."""
    position = fault.position
    if position is None or body.endswith(b"\n") or position.line <= body.count(b"\n"):
        return False
    rest = _line(body, position.line)[position.column - 1 :]
    return not re.search(rb"[ \t]", rest)


def _line(body: bytes, number: int) -> bytes:
    return body.split(b"\n", number)[number - 1]


def _family(line: bytes) -> str:
    match = _NAME.match(line)
    return f'"{match.group(1).decode()}"' if match else "of this line"
