"""What a step of the story gives: a table to read, and the things that had to come out as they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

YES, NO = "✅", "❌"


def mark(ok: bool) -> str:
    return YES if ok else NO


def cut(text: str, width: int) -> str:
    """Text that fits a cell."""
    return text if len(text) <= width else text[: width - 1] + "…"


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are short; what needs more words is in the notes."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that was to come out, and what came."""

    step: str
    name: str
    expected: str
    actual: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story, told."""

    tables: tuple[Table, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Expecting:
    """Makes the expectations of one step."""

    step: str

    def same(self, name: str, expected: str, actual: str) -> Expectation:
        return Expectation(self.step, name, expected, actual, expected == actual)

    def everywhere(self, name: str, expected: str, actual: Mapping[str, str]) -> Expectation:
        """The same in several places; ``actual`` tells those that differ."""
        wrong = {where: value for where, value in actual.items() if value != expected}
        words = "; ".join(f"{where}: {value}" for where, value in wrong.items()) if wrong else expected
        return Expectation(self.step, name, expected, words, not wrong)

    def holds(self, name: str, expected: str, actual: str, *, ok: bool) -> Expectation:
        """``expected`` is in words, where equality is not what is meant."""
        return Expectation(self.step, name, expected, actual, ok)
