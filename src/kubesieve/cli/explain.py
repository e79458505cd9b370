"""``kubesieve explain``: all that is to say of a verdict, or the list of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

import click

from kubesieve.cli.tables import escape_for_locale, terminal_columns
from kubesieve.doctor.finding import Verdict
from kubesieve.doctor.reports.groups import GROUPS
from kubesieve.doctor.reports.page import entry, of_group, page
from kubesieve.doctor.verdicts import VERDICTS
from kubesieve.tables import clean, fold, table

_EPILOG = """\b
Examples:
  kubesieve explain KS0301
  kubesieve explain ks0501 ks0504 -o json
  kubesieve explain
"""
_LABELS = {"why": "why", "symptom": "symptom", "solution": "way out", "example": "example", "unless": "but not"}
_INDENT = 11


@click.command(epilog=_EPILOG)
@click.argument("codes", nargs=-1, metavar="[KSnnnn]...")
@click.option("-o", "--output", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def explain(codes: tuple[str, ...], output: str) -> None:
    """Tell what a verdict means: why, its symptom, what to do, an example, and what it is not to be confused with.

    Without a code: the list of all. -o markdown is that list as a page. <NAMES> in angle brackets stand for what a
    finding fills in.
    """
    escape_for_locale()
    verdicts = [_verdict(code) for code in codes]
    if output == "markdown" and codes:
        raise click.UsageError("-o markdown is the page of all verdicts: leave the codes out, or use -o table")
    if output == "json":
        chosen = verdicts or list(VERDICTS.values())
        click.echo(json.dumps({"schema": 1, "verdicts": [entry(one) for one in chosen]}, indent=2))
    elif output == "markdown":
        click.echo(page(), nl=False)
    else:
        click.echo("\n\n".join("\n".join(_told(one)) for one in verdicts) if verdicts else _list())


def _verdict(code: str) -> Verdict:
    wanted = code.upper()
    if wanted not in VERDICTS:
        close = difflib.get_close_matches(wanted, VERDICTS, n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(close)}?" if close else "; `kubesieve explain` lists all"
        raise click.UsageError(f"expected a code such as KS0301; got {code[:40]!a}{hint}")
    return VERDICTS[wanted]


def _told(verdict: Verdict) -> Iterator[str]:
    shown = entry(verdict)
    yield clean(f"{shown['code']}: {shown['title']}")
    yield f"  severity {shown['severity']}, blame {shown['blame']}"
    for key, label in _LABELS.items():
        first, *more = _wrapped(shown[key])
        yield f"  {label:<{_INDENT - 2}}{first}"
        yield from (" " * _INDENT + line for line in more)
    yield "  to do"
    yield f"    {clean(shown['fix'])}"  # never wrapped: it is there to be pasted


def _wrapped(text: str) -> list[str]:
    columns = terminal_columns()
    return [clean(text)] if columns is None else fold(clean(text), max(columns - _INDENT, 20))


def _list() -> str:
    rows = [
        (one.code, one.severity.value, name, entry(one)["title"])
        for key, name in GROUPS.items()
        for one in of_group(key)
    ]
    return table(("code", "severity", "group", "what is found"), rows, columns=terminal_columns())
