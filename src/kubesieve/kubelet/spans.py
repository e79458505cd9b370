"""Where the values of an accepted JSON text lie in its bytes: for whoever replaces some and keeps all others.

The grammar was checked by ``strict_json.parse``; what is left is to walk from one member to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from kubesieve.faults import BodyFault
from kubesieve.kubelet.strict_json import fields, items

_TO_VALUE = re.compile(rb'[ \t\r\n]*[,{]?[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_TO_NAME = re.compile(rb"[ \t\r\n]*[,{]?[ \t\r\n]*")
_TO_ITEM = re.compile(rb"[ \t\r\n]*[,\[]?[ \t\r\n]*")


class Span(NamedTuple):
    """``raw[start:end]`` is a value; ``name`` is where its member's name begins (an item's own start in an array)."""

    name: int
    start: int
    end: int


class Edit(NamedTuple):
    """``raw[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: bytes


def member_spans(raw: bytes, within: Span | None = None) -> dict[str, Span]:
    """The members of the object that ``raw`` is, or that lies ``within`` it; the spans count from raw's start."""
    found, at, part = {}, *_part(raw, within)
    for name, value in fields(part).items():
        begin, to_value = _TO_NAME.match(raw, at), _TO_VALUE.match(raw, at)
        if begin is None or to_value is None:
            raise _lost()
        found[name] = _span(raw, begin.end(), to_value.end(), value)
        at = found[name].end
    return found


def item_spans(raw: bytes, within: Span) -> list[Span]:
    """The items of the array that lies ``within`` raw."""
    found, at, part = [], *_part(raw, within)
    for item in items(msgspec.Raw(part)):
        to_item = _TO_ITEM.match(raw, at)
        if to_item is None:
            raise _lost()
        found.append(_span(raw, to_item.end(), to_item.end(), item))
        at = found[-1].end
    return found


def edited(raw: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with the edits made, in whatever order they come; they must not overlap."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [raw[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, raw[at:]])


def _part(raw: bytes, within: Span | None) -> tuple[int, bytes]:
    return (0, raw) if within is None else (within.start, raw[within.start : within.end])


def _span(raw: bytes, name: int, start: int, value: msgspec.Raw) -> Span:
    text = bytes(value)
    if not raw.startswith(text, start):
        raise _lost()
    return Span(name, start, start + len(text))


def _lost() -> BodyFault:
    return BodyFault("json-malformed", expected="JSON", got="something else")
