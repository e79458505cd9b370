"""The story as a whole: its steps told, and whether all came out as it should."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from kubesieve.lab.evidence import Evidence
from kubesieve.lab.judged import judge
from kubesieve.lab.report import report
from kubesieve.lab.steps import STEPS
from kubesieve.lab.values import Expectation, Table, cut, mark

_NAME, _EXPECTED, _ACTUAL = 38, 36, 24


@dataclass(frozen=True, slots=True)
class Story:
    """Tables in the order they are read, all expectations, and the report to hand over."""

    tables: tuple[Table, ...]
    expectations: tuple[Expectation, ...]
    report: str

    @property
    def failed(self) -> tuple[Expectation, ...]:
        return tuple(one for one in self.expectations if not one.ok)

    @property
    def sentence(self) -> str:
        """How it came out; names what did not come out as expected."""
        count = len(self.expectations)
        if not self.failed:
            return f"All {count} expectations came out."
        wrong = "; ".join(
            f"step {one.step}: {one.name}: expected {one.expected}, got {one.actual}" for one in self.failed
        )
        return f"{len(self.failed)} of {count} expectations did not come out: {wrong}."


def tell(evidence: Evidence) -> Story:
    case = judge(evidence)
    steps = [step(case) for step in STEPS]
    tables = tuple(chain.from_iterable(step.tables for step in steps))
    expectations = tuple(chain.from_iterable(step.expectations for step in steps))
    return Story(tables, expectations, report(case))


def outcome(story: Story) -> Table:
    """The last table: expected and actual."""
    rows = tuple(
        (mark(one.ok), one.step, cut(one.name, _NAME), cut(one.expected, _EXPECTED), _actual(one))
        for one in story.expectations
    )
    return Table("8. Expected and actual", ("", "step", "what", "expected", "actual"), rows)


def _actual(one: Expectation) -> str:
    """What came; where it is as expected and too long for the cell, that is enough to say."""
    return "the same" if one.expected == one.actual and len(one.actual) > _ACTUAL else cut(one.actual, _ACTUAL)
