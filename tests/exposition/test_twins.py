"""Three readers, one verdict: what is taken, the pieces of it, the fault and its place, and any answer."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.twins import ODD, difference, make_body, sources
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.compiled import PURE
from kubesieve.exposition import MAX_LINE_BYTES, FamilyVerdict, Keep, read, read_by_lines
from kubesieve.exposition.compact import Compact, compiled_reader, reader_in_use
from kubesieve.faults import BodyFault

BODIES = 2500


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


def test_a_body_without_any_sample_gives_an_empty_answer() -> None:
    assert read(b"# a remark\n\n").select(Keep(frozenset(), lambda _: pytest.fail("nothing to ask about"))).body == b""


def test_what_the_compiled_reader_takes_is_compact(reader: str) -> None:
    assert isinstance(read(b"a 1\n"), Compact) == (reader == "compiled")
    assert reader_in_use() == ("compiled" if reader == "compiled" else "plain")


def test_the_environment_can_ask_for_the_plain_reader(reader: str) -> None:
    if reader != "compiled":
        pytest.skip("said once")
    code = "from kubesieve.exposition import reader_in_use; print(reader_in_use())"
    environment = {**os.environ, PURE: "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "plain\n"


def test_the_empty_namespace_among_the_kept_gives_no_line_twice() -> None:
    selection = read(b'a{namespace=""} 1\n').select(Keep(frozenset({b""}), lambda _: FamilyVerdict(True, True, True)))
    assert (selection.body, selection.kept, selection.dropped) == (b'a{namespace=""} 1\n', 1, 0)


@pytest.mark.parametrize("most", [1 << 32, 1 << 70])
def test_any_bound_on_lines_is_taken(most: int) -> None:
    assert read(b"a 1\n", max_line=most).pieces == read_by_lines(b"a 1\n").pieces


def test_a_bound_below_nothing_takes_no_line() -> None:
    with pytest.raises(BodyFault):
        read(b"a 1\n", max_line=-1)


INFINITE = (1 << 1024) - (1 << 970)
"""From here on a number is rounded to infinity."""
LARGEST = b"%d" % sys.float_info.max


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


@pytest.mark.parametrize(
    "value",
    [b"1e299", b"1e300", b"9.9e307", b"0.1e307", b"1" * 308, b"1.7976931348623157e+308", b"-1.7976931348623157E308",
     b"1e308", b"0.17976931348623157e309", LARGEST, b"-%s.0" % LARGEST, b"1.79e308", b"1" * 309],
)  # fmt: skip
def test_large_values_that_are_finite_are_not_left_to_the_plain_reader(value: bytes) -> None:
    scan = compiled_reader()
    if scan is None:
        pytest.skip("the compiled reader was not built")
    assert scan(b"a %s\n" % value, MAX_LINE_BYTES) is not None


def test_records_that_no_scan_has_made_hold_nothing() -> None:
    scan = compiled_reader()
    if scan is None:
        pytest.skip("the compiled reader was not built")
    empty = type(scan(b"a 1\n", 99))()
    assert len(empty) == 0
    with pytest.raises(ValueError, match="records of a scan"):
        empty.select(b"\1", memoryview(b"\1").cast("B", (1, 1)))


def test_where_there_is_a_compiler_the_compiled_reader_was_built() -> None:
    """Elsewhere everything works without it; here it must not go missing unseen."""
    if not any(Path(folder, "gcc").exists() for folder in os.environ.get("PATH", "").split(os.pathsep)):
        pytest.skip("no compiler here")
    assert compiled_reader() is not None


@pytest.mark.parametrize("size", [0, 1, 23, 24, 25, 26, 60, 3000])
def test_any_number_of_labels_is_read_alike_and_a_second_of_one_name_is_seen(size: int) -> None:
    pairs = [b'l%d="v"' % number for number in range(size)]
    for more in ([], [b'namespace="z"'], [b'l0="w"']):
        lines = [b"a{%s} 1" % b",".join([*pairs, *more]), b"b{%s} 1" % b",".join([*pairs, *more, b'z="1"'])]
        assert difference(random.Random(1), b"\n".join(lines)) == ""
