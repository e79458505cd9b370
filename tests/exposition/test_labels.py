"""Where label values lie in a line: the same labels as the reader's, and each value in its place."""

from __future__ import annotations

import pytest
from hypothesis import given

from kubesieve.exposition import SampleLine, lines
from kubesieve.exposition.labels import read_labels
from kubesieve.exposition.lexer import unescape
from tests.bodies import expositions


@pytest.fixture(autouse=True)
def reader() -> None:
    """Nothing here asks for a reader by name: once is enough."""


@given(expositions())
def test_it_agrees_with_the_reader_on_every_line(body: bytes) -> None:
    for line in lines(body):
        if isinstance(line, SampleLine):
            text = body[line.start : line.end]
            read = read_labels(text)
            assert (read.name, read.labels) == (line.sample.name, line.sample.labels)
            assert {name: unescape(text[slice(*span)]) for name, span in read.spans.items()} == read.labels


def test_braces_of_an_exemplar_are_no_labels() -> None:
    assert read_labels(b'a 1 # {namespace="x"} 1\n').labels == {}
    assert read_labels(b'  a{b="c"} 1 # {namespace="x"} 1\n').spans == {b"b": (7, 8)}
