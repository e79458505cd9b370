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


@dataclass(frozen=True, slots=True)
class Setting:
    """What differs from place to place in how the story is told.

    ``namespaces`` are those of the node's pods, by somebody else's word than the kubelet's; ``seconds`` are to pass
    between two looks of an agent. The sentences say how time passes, and how the first two ways out are applied.
    """

    namespaces: tuple[str, ...]
    seconds: float
    time_passes: str
    widened: str
    tenant: str


class Place(Protocol):
    """A stage for the story. What cannot be reached is an Answer with an error, never an exception."""

    async def setting(self) -> Setting:
        """Asked for before the first look and after the second: only namespaces that were there all the while count."""
        ...

    async def open(self, way: Way) -> None:
        """Makes what the way leads to, before the first look on it: a way out is applied here.

        Raises OwnFault where that cannot be done.
        """
        ...

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
