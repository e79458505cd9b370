"""Whether there is a problem at a place of a configuration, or below it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubesieve.gateway.configuration.problems import MOST_PROBLEMS, Problem, Problems

paths = st.text("ab.[0]", max_size=6)


@given(st.lists(paths, max_size=5), paths)
def test_a_problem_is_within_its_path_and_all_above(found: list[str], path: str) -> None:
    problems = Problems()
    for each in found:
        problems.add(Problem(1, 1, each, "x", "y"))
    below = [each for each in found if each.startswith(path) and each[len(path) :][:1] in ("", ".", "[")]
    assert problems.within(path) == bool(below)


def test_one_beyond_the_bound_is_not_there() -> None:
    problems = Problems()
    for number in range(MOST_PROBLEMS + 1):
        problems.add(Problem(1, 1, f"a[{number}]", "x", "y"))
    assert problems.within(f"a[{MOST_PROBLEMS - 1}]")
    assert not problems.within(f"a[{MOST_PROBLEMS}]")
