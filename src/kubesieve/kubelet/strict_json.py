"""JSON read strictly: what two readers could understand differently is refused.

Source: RFC 8259, and its advice on duplicate names. The standard library checks the grammar; this adds UTF-8 only, no
duplicate names, no NaN, a bound on depth. msgspec then gives the very bytes of the values that are kept.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from kubesieve.faults import BodyFault, Position

T = TypeVar("T")

MAX_DEPTH = 64

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_STRUCTURE = b'[]{}"'
_NO_STRUCTURE = bytes(byte for byte in range(256) if byte not in _STRUCTURE)

_KINDS = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


class _Refused(Exception):
    """Raised inside the standard library's reader, to become a BodyFault."""

    def __init__(self, reason: str, expected: str, got: str) -> None:
        self.fault = BodyFault(reason, expected=expected, got=got)


def parse(body: bytes) -> Any:
    """The value of a whole JSON text. Raises BodyFault: not UTF-8, not JSON, too deep, a name twice in one object."""
    if not body.strip(b" \t\r\n"):
        raise BodyFault("json-empty", expected="a JSON object", got="an empty body")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyFault("json-not-utf8", expected="UTF-8", got="a byte that is not") from None
    _check_depth(body)
    _check_surrogates(body)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except _Refused as refused:
        raise refused.fault from None
    except json.JSONDecodeError as error:
        raise _malformed(error) from None
    except (ValueError, RecursionError):
        raise BodyFault("json-malformed", expected="JSON", got="a number or a nesting beyond all bounds") from None


def fields(raw: bytes) -> dict[str, msgspec.Raw]:
    """The members of an object that ``parse`` has accepted, each as the very bytes of its value."""
    return _raw(_FIELDS, raw)


def items(raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The items of an array that ``parse`` has accepted, each as its very bytes."""
    return _raw(_ITEMS, raw)


def _raw(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(raw)
    except msgspec.MsgspecError:
        raise BodyFault("json-malformed", expected="JSON", got="something else") from None


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def member(value: Any, name: str, kind: type, where: str) -> Any:
    """``value[name]``, which must be of that kind. Raises BodyFault, also where a reader that ignores case (Go's)
    could take another member for it.
    """
    if not isinstance(value, dict):
        wrong_type(where, "an object", value)
    if any(other != name and other.casefold() == name.casefold() for other in value):
        raise BodyFault("json-ambiguous-name", expected=f"one member {name} in {where}", got="another in other case")
    if name not in value:
        raise BodyFault("json-missing", expected=f"a member {name} in {where}", got="none")
    found = value[name]
    if not isinstance(found, kind):
        wrong_type(f"{where}.{name}", _KINDS.get(kind, "another kind"), found)
    return found


def wrong_type(where: str, expected: str, value: object) -> NoReturn:
    raise BodyFault("json-wrong-type", expected=f"{expected} at {where}", got=_KINDS.get(type(value), "a number"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("json-duplicate-name", "each name once in an object", "a name given twice")
    return found


def _constant(_: str) -> NoReturn:
    raise _Refused("json-malformed", "a JSON number", "NaN or Infinity")


def _malformed(error: json.JSONDecodeError) -> BodyFault:
    position = Position(error.lineno, len(error.doc[: error.pos].rpartition("\n")[2].encode()) + 1)
    got = "the end of the body" if error.pos >= len(error.doc.rstrip()) else "something else"
    return BodyFault("json-malformed", expected="JSON", got=got, position=position)


def _check_surrogates(body: bytes) -> None:
    """Refuses an escaped half of a surrogate pair without its other half right behind it: readers differ on that."""
    if b"\\u" in body and _HALF.search(_PAIR.sub(b"", body.replace(b"\\\\", b"//"))):
        raise BodyFault("json-not-utf8", expected="escapes of whole characters", got="half a surrogate pair")


def _check_depth(body: bytes) -> None:
    """Counts open brackets outside strings, in time linear in the body."""
    if b"\\" in body:
        body = _ESCAPE.sub(b"", body)
    depth = 0
    for bracket in _STRING.sub(b"", body.translate(None, _NO_STRUCTURE)):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BodyFault("json-too-deep", expected=f"at most {MAX_DEPTH} levels", got="more")
        elif bracket in b"]}":
            depth -= 1
