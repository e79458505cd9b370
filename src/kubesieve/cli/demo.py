"""``kubesieve demo``: the story of the dashes, told on an embedded node; every figure is measured while it runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass

import click

from kubesieve.cli.output import progress
from kubesieve.cli.telling import tell_on_stdout
from kubesieve.faults import OwnFault
from kubesieve.lab.embedded import EmbeddedPlace, embedded_place
from kubesieve.lab.evidence import gather
from kubesieve.lab.scene import DOORS
from kubesieve.lab.story import Story, tell

MOST_SECONDS = 30.0
TERMINATED = 128 + signal.SIGTERM

_EPILOG = """\b
Examples:
  kubesieve demo --once
  kubesieve demo --once -o json | jq '.expectations[] | select(.ok | not)'
"""


@dataclass(frozen=True, slots=True)
class Options:
    once: bool
    output: str
    seed: int


@click.command(epilog=_EPILOG)
@click.option("--once", is_flag=True, help="Print and exit; otherwise everything stays up until Ctrl-C.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The node's names, ids and loads come from it.")
def demo(once: bool, output: str, seed: int) -> None:
    """Why containers show "—", and what helps: the whole story on an embedded node.

    Starts a node (kubelet over TLS), a naive filtering proxy (plain http) and kubesieve in front of it, on loopback;
    looks at the node through each of them as a Datadog agent does, applies three ways out, and prints what came.
    Exit code 0: all as expected; 1: a step did not come out; 2: could not look.
    """
    try:
        code = asyncio.run(_run(Options(once, output, seed)))
    except asyncio.CancelledError:
        code = TERMINATED
    sys.exit(code)


async def _run(options: Options) -> int:
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with embedded_place(options.seed) as place:
        story = await _story(place)
        code = tell_on_stdout(story, options.output)
        if not options.once:
            await _stay(place)
    return code


async def _story(place: EmbeddedPlace) -> Story:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return tell(await gather(place, progress()))
    except TimeoutError:
        raise OwnFault("too-slow", f"expected to be done in {MOST_SECONDS:.0f} s; the node is too slow") from None


async def _stay(place: EmbeddedPlace) -> None:
    """Says where everything is, and waits for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    for way in DOORS:
        click.echo(f"{way.kind.value:<12} {await place.url(way)}", err=True)
    click.echo(f"CA {place.files.ca}, a token {place.files.token}", err=True)
    for way in DOORS:
        click.echo(_curl(place, str((await place.url(way)).with_path("/metrics/resource"))), err=True)
    click.echo("Ctrl-C ends it", err=True)
    await stop.wait()


def _curl(place: EmbeddedPlace, url: str) -> str:
    ca = f"--cacert {place.files.ca} " if url.startswith("https:") else ""
    return f'curl {ca}-H "Authorization: Bearer $(cat {place.files.token})" {url}'
