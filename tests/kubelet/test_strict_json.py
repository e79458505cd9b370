"""JSON read strictly: what two readers could take differently is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.faults import BodyFault
from kubesieve.kubelet.strict_json import MAX_DEPTH, parse

REFUSED = {
    "nothing": (b"", "json-empty"),
    "blanks": (b" \n", "json-empty"),
    "HTML": (b"<html>", "json-malformed"),
    "cut": (b'{"items":[{"metadata"', "json-malformed"),
    "two values": (b"{}{}", "json-malformed"),
    "a trailing comma": (b'{"a":1,}', "json-malformed"),
    "NaN": (b'{"a":NaN}', "json-malformed"),
    "infinity": (b'{"a":-Infinity}', "json-malformed"),
    "a raw line feed in a string": (b'{"a":"\n"}', "json-malformed"),
    "an escape there is not": (b'{"a":"\\x41"}', "json-malformed"),
    "single quotes": (b"{'a':1}", "json-malformed"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "json-malformed"),
    "UTF-16": ('{"a":1}'.encode("utf-16-le"), "json-malformed"),
    "invalid UTF-8": (b'{"a":"\xff"}', "json-not-utf8"),
    "half a surrogate pair": (b'{"a":"\\ud83d"}', "json-not-utf8"),
    "the other half": (b'{"a":"\\uDE00"}', "json-not-utf8"),
    "two first halves": (b'{"a":"\\ud83d\\ud83d\\ude00"}', "json-not-utf8"),
    "half a pair in a name": (b'{"\\udfff":1}', "json-not-utf8"),
    "half a pair behind an escaped backslash": (b'{"a":"\\\\\\ud800"}', "json-not-utf8"),
    "halves with an escaped backslash between them": (b'{"a":"\\ud83d\\\\\\ude00"}', "json-not-utf8"),
    "a number of too many digits": (b"[" + b"9" * 5000 + b"]", "json-malformed"),
    "a name twice": (b'{"a":1,"a":2}', "json-duplicate-name"),
    "a name twice, once escaped": (b'{"namespace":1,"name\\u0073pace":2}', "json-duplicate-name"),
    "a name twice, deep inside": (b'[{"a":{"b":[{"c":1,"c":1}]}}]', "json-duplicate-name"),
    "too deep": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "json-too-deep"),
    "very deep": (b"[" * 1_000_000, "json-too-deep"),
    "very deep objects": (b'{"a":' * 100_000, "json-too-deep"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(BodyFault) as caught:
        parse(body)
    assert caught.value.reason == reason


def test_whole_pairs_and_escaped_backslashes_are_taken() -> None:
    assert parse(b'{"a":"\\ud83d\\ude00 \\\\ud800"}') == {"a": "\U0001f600 \\ud800"}


def test_brackets_inside_strings_are_no_depth() -> None:
    body = b'{"a":"' + b'[{\\"' * 500 + b'"}'
    assert parse(body) == {"a": '[{"' * 500}
    parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_an_error_says_where_and_shows_no_value() -> None:
    with pytest.raises(BodyFault, match=r"line 2, column 13: expected JSON") as caught:
        parse('{"a":\n "very-sé" oops}'.encode())
    assert "very" not in str(caught.value)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(_values, st.booleans(), st.sampled_from([None, 2]))
def test_what_json_can_say_is_read_as_it_was_written(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    halves = any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False))
    body = text.encode("utf-8", "surrogatepass")
    if halves:
        with pytest.raises(BodyFault):
            parse(body)
    else:
        assert parse(body) == value
