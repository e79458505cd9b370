"""What a check asks, as values: its requests in order, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubesieve.agents.answers import View
from kubesieve.agents.rules import Rules


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """One request of a check, with the headers it insists on."""

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How a View calls it."""
        return self.target if self.method == "GET" else f"{self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What came, and when the container series did (seconds of a clock that does not go back): rates need two."""

    view: View
    at: float


def asks_of(rules: Rules) -> tuple[CheckRequest, ...]:
    """What a kubelet check asks, in its order."""
    return tuple(CheckRequest(step.target, step.method, step.headers) for step in rules.steps)
