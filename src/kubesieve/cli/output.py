"""A diagnosis to stdout, in the form asked for; progress to stderr."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

import click

from kubesieve.cli.tables import terminal_columns
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.reports import render


def show(diagnosis: Diagnosis, form: str, *, verbose: bool = False) -> None:
    """Colour and width are the terminal's; none of it where stdout is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render(diagnosis, form, columns=terminal_columns(), colour=colour, verbose=verbose).rstrip("\n"))


def progress() -> Callable[[str], None]:
    """Says on a terminal what is being done, else nothing."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda words: click.echo(f"… {words}", err=True)
