"""``kubesieve version``: which version, which reader, on what."""

from __future__ import annotations

import json
import platform

import click

from kubesieve import __version__
from kubesieve.exposition import reader_in_use


@click.command(epilog="Example: kubesieve version -o json")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def version(output: str) -> None:
    """The version, and whether the compiled reader runs or the plain one.

    The compiled reader is built at installation where there is a C compiler; KUBESIEVE_PURE=1 leaves it out.
    """
    told = {"version": __version__, "reader": reader_in_use(), "python": platform.python_version()}
    if output == "json":
        click.echo(json.dumps({"schema": 1, **told}))
    else:
        click.echo(f"kubesieve {told['version']}, {told['reader']} reader, Python {told['python']}")
