"""All that can be had: two looks at each source, direct before proxied, and what else the person gave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from kubesieve import __version__
from kubesieve.doctor.collect.asking import Asker, first_asks, second_asks
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from kubesieve.entrance import Entrance
from kubesieve.tenancy.claims import claims_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look at. ``interval`` is the seconds between two looks, 0 for one look; ``seconds`` bounds a request."""

    entrances: Mapping[Source, Entrance]
    has_token: Mapping[Source, bool]
    interval: float = 15.0
    seconds: float = 10.0
    pods: bytes | None = None
    agent_log: str | None = None
    expected: frozenset[str] = frozenset()


async def gather(plan: Plan, say: Say = lambda _: None) -> Evidence:
    """Never raises on account of what came."""
    exchanges: list[Exchange] = []
    async with AsyncExitStack() as stack:
        askers = [
            await stack.enter_async_context(Asker(source, plan.entrances[source], plan.seconds))
            for source in Source
            if source in plan.entrances
        ]
        for asker in askers:
            say(f"{asker.source.value}: {asker.entrance.url}")
            exchanges += await asker.ask(first_asks(), 1)
        if plan.interval > 0 and any(one.status == 200 for one in exchanges):
            say(f"again in {plan.interval:g} s")
            await asyncio.sleep(plan.interval)
            for asker in askers:
                exchanges += await asker.ask(second_asks(), 2)
    return Evidence(
        exchanges=tuple(exchanges),
        doors={source: _door(plan, source) for source in plan.entrances},
        pods=plan.pods,
        agent_log=plan.agent_log,
        expected=plan.expected,
        taken=time.time(),
        version=__version__,
    )


def _door(plan: Plan, source: Source) -> Door:
    entrance = plan.entrances[source]
    url = str(entrance.url).rstrip("/")
    said = claims_of(entrance.authorization)
    return Door(url, plan.has_token[source], said.expires, entrance.server_name, said.issuer, said.audiences)
