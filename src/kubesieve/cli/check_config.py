"""``kubesieve check-config``: every problem of a configuration, or what it says and which rights it takes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from kubesieve.cli.tables import escape_for_locale, terminal_columns
from kubesieve.gateway.configuration import Configuration, ConfigurationFault, Problem, load
from kubesieve.gateway.configuration.rights import cluster_role, rights
from kubesieve.gateway.configuration.summary import summary
from kubesieve.gateway.reaching import would_reach
from kubesieve.tables import clean, table

FINE, REFUSED = 0, 1


@click.command(epilog="Example: NODE_IP=10.0.0.7 kubesieve check-config config.yaml --rbac | kubectl apply -f -")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--rbac", is_flag=True, help="Print a ClusterRole with the rights it takes, and nothing else.")
@click.pass_context
def check_config(ctx: click.Context, file: Path, output: str, rbac: bool) -> None:
    """Check a configuration of `kubesieve serve`, and say which rights it takes.

    Every problem is told with its line and column. $(NAME) in a text is taken from the environment, as serve does.
    Certificates, tokens and CAs that it names are not opened: they are where serve runs.
    """
    if rbac and output == "json":
        raise click.UsageError("expected --rbac or -o json; got both")
    escape_for_locale()
    try:
        configuration = load(file, os.environ)
    except ConfigurationFault as fault:
        _show_problems(file, fault.problems, output, to_stderr=rbac)
        ctx.exit(REFUSED)
    if rbac:
        click.echo(cluster_role(configuration), nl=False)
    else:
        click.echo(_as_json(configuration) if output == "json" else _as_text(file, configuration))


def _show_problems(file: Path, problems: tuple[Problem, ...], output: str, *, to_stderr: bool) -> None:
    if output == "json":
        rows = [
            {"line": one.line, "column": one.column, "path": one.path, "expected": one.expected, "got": one.got}
            for one in problems
        ]
        click.echo(json.dumps({"schema": 1, "exit": REFUSED, "problems": rows}, indent=2))
        return
    for one in problems:
        click.echo(clean(f"{file}:{one.line}:{one.column}: {one}"), err=to_stderr)


def _as_text(file: Path, configuration: Configuration) -> str:
    columns = terminal_columns()
    parts = [f"{clean(str(file))}: fine", *(f"warning: {sentence}" for sentence in configuration.warnings), ""]
    parts += [table(("what", "as configured"), summary(configuration, would_reach(os.environ)), columns=columns), ""]
    needed = [(str(right), right.why) for right in rights(configuration)]
    if needed:
        parts.append(table(("right of kubesieve's own account", "why"), needed, columns=columns))
    else:
        parts.append("kubesieve's own account needs no rights: the callers' tokens are shown.")
    return "\n".join(parts)


def _as_json(configuration: Configuration) -> str:
    told: dict[str, Any] = {
        "schema": 1,
        "exit": FINE,
        "problems": [],
        "warnings": list(configuration.warnings),
        "summary": dict(summary(configuration, would_reach(os.environ))),
        "rights": [
            {
                "apiGroup": right.group,
                "resource": right.resource,
                "verbs": list(right.verbs),
                "why": right.why,
                "onlyOlder": right.older,
            }
            for right in rights(configuration)
        ],
    }
    return json.dumps(told, indent=2)
