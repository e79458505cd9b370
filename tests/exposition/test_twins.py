"""Which reader is used, and what the compiled one must and must not take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubesieve.compiled import PURE
from kubesieve.exposition import MAX_LINE_BYTES, FamilyVerdict, Keep, read, read_by_lines
from kubesieve.exposition.compact import Compact, compiled_reader, reader_in_use
from kubesieve.faults import BodyFault


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


LARGEST = b"%d" % sys.float_info.max


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
