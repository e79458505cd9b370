"""Three readers, one verdict: what is taken, the pieces of it, the fault and its place, and any answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fuzz.twins import ODD, difference, make_body, sources
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.exposition import MAX_LINE_BYTES

BODIES = 2500


@pytest.fixture(autouse=True)
def reader() -> None:
    """Each test asks all readers itself: once is enough."""


def test_damaged_bodies_are_read_alike() -> None:
    dice, bodies = random.Random(20), sources([])
    for _ in range(BODIES):
        body = make_body(dice, bodies)
        assert difference(dice, body, dice.choice((MAX_LINE_BYTES, 200))) == "", body


@pytest.mark.parametrize("lines", [[one] for one in ODD] + [[one, *ODD[:3]] for one in ODD])
def test_odd_lines_are_read_alike(lines: list[bytes]) -> None:
    for end in (b"", b"\n", b"\n\n"):
        assert difference(random.Random(1), b"\n".join(lines) + end) == ""


def test_recordings_are_read_alike_whole_and_damaged(corpus: Path) -> None:
    files = sorted((corpus / "fixtures").glob("*/metrics*"))
    assert files
    dice = random.Random(5)
    for file in files:
        assert difference(dice, file.read_bytes()) == "", file
    bodies = sources(list(map(str, files)))
    for _ in range(BODIES):
        body = make_body(dice, bodies)
        assert difference(dice, body) == "", body


INFINITE = (1 << 1024) - (1 << 970)
"""From here on a number is rounded to infinity."""


def spellings(number: int) -> list[bytes]:
    """Of a number of 309 digits."""
    digits = b"%d" % number
    return [
        digits,
        digits + b".",
        b".%se309" % digits,
        b"0.%sE+0309" % digits,
        b"00%se-0" % digits,
        b"%s.%se291" % (digits[:18], digits[18:]),
        b"%s.%se308" % (digits[:1], digits[1:]),
        b"%se-00099" % (digits + b"0" * 99),
        b"000.000%se312" % digits,
        b"%s.%se308" % (digits[:1], digits[1:17]),
    ]


@pytest.mark.parametrize("sign", [b"", b"-", b"+"])
@pytest.mark.parametrize("more", [-(10**300), -(10**292), -(1 << 970), -1, 0, 1, 10**291, 10**292, 10**300, 10**308])
def test_values_around_the_largest_are_read_alike(more: int, sign: bytes) -> None:
    for value in spellings(INFINITE + more):
        assert difference(random.Random(1), b"x %s\n" % (sign + value)) == "", value
        assert difference(random.Random(1), b"x 1 # {} %s\n" % (sign + value)) == "", value


NEAR = rb"[+-]?(1?7?9?7?6[0-9]{0,25})?\.?(17976931348623(157|158)[0-9]{0,9})?(e[+-]?(30[5-9]|31[0-9]|29[0-9]))?"


@given(st.from_regex(NEAR, fullmatch=True))
def test_values_like_the_largest_are_read_alike(value: bytes) -> None:
    assert difference(random.Random(1), b"x %s\n" % value) == ""


@pytest.mark.parametrize("size", [0, 1, 23, 24, 25, 26, 60, 3000])
def test_any_number_of_labels_is_read_alike_and_a_second_of_one_name_is_seen(size: int) -> None:
    pairs = [b'l%d="v"' % number for number in range(size)]
    for more in ([], [b'namespace="z"'], [b'l0="w"']):
        lines = [b"a{%s} 1" % b",".join([*pairs, *more]), b"b{%s} 1" % b",".join([*pairs, *more, b'z="1"'])]
        assert difference(random.Random(1), b"\n".join(lines)) == ""
