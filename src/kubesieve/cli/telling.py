"""A story on a terminal: its tables, the report, and how it came out."""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
from dataclasses import asdict

import click

from kubesieve.cli.main import FINDINGS, FINE
from kubesieve.lab.story import Story, outcome
from kubesieve.lab.values import Table
from kubesieve.tables import table

WIDTH, TERM_WIDTH = 118, 16


def tell_on_stdout(story: Story, output: str) -> int:
    """Prints the story as ``table`` or ``json``; what failed goes to stderr as well. Returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # marks and dashes where the locale has none
    code = FINDINGS if story.failed else FINE
    click.echo(_json(story, code) if output == "json" else _text(story))
    if story.failed:
        click.echo(f"kubesieve: {story.sentence}", err=True)
    return code


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
