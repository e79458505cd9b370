"""An expectation compares, and says where it did not come out."""

from __future__ import annotations

from kubesieve.lab.values import Expecting, cut


def test_the_same_is_ok_and_anything_else_is_not() -> None:
    assert Expecting("1 x").same("quota", "20000", "20000").ok
    assert not Expecting("1 x").same("quota", "20000", "2e4").ok


def test_everywhere_tells_only_the_places_that_differ() -> None:
    found = Expecting("2 x").everywhere("all", "a, b", {"/pods": "a, b", "/stats/summary": "no body to read"})
    assert (found.step, found.ok) == ("2 x", False)
    assert found.actual == "/stats/summary: no body to read"


def test_everywhere_without_a_difference_is_the_expected() -> None:
    assert Expecting("2 x").everywhere("all", "a", {"/pods": "a"}).actual == "a"


def test_a_cell_that_is_cut_says_so() -> None:
    assert cut("0123456789", 10) == "0123456789"
    assert cut("0123456789x", 10) == "012345678…"
