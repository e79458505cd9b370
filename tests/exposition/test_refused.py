"""What is not the text format: reason, place, expected, got; never a value."""

from __future__ import annotations

import pytest

from kubesieve.exposition import read
from kubesieve.faults import BodyFault

REFUSED = {
    "JSON": (b'{"kind":"PodList"}', "text-malformed", 1, 8, "a comma or a closing brace", "a colon"),
    "HTML": (b"<html>", "text-malformed", 1, 1, "a metric name, a comment or a blank line", "punctuation"),
    "a 404 page": (
        b"404 page not found\n",
        "text-malformed",
        1,
        1,
        "a metric name, a comment or a blank line",
        "a digit",
    ),
    "a word": (b"Unauthorized", "text-malformed", 1, 13, "a value", "the end of the line"),
    "a refusal in words": (
        b"Forbidden (user=x)\n",
        "text-malformed",
        1,
        11,
        "a value (a decimal number, NaN or Inf)",
        "another word",
    ),
    "a name alone": (b"up 1\na\n", "text-malformed", 2, 2, "a value", "the end of the line"),
    "labels without a value": (b'a{b="c"}\n', "text-malformed", 1, 9, "a value", "the end of the line"),
    "a label without quotes": (b"a{b=c} 1\n", "text-malformed", 1, 5, "a quoted label value", "a letter"),
    "a label without a value": (b"a{b} 1\n", "text-malformed", 1, 4, "an equals sign after a label name", "a brace"),
    "a label that starts with a digit": (
        b'a{9="c"} 1\n',
        "text-malformed",
        1,
        3,
        "a label name or a closing brace",
        "a digit",
    ),
    "a colon in a label": (b'a{b:c="d"} 1\n', "text-malformed", 1, 4, "an equals sign after a label name", "a colon"),
    "a comma alone": (b"a{,} 1\n", "text-malformed", 1, 3, "a label name or a closing brace", "a comma"),
    "no comma": (b'a{b="c" d="e"} 1\n', "text-malformed", 1, 9, "a comma or a closing brace", "a letter"),
    "an open brace": (b'a{b="c"\n', "text-malformed", 1, 8, "a comma or a closing brace", "the end of the line"),
    "an open quote": (b'a{b="c} 1\n', "text-malformed", 1, 10, "a closing quote", "the end of the line"),
    "a cut value": (b'up 1\na{b="c', "text-malformed", 2, 7, "a closing quote", "the end of the line"),
    "an escape there is not": (
        b'a{b="c\\x2d"} 1\n',
        "text-malformed",
        1,
        8,
        "a backslash, a quote or the letter n after a backslash",
        "a letter",
    ),
    "braces without a name": (
        b'{b="c"} 1\n',
        "text-malformed",
        1,
        7,
        "a quoted metric name inside the braces",
        "a brace",
    ),
    "two quoted names": (b'{"a","b"} 1\n', "text-malformed", 1, 9, "an equals sign after a label name", "a brace"),
    "a quoted name behind a bare one": (
        b'a{"b"} 1\n',
        "text-malformed",
        1,
        6,
        "an equals sign after a label name",
        "a brace",
    ),
    "an empty quoted name": (
        b'{""} 1\n',
        "text-malformed",
        1,
        2,
        "a name of at least one character",
        "an empty quoted name",
    ),
    "an empty quoted label": (
        b'a{""="x"} 1\n',
        "text-malformed",
        1,
        3,
        "a name of at least one character",
        "an empty quoted name",
    ),
    "the reserved label": (
        b'a{__name__="b"} 1\n',
        "text-malformed",
        1,
        3,
        "a label name other than the reserved one",
        "the reserved label name",
    ),
    "a hexadecimal number": (
        b"a 0x10\n",
        "text-malformed",
        1,
        3,
        "a value (a decimal number, NaN or Inf)",
        "another word",
    ),
    "underscores": (b"a 1_000\n", "text-malformed", 1, 3, "a value (a decimal number, NaN or Inf)", "another word"),
    "overflow": (b"a 1e999\n", "text-malformed", 1, 3, "a value (a decimal number, NaN or Inf)", "another word"),
    "a signed NaN": (b"a +NaN\n", "text-malformed", 1, 3, "a value (a decimal number, NaN or Inf)", "another word"),
    "digits beyond ASCII": (
        "a ١\n".encode(),
        "text-malformed",
        1,
        3,
        "a value (a decimal number, NaN or Inf)",
        "another word",
    ),
    "seconds as a timestamp": (
        b"a 1 1764000000.123\n",
        "text-malformed",
        1,
        5,
        "a timestamp (whole milliseconds, 64 bits) or the end of the line",
        "another word",
    ),
    "a timestamp beyond 64 bits": (
        b"a 1 9223372036854775808\n",
        "text-malformed",
        1,
        5,
        "a timestamp (whole milliseconds, 64 bits) or the end of the line",
        "another word",
    ),
    "more behind the timestamp": (b"a 1 2 3\n", "text-malformed", 1, 7, "the end of the line", "a digit"),
    "an exemplar without braces": (b"a 1 # x\n", "text-malformed", 1, 7, "an opening brace", "a letter"),
    "a type there is not": (
        b"# TYPE a info\n",
        "text-malformed",
        1,
        10,
        "counter, gauge, histogram, summary or untyped",
        "another word",
    ),
    "a TYPE line without a type": (
        b"# TYPE a\n",
        "text-malformed",
        1,
        9,
        "counter, gauge, histogram, summary or untyped",
        "the end of the line",
    ),
    "metadata of no name": (b"# HELP 9 x\n", "text-malformed", 1, 8, "a metric name", "a digit"),
    "metadata of half a name": (
        b"# HELP a-b x\n",
        "text-malformed",
        1,
        9,
        "a blank after the metric name",
        "punctuation",
    ),
    "an escape in a docstring": (
        b"# HELP a \\d\n",
        "text-malformed",
        1,
        11,
        "a backslash or the letter n after a backslash",
        "a letter",
    ),
    "a label twice": (b'a{b="c",b="c"} 1\n', "text-duplicate-label", 1, 9, "each label once", "a label given before"),
    "a label twice, once in quotes": (
        b'a{namespace="x","namespace"="y"} 1\n',
        "text-duplicate-label",
        1,
        17,
        "each label once",
        "a label given before",
    ),
    "a label twice in quotes and escapes": (
        b'a{"n\\\\"="x", "n\\\\"="y"} 1\n',
        "text-duplicate-label",
        1,
        14,
        "each label once",
        "a label given before",
    ),
    "a second TYPE": (
        b"# TYPE a gauge\n# TYPE a gauge\n",
        "text-second-type",
        2,
        1,
        "one TYPE line for each family",
        "a second TYPE line",
    ),
    "a second HELP": (
        b"# HELP a x\na 1\n# HELP a x\n",
        "text-second-help",
        3,
        1,
        "one HELP line for each family",
        "a second HELP line",
    ),
    "a second TYPE through a suffix": (
        b"# TYPE a histogram\n# TYPE a_count counter\n",
        "text-second-type",
        2,
        1,
        "one TYPE line for each family",
        "a second TYPE line",
    ),
    "TYPE behind a sample": (
        b"a 1\n# TYPE a gauge\n",
        "text-late-type",
        2,
        1,
        "a TYPE line before its samples",
        "a TYPE line after a sample",
    ),
    "invalid UTF-8": (b'up 1\na{b="\xff"} 1\n', "text-not-utf8", 2, 6, "UTF-8", "a byte that is not"),
    "a surrogate in UTF-8": (b'a{b="\xed\xa0\x80"} 1\n', "text-not-utf8", 1, 6, "UTF-8", "a byte that is not"),
    "a NUL": (b"# x\na 1\0\n", "text-nul", 2, 4, "text with line feeds only", "a NUL"),
    "a lone carriage return": (
        b'a{b="c\rd"} 1\n',
        "text-carriage-return",
        1,
        7,
        "text with line feeds only",
        "a carriage return",
    ),
    "lines that end in CRLF": (
        b"a 1\r\n",
        "text-carriage-return",
        1,
        4,
        "text with line feeds only",
        "a carriage return",
    ),
    "gzip": (b"\x1f\x8b\x08\0", "text-not-utf8", 1, 2, "UTF-8", "a byte that is not"),
    "UTF-16": ("a 1\n".encode("utf-16-le"), "text-nul", 1, 2, "text with line feeds only", "a NUL"),
    "a byte order mark": (
        b"\xef\xbb\xbfa 1\n",
        "text-malformed",
        1,
        1,
        "a metric name, a comment or a blank line",
        "a character beyond ASCII",
    ),
}


