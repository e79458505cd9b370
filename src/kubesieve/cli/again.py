"""``kubesieve doctor --every``: one look after another, with health and metrics on a port of their own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import click

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.watch.looking import Watch
from kubesieve.gateway.admin_port import AdminPort
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.listener import Listener
from kubesieve.gateway.service import told_to_stop
from kubesieve.gateway.settings import Limits, parse_address

_DURATION = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)(s|m|h)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}
LEAST, MOST = 1.0, 86400.0


class Duration(click.ParamType[float]):
    """``90``, ``60s``, ``5m``, ``1h``: seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(value)
        seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
        if not LEAST <= seconds <= MOST:
            self.fail(f"expected a time from 1s to 24h, such as 60s or 5m; got {value[:80]!a}", param, ctx)
        return seconds


def look_again(
    look: Callable[[], Awaitable[Diagnosis]], every: float, admin_listen: str, show: Callable[[Diagnosis], None]
) -> None:
    """Until SIGTERM or SIGINT. Raises OwnFault where it cannot listen, or the first look cannot be made."""
    journal = Journal()
    try:
        asyncio.run(_run(Watch(look, every, show, journal.say), admin_listen, journal))
    finally:
        journal.stop()


async def _run(watch: Watch, admin_listen: str, journal: Journal) -> None:
    port = AdminPort(watch.problem, watch.telemetry.exposition)
    listener = Listener(parse_address(admin_listen), port.handle, port.handle_broken, Limits())
    address = listener.open()
    listener.start()
    journal.say(f"admin on http://{address}")
    looking = asyncio.create_task(watch.run())
    try:
        await _until_stopped(looking)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await listener.stop()


async def _until_stopped(looking: asyncio.Task[None]) -> None:
    """Returns on a signal; raises what ended the looking."""
    stopped = asyncio.create_task(told_to_stop().wait())
    await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if looking.done():
        looking.result()
