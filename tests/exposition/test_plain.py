"""What the plain reader remembers of blocks of labels from one body to the next."""

from __future__ import annotations

import pytest

from kubesieve.exposition import plain, read_by_lines, read_plainly


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
    assert sizes[-1] < max(sizes), "it was forgotten in between"


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
