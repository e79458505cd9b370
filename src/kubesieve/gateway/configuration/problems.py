"""What is wrong with a configuration: every problem with its place, none with a secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from kubesieve.faults import OwnFault

MOST_PROBLEMS = 500
"""Beyond these a file is something else than a configuration, and more of them would help nobody."""

_SHOWN = 60


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Line and column count from 1, the column in characters. ``path`` is like ``grants.tenants[0].name``."""

    line: int
    column: int
    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}expected {self.expected}; got {self.got}"


class ConfigurationFault(OwnFault):
    """A configuration that cannot be used: nothing of it is."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more: see kubesieve check-config)" if len(problems) > 1 else ""
        super().__init__("configuration", f"line {first.line}, column {first.column}: {first}{more}")
        self.problems = problems


@dataclass(slots=True)
class Problems:
    """Takes problems while a file is read."""

    _found: list[Problem] = field(default_factory=list)
    _paths: set[str] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        if not self.full:
            self._found.append(problem)
            self._paths.update(_paths_above(problem.path))

    @property
    def full(self) -> bool:
        return len(self._found) >= MOST_PROBLEMS

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._found))

    def within(self, path: str) -> bool:
        """Whether there is one at this path or below it, so that more about it would be guesses."""
        return path in self._paths

    def stop(self, problem: Problem) -> NoReturn:
        """One after which reading on makes no sense. Raises ConfigurationFault with it and those before."""
        raise ConfigurationFault(tuple(sorted([*self._found, problem])))

    def stop_if_any(self) -> None:
        """Raises ConfigurationFault where there are problems."""
        if self._found:
            raise ConfigurationFault(tuple(self))


def _paths_above(path: str) -> Iterator[str]:
    """The path, and each that it is below of."""
    yield path
    yield from (path[:end] for end, character in enumerate(path) if character in ".[")


def shown(text: str) -> str:
    """A value in a sentence: short, and nothing that a terminal would act on."""
    return f"{text[:_SHOWN]!a}{'…' if len(text) > _SHOWN else ''}"
