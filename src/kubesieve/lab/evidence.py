"""All that the story asks of a place, in the order that costs the least time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from kubesieve.agents import GO_7, PYTHON_10, Answer, CheckRequest, CheckRun, asks_of
from kubesieve.faults import OwnFault
from kubesieve.lab.place import Place, Setting, Waited, Way
from kubesieve.lab.scene import DIRECT, DOORS, FOUND, WAYS, WAYS_OUT

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

    setting: Setting
    sights: Mapping[Way, Sight]
    access: Mapping[Way, Access]


async def gather(place: Place, say: Say = lambda _: None) -> Evidence:
    """Looks twice on every way: on those that were found first, then on the ways out, each applied before it is looked
    at. The questions about access come in between. Raises OwnFault where nothing answers.
    """
    setting = await place.setting()
    access: dict[Way, Access] = {}

    async def in_between() -> None:
        for way in DOORS:
            say(f"{way.name}: no token; one client stuck in its headers")
            access[way] = await _access(place, way)

    sights = await _twice(place, FOUND, setting, say, in_between)
    still = (await place.setting()).namespaces
    setting = replace(setting, namespaces=tuple(name for name in setting.namespaces if name in still))
    for way in WAYS_OUT:
        say(f"a way out is applied: {way.name}")
        sights |= await _twice(place, (way,), setting, say)
    return Evidence(setting, {way: sights[way] for way in WAYS}, access)


async def _nothing() -> None:
    return


async def _twice(
    place: Place,
    ways: tuple[Way, ...],
    setting: Setting,
    say: Say,
    in_between: Callable[[], Awaitable[None]] = _nothing,
) -> dict[Way, Sight]:
    for way in ways:
        await place.open(way)
    say("first scrapes")
    before = await _round(place, ways)
    if DIRECT in ways and not any(_came(look) for look in before[DIRECT]):
        raise OwnFault("kubelet-unreachable", "expected an answer of the kubelet; got none to any request")
    await in_between()
    say("time passes")
    await place.let_pass(setting.seconds)
    say("second scrapes")
    now = await _round(place, ways)
    return {way: Sight(*(Run(a, b) for a, b in zip(before[way], now[way], strict=True))) for way in ways}


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
