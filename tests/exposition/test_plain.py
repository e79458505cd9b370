"""What the plain reader remembers of blocks of labels from one body to the next."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from fuzz.twins import difference

from kubesieve.exposition import plain, read_by_lines, read_plainly


@pytest.fixture(autouse=True)
def reader() -> None:
    """Each test says which readers it asks: once is enough."""


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> plain._Known:
    known = plain._Known()
    monkeypatch.setattr(plain, "_KNOWN", known)
    return known


def test_it_is_bounded_however_many_blocks_come(known: plain._Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_KNOWN_BYTES", 20_000)
    sizes = []
    for number in range(40):
        read_plainly(b"".join(b'a{n="%d",m="%d"} 1\n' % (number, line) for line in range(20)))
        sizes.append(known._blocks.size)
    assert 20_000 < max(sizes) < 40_000
    assert any(later < earlier for earlier, later in pairwise(sizes)), "it was forgotten in between"


def test_it_is_bounded_within_one_body(known: plain._Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_KNOWN_BYTES", 20_000)
    monkeypatch.setattr(plain, "CHUNK_BYTES", 1000)
    sizes = []
    lines = plain._Reading._lines

    def watched(self: plain._Reading, start: int, stop: int) -> None:
        lines(self, start, stop)
        sizes.append(known._blocks.size)

    monkeypatch.setattr(plain._Reading, "_lines", watched)
    body = b"".join(b'a{n="%d",namespace="n%d"} 1\n' % (line, line % 7) for line in range(2000))
    assert read_plainly(body).pieces == read_by_lines(body).pieces
    assert 20_000 < max(sizes) < 60_000
    assert any(later < earlier for earlier, later in pairwise(sizes)), "it was forgotten in between"


def test_orders_of_labels_are_counted_too() -> None:
    blocks = plain._Blocks()
    names = [b"a%d" % number for number in range(100)]
    assert blocks[b",".join(b'%s="x"' % name for name in names)] is None
    size = blocks.size
    assert blocks[b",".join(b'%s="x"' % name for name in reversed(names))] is None
    assert blocks.size - size > len(b'a0="x",') * 100 + 8 * 100


MEANINGLESS = (b"#", b"# x", b"#HELP", b"# HELPa b", b" \t# TYPE", b"# TYPE ", b"", b" ", b"# EOF", b"#  help a b")
MEANING = (b"# HELP a x", b"#TYPE a gauge", b"#\tUNIT a s", b" # HELP b", b"# HELP", b"# UNIT 1", b"a 1", b'{"a"} 2')


@pytest.mark.parametrize("most", [128 * 1024, 12, 5])
@pytest.mark.parametrize("chunk", [256 * 1024, 16])
def test_what_means_nothing_is_passed_over_many_lines_at_a_time(
    monkeypatch: pytest.MonkeyPatch, most: int, chunk: int
) -> None:
    monkeypatch.setattr(plain, "CHUNK_BYTES", chunk)
    dice = random.Random(3)
    for _ in range(600):
        some = dice.choice((MEANING, MEANINGLESS, MEANINGLESS, (*MEANING, *MEANINGLESS)))
        lines = dice.choices(MEANINGLESS, k=dice.randrange(9)) + dice.choices(some, k=dice.randrange(5))
        assert difference(dice, b"\n".join(lines) + dice.choice((b"", b"\n")), most) == "", lines


QUOTED = (
    b'{"a"} 1', b'{"a.b"} 1', b"a.b 1", b"a 1", b'{"a.b",namespace="x"} 1', b'{"a.b","namespace"="x"} 1 5',
    b'a{"namespace"="x"} 1', b'a{namespace="x"} 1', b'{"a","n"="1","n"="2"} 1', b'{"a",n="1","n"="2"} 1',
    b'{"a","b"} 1', b'{"a",} 1', b'{"a",,} 1', b'{"a","n"="}"} 1', b'{"a",n="} 1', b'{"a","__name__"="b"} 1',
    b'{""} 1', b'{"a",""="b"} 1', b'{"a_sum"} 1', b'{"a","namespace"=""} 1', b'{"a"}1', b'{"a"} x', b'{"a\\n"} 1',
    b'{"a",n="1","m=",b="2"} 1', b"# TYPE a summary", b'{"\xc3\xa9"} 1', b'{"a b","c d"="e"} 1e5 -3', b'{"a"}} 1',
)  # fmt: skip


@pytest.mark.parametrize("most", [128 * 1024, 20])
def test_names_in_quotes_are_read_alike(most: int) -> None:
    dice = random.Random(4)
    for line in QUOTED:
        assert difference(dice, line, most) == "", line
    for _ in range(3000):
        lines = dice.choices(QUOTED, k=dice.randrange(1, 5))
        assert difference(dice, b"\n".join(lines) + b"\n", most) == "", lines


def test_a_block_that_is_known_is_not_read_again(known: plain._Known) -> None:
    body = b'a{namespace="x",pod="y"} 1\n'
    read_plainly(body)
    size = known._blocks.size
    assert size > 0
    assert read_plainly(body.replace(b"a{", b"b{")).namespaces() == {b"x"}
    assert known._blocks.size == size


def test_what_was_bad_stays_bad_and_what_was_good_stays_good() -> None:
    for body in (b'a{namespace="x"} 1\n', b'a{namespace="x"} 2 3\n', b'a{namespace="x",} 1\nb{namespace="x"} 1\n'):
        for _ in range(2):
            assert read_plainly(body).pieces == read_by_lines(body).pieces


def test_a_namespace_is_known_before_its_label_is() -> None:
    """Two threads share what is known: whoever finds the label finds the namespace."""
    blocks = plain._Blocks()

    class Watched(dict[bytes, bytes]):
        def __setitem__(self, pair: bytes, name: bytes) -> None:
            assert name != b"namespace" or pair in blocks._namespaces
            super().__setitem__(pair, name)

    blocks._names = Watched()
    assert blocks[b'namespace="x"'] == b"x"
