"""Options that several commands share, and what they make: a Policy, an Endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kubesieve.kubelet.endpoints import BY_PATH, Endpoint
from kubesieve.sieve import NodeSeries, Policy, parse_namespaces, parse_patterns

Command = Callable[..., Any]

NODE_SERIES_HELP = "What becomes of series that belong to no namespace (see `kubesieve policy`)."


def node_series_options(command: Command) -> Command:
    """--node-series, --keep-series and --drop-series."""
    for option in (
        click.option(
            "--drop-series",
            multiple=True,
            metavar="FAMILY",
            help="Drop a family, whatever the namespace; * for any text.",
        ),
        click.option(
            "--keep-series", multiple=True, metavar="FAMILY", help="Keep a family that has no namespace label, too."
        ),
        click.option(
            "--node-series",
            type=click.Choice([preset.value for preset in NodeSeries]),
            default=NodeSeries.NODE.value,
            show_default=True,
            help=NODE_SERIES_HELP,
        ),
    ):
        command = option(command)
    return command


def make_policy(
    namespaces: str, node_series: str, keep_series: tuple[str, ...], drop_series: tuple[str, ...]
) -> Policy:
    """Raises OwnFault where a name or a pattern is none."""
    return Policy(
        parse_namespaces(namespaces),
        NodeSeries(node_series),
        keep=parse_patterns(keep_series),
        drop=parse_patterns(drop_series),
    )


class EndpointPath(click.ParamType[Endpoint]):
    """A path of the table of endpoints, exactly."""

    name = "path"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Endpoint:
        if value not in BY_PATH:
            self.fail(f"expected one of {', '.join(BY_PATH)}; got {str(value)[:80]!a}", param, ctx)
        return BY_PATH[value]
