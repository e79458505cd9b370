"""Where the story is told: something with a kubelet, a naive proxy and kubesieve that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kubesieve.agents import Answer, CheckRequest, CheckRun


class Kind(StrEnum):
    """Who answers."""

    DIRECT = "kubelet"
    NAIVE = "naive proxy"
    SIEVE = "kubesieve"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to look at the node. ``allowed`` is kubesieve's --namespaces.

    An agent shows its token on https only; ``token_always`` is a client that shows it on plain http, too.
    """

    name: str
    kind: Kind
    allowed: tuple[str, ...] = ()
    token_always: bool = False


@dataclass(frozen=True, slots=True)
class Waited:
    """How long another client waited for its answer; the status is None where none came in time."""

    status: int | None
    seconds: float


class Place(Protocol):
    """A stage for the story. What cannot be reached is an Answer with an error, never an exception."""

    async def look(self, way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
        """Asks in order, one after the other, as an agent does."""
        ...

    async def without_token(self, way: Way, target: str) -> Answer:
        """The answer to a caller who shows nothing."""
        ...

    async def beside_stuck(self, way: Way, target: str, limit: float) -> Waited:
        """How long another client waits while one is stuck in its headers; given up after ``limit`` seconds."""
        ...

    async def let_pass(self, seconds: float) -> None:
        """Until so much time is over by the place's clock, and no answer of before is given out again."""
        ...
