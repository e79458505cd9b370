"""What is the text format, and what is read from it."""

from __future__ import annotations

import pytest

from kubesieve.exposition import SampleLine, lines, read

TAKEN = {
    "a bare name": b"up 1\n",
    "no final newline": b"up 1",
    "an empty body": b"",
    "blank lines and free comments": b"\n \t\n# hello\n#\n## HELP x\n# HELP\n# EOF\n",
    "labels": b'a{b="c",d="e"} 1\n',
    "empty braces": b"a{} 1\n",
    "a trailing comma": b'a{b="c",} 1\n',
    "blanks and tabs wherever they may be": b' \ta \t{ b\t= "c" ,\td ="e" } \t1 \t5 \t\n',
    "nothing between brace and value": b'a{b="c"}1\n',
    "escapes": b'a{b="\\\\ \\" \\n"} 1\n',
    "braces, commas, hashes and quotes inside a value": b'a{b="{x=\\"y\\",#}"} 1\n',
    "an empty value": b'a{b=""} 1\n',
    "names with colons": b"a:b:c 1\n:x 1\n",
    "a quoted name": b'{"my.metric"} 1\n',
    "a quoted name with labels": b'{"my.metric","name space"="x",b="c"} 1\n',
    "a quoted name behind its labels": b'{b="c","my.metric"} 1\n',
    "a quoted label with a bare name": b'a{"b c"="d"} 1\n',
    "NaN and infinities in any case": b"a NaN\nb nan\nc Inf\nd +Inf\ne -inf\nf +infinity\n",
    "decimal numbers": b"a 1\nb -1\nc +1.\nd .5\ne 1e3\nf 1E-3\ng 1e-999\n",
    "timestamps, also negative and huge": b"a 1 1764000000000\nb 1 -62135596800000\nc 1 9223372036854775807\n",
    "an exemplar": b'a_bucket{le="1"} 2 # {trace_id="x"} 0.5 1764000000.123\n',
    "an exemplar behind a timestamp": b"a 2 17 # {} 0.5\n",
    "metadata": b"# HELP a Text \\\\ and \\n.\n# TYPE a counter\n# UNIT a seconds\na 1\n",
    "a HELP line without a docstring": b"# HELP a\n# HELP b \na 1\n",
    "quoted names in metadata": b'# HELP "a.b" x\n# TYPE "a.b" gauge\n{"a.b"} 1\n',
    "tabs in metadata": b"#\tTYPE\ta\tgauge\t\na 1\n",
    "HELP behind its samples": b"a 1\n# HELP a x\n",
    "a UNIT line that is only text": b"# UNIT 9 tests follow\n",
    "letters beyond ASCII in values and docstrings": 'a{b="é\u2028\U0001f600"} 1\n# HELP a ü\n'.encode(),
    "other control characters in values": b'a{b="\x01\x1b\x0b\x7f"} 1\n',
    "a family opened twice": b"a 1\nb 1\na 2\n",
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
def test_is_the_text_format(body: bytes) -> None:
    read(body)


def _samples(body: bytes) -> list[SampleLine]:
    return [line for line in lines(body) if isinstance(line, SampleLine)]


def test_labels_are_decoded_and_a_quoted_name_is_the_same_label() -> None:
    [line] = _samples(b'{"na\\"me","namespace"="x\\ny", id="a\\\\x2db"} 0x 1\n'.replace(b"0x ", b"5 "))
    assert line.sample.name == b'na"me'
    assert line.sample.labels == {b"namespace": b"x\ny", b"id": b"a\\x2db"}
    assert (line.sample.value, line.sample.timestamp) == (b"5", 1)


FAMILIES = {
    "a histogram's suffixes are its own": (b"# TYPE h histogram\nh_bucket 1\nh_sum 1\nh_count 1\n", [b"h"] * 3),
    "a summary's too, but not _bucket": (b"# TYPE s summary\ns 1\ns_sum 1\ns_bucket 1\n", [b"s", b"s", b"s_bucket"]),
    "a counter has no suffixes": (b"# TYPE c counter\nc_sum 1\n", [b"c_sum"]),
    "an exact name goes before a suffix": (b"# TYPE h_sum gauge\n# TYPE h histogram\nh_sum 1\n", [b"h_sum"]),
}


@pytest.mark.parametrize(("body", "families"), FAMILIES.values(), ids=FAMILIES.keys())
def test_a_sample_belongs_to_a_family(body: bytes, families: list[bytes]) -> None:
    assert [line.family.name for line in _samples(body)] == families
