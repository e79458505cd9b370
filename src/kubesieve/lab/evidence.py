"""All that the story asks of a place, in the order that costs the least time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kubesieve.agents import GO_7, PYTHON_10, Answer, CheckRequest, CheckRun, asks_of
from kubesieve.faults import OwnFault
from kubesieve.lab.place import Place, Waited, Way
from kubesieve.lab.scene import DIRECT, DOORS, WAYS

SECONDS_BETWEEN = 60.0
STUCK_SECONDS = 1.0
RESOURCE = CheckRequest("/metrics/resource")
REFUSED_TARGET = "/pods"
WAITING_TARGET = "/healthz"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """Two looks of one agent; ``now`` is the later one."""

    before: CheckRun
    now: CheckRun

    @property
    def seconds(self) -> float:
        return self.now.at - self.before.at


@dataclass(frozen=True, slots=True)
class Sight:
    """What the two agents saw on one way. The newer one's looks hold /metrics/resource as well."""

    python: Run
    go: Run

    def answer(self, path: str) -> Answer:
        """The latest answer on a path."""
        return self.go.now.view.answer(path)


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller without a token is answered, and how long one waits beside a client stuck in its headers."""

    refused: Answer
    waited: Waited


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the story is made of."""

    sights: Mapping[Way, Sight]
    access: Mapping[Way, Access]


async def gather(place: Place, say: Say = lambda _: None) -> Evidence:
    """Looks twice on every way, with the questions about access in between. Raises OwnFault where nothing answers."""
    say("first scrapes")
    before = await _round(place, WAYS)
    if not any(_came(look) for look in before[DIRECT]):
        raise OwnFault("kubelet-unreachable", "expected an answer of the kubelet; got none to any request")
    access = {}
    for way in DOORS:
        say(f"{way.name}: no token; one client stuck in its headers")
        access[way] = await _access(place, way)
    say("time passes")
    await place.let_pass(SECONDS_BETWEEN)
    say("second scrapes")
    now = await _round(place, WAYS)
    sights = {way: Sight(*(Run(a, b) for a, b in zip(before[way], now[way], strict=True))) for way in WAYS}
    return Evidence(sights, access)


def _came(look: CheckRun) -> bool:
    """Whether any body came whole; a HEAD has none."""
    return any(one.status is not None for key, one in look.view.answers.items() if key.startswith("/"))


async def _round(place: Place, ways: Iterable[Way]) -> dict[Way, tuple[CheckRun, CheckRun]]:
    """One look of each agent on each way."""
    newer = (*asks_of(GO_7), RESOURCE)
    return {way: (await place.look(way, asks_of(PYTHON_10)), await place.look(way, newer)) for way in ways}


async def _access(place: Place, way: Way) -> Access:
    refused = await place.without_token(way, REFUSED_TARGET)
    return Access(refused, await place.beside_stuck(way, WAITING_TARGET, STUCK_SECONDS))
