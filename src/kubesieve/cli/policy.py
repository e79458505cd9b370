"""``kubesieve policy``: the table of node series, with the reason for each row."""

from __future__ import annotations

import json

import click

from kubesieve.cli.options import node_series_options
from kubesieve.cli.tables import terminal_columns
from kubesieve.sieve import NodeSeries, Policy, parse_patterns
from kubesieve.sieve.policy import PolicyRow, effective_rows
from kubesieve.tables import table

HEAD = ("endpoint", "series", "with", "verdict", "why")


@click.command(epilog="Example: kubesieve policy --node-series none --drop-series 'container_network_*'")
@node_series_options
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def policy(node_series: str, keep_series: tuple[str, ...], drop_series: tuple[str, ...], output: str) -> None:
    """Print what passes of the series that belong to no namespace, and why.

    Series of an allowed namespace always pass, those of any other never do; this table is about the rest.
    The first row that fits decides.
    """
    shown = Policy(
        frozenset(), NodeSeries(node_series), keep=parse_patterns(keep_series), drop=parse_patterns(drop_series)
    )
    rows = list(effective_rows(shown))
    if output == "json":
        click.echo(
            json.dumps({"schema": 1, "nodeSeries": node_series, "rows": [_record(row) for row in rows]}, indent=2)
        )
    else:
        click.echo(table(HEAD, (tuple(_record(row).values()) for row in rows), columns=terminal_columns()))


def _record(row: PolicyRow) -> dict[str, str]:
    verdict = "keep" if row.kept else "drop"
    return dict(zip(HEAD, (row.endpoint, row.series, row.scope, verdict, row.reason), strict=True))
