"""``kubesieve demo``: the story of the dashes, told on an embedded node; every figure is measured while it runs."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click

from kubesieve.cli.main import FINDINGS, FINE
from kubesieve.faults import OwnFault
from kubesieve.lab.embedded import EmbeddedPlace, embedded_place
from kubesieve.lab.evidence import gather
from kubesieve.lab.scene import DOORS
from kubesieve.lab.story import Story, outcome, tell
from kubesieve.lab.values import Table
from kubesieve.tables import table

WIDTH, TERM_WIDTH = 118, 16
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
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # marks and dashes where the locale has none
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
        code = FINDINGS if story.failed else FINE
        click.echo(_json(story, code) if options.output == "json" else _text(story))
        if story.failed:
            click.echo(f"kubesieve: {story.sentence}", err=True)
        if not options.once:
            await _stay(place)
    return code


async def _story(place: EmbeddedPlace) -> Story:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return tell(await gather(place, _progress()))
    except TimeoutError:
        raise OwnFault("too-slow", f"expected to be done in {MOST_SECONDS:.0f} s; the node is too slow") from None


def _progress() -> Callable[[str], None]:
    """Says on a terminal what is being done, else nothing."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda words: click.echo(f"… {words}", err=True)


def _json(story: Story, code: int) -> str:
    record = {"schema": 1, "exit": code, **asdict(story)}
    return json.dumps(record, indent=2)


def _text(story: Story) -> str:
    report = f"{_title('The report')}\n\n{textwrap.indent(story.report, '  ')}"
    parts = [*map(_table, story.tables), report, _table(outcome(story)), story.sentence]
    return "\n\n".join(parts)


def _table(shown: Table) -> str:
    notes = (_wrapped(note) for note in shown.notes)
    return "\n".join([_title(shown.title), "", table(shown.head, shown.rows), *([""] if shown.notes else []), *notes])


def _title(title: str) -> str:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return click.style(title, bold=True) if coloured else title


def _wrapped(note: str) -> str:
    """A note that begins with blanks is a term and its words: those stay in their column."""
    indent = " " * TERM_WIDTH if note.startswith(" ") else ""
    return textwrap.fill(note, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


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