@pytest.mark.parametrize(("body", "reason", "line", "column", "expected", "got"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused_with_its_place(body: bytes, reason: str, line: int, column: int, expected: str, got: str) -> None:
    with pytest.raises(BodyFault) as caught:
        read(body)
    fault = caught.value
    assert fault.position is not None
    place = (fault.position.line, fault.position.column)
    assert (fault.reason, place, fault.expected, fault.got) == (reason, (line, column), expected, got)
    assert fault.status == 502


def test_an_error_never_shows_a_value() -> None:
    with pytest.raises(BodyFault) as caught:
        read(b'a{namespace="very-secret",pod="very-secret"} very-secret\n')
    assert "very-secret" not in str(caught.value)


def test_a_line_beyond_the_bound_is_refused_and_one_at_the_bound_is_not() -> None:
    read(b'a{b="%s"} 1\n' % (b"x" * 90), max_line=99)
    with pytest.raises(BodyFault, match="lines of at most 98 bytes"):
        read(b'a{b="%s"} 1\n' % (b"x" * 90), max_line=98)


DIGITS = b"1" * 100_000
LONG_WORDS = {
    "a value": b"a %sx\n",
    "a fraction": b"a 1.%sx\n",
    "an exponent": b"a 1e%sx\n",
    "an exemplar's value": b"a 1 # {} %sx\n",
    "an exemplar's time stamp": b"a 1 # {} 1 %sx\n",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("line", LONG_WORDS.values(), ids=LONG_WORDS.keys())
def test_a_long_word_that_is_no_number_is_refused_in_time_linear_in_it(line: bytes) -> None:
    """Two runs of digits side by side in a pattern took minutes for one line, with Python's lock held."""
    with pytest.raises(BodyFault):
        read(line % DIGITS)
