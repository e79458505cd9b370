"""How the two parsers take a body."""

import pytest

from kubesieve.agents.families import read_text
from kubesieve.agents.rules import DROPPED_LINES, Parser

LINE = "text format parsing error in line {}: {}"
END = "unexpected end of input stream"
GOOD = b'# HELP a Help.\n# TYPE a gauge\na{x="1"} 1\n'


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        (b"Unauthorized", 1, END),
        (b"Unauthorized\n", 1, "expected float as value"),
        (b"Forbidden (user=someone, verb=get, resource=nodes, subresource=metrics)", 1, "expected float as value"),
        (b"HTTP Error 401: Unauthorized", 1, "expected float as value"),
        (b"404 page not found\n", 1, "invalid metric name"),
        (b'{"kind":"Status","code":403}', 1, "invalid metric name"),
        (b"<!DOCTYPE html>\n<html></html>\n", 1, "invalid metric name"),
        (GOOD[:-1], 3, END),
        (GOOD + b'a{x="2', 4, END),
        (GOOD + b"a", 4, END),
        (GOOD + b"# a free comment", 4, END),
        (GOOD + b"# TYPE b", 4, END),
        (GOOD + GOOD, 4, 'second HELP line for metric name "a"'),
        (GOOD + b"# TYPE a gauge\n", 4, 'second TYPE line for metric name "a", or TYPE reported after samples'),
        (b"a 1\n# TYPE a gauge\n", 2, 'second TYPE line for metric name "a", or TYPE reported after samples'),
        (b"# TYPE a cuonter\n", 1, "unknown metric type"),
        (b'a{x="1",x="2"} 1\n', 1, "duplicate label names for metric"),
        (b"a{x=1} 1\n", 1, "expected '\"' at start of label value"),
        (b'a{x "1"} 1\n', 1, "expected '=' after label name"),
        (b'a{1="1"} 1\n', 1, "invalid label name"),
        (b'a{x="1" y="1"} 1\n', 1, "unexpected end of label value"),
        (b'a{x="\\d"} 1\n', 1, "invalid escape sequence"),
        (b'a{x="1\n"} 1\n', 1, "label value contains unescaped new-line"),
        (b"a 1 soon\n", 1, "expected integer as timestamp"),
        (b"a 1 2 3\n", 1, "spurious string after timestamp"),
    ],
)
def test_expfmt_takes_all_or_nothing_and_says_where(body: bytes, line: int, words: str) -> None:
    text = read_text(body, Parser.EXPFMT)
    assert (text.error, text.families) == (LINE.format(line, words), ())


@pytest.mark.parametrize("parser", Parser)
@pytest.mark.parametrize("body", [b"", b"\n", GOOD, GOOD + b"# a free comment\n"])
def test_a_valid_body_is_fine_for_both_and_so_is_an_empty_one(parser: Parser, body: bytes) -> None:
    assert read_text(body, parser).error is None


@pytest.mark.parametrize("body", [GOOD[:-1], GOOD + GOOD, GOOD + b"# TYPE a gauge\n"])
def test_the_python_client_tolerates_a_missing_newline_and_a_second_type_line(body: bytes) -> None:
    assert read_text(body, Parser.LENIENT).error is None


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b'b{x="cut', "substring not found"),
        (b"Unauthorized", "substring not found"),
        (b"Forbidden (user=someone)", "could not convert string to float"),
    ],
)
def test_the_python_client_words_a_bad_line_as_python_does(tail: bytes, words: str) -> None:
    assert read_text(GOOD + tail, Parser.LENIENT).error == words


def test_what_came_before_a_cut_counts_for_the_python_client_but_the_unfinished_family() -> None:
    text = read_text(GOOD + b'# TYPE b gauge\nb 1\nb{x="cut', Parser.LENIENT)
    assert [family.name for family in text.families] == [b"a"]


@pytest.mark.parametrize("parser", Parser)
def test_without_its_type_line_a_family_is_untyped(parser: Parser) -> None:
    assert read_text(b"a 1\n", parser).families[0].type == b"untyped"
    assert read_text(b"# HELP a Help.\na 1\n", parser).families[0].type == b"untyped"


@pytest.mark.parametrize("parser", Parser)
def test_a_family_that_comes_again_is_another_untyped_one(parser: Parser) -> None:
    body = b'# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\na{x="2"} 1\n'
    assert [(f.name, f.type) for f in read_text(body, parser).families] == [
        (b"a", b"gauge"),
        (b"b", b"gauge"),
        (b"a", b"untyped"),
    ]


def test_a_repeated_type_line_types_the_second_group_for_the_python_client() -> None:
    assert [f.type for f in read_text(GOOD + GOOD, Parser.LENIENT).families] == [b"gauge", b"gauge"]


@pytest.mark.parametrize("parser", Parser)
def test_raw_lines_with_an_empty_pod_are_dropped_wherever_the_text_stands(parser: Parser) -> None:
    rows = b'a{pod=""} 1\na{pod_name=""} 1\na{old_pod=""} 1\na{note="pod=\\"\\"",pod="x"} 1\na{pod="y"} 1\n'
    body = b"# TYPE a gauge\n" + rows
    assert read_text(body, parser, drops=DROPPED_LINES).samples == 2


def test_a_dropped_line_cannot_fail_the_parser_and_shifts_the_line_numbers() -> None:
    assert read_text(b'a{pod=""} x\nb x\n', Parser.EXPFMT, drops=DROPPED_LINES).error == LINE.format(
        1, "expected float as value"
    )
