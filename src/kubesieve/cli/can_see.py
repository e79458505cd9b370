"""``kubesieve can-see``: what a caller would see by a configuration, and why."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import AsyncExitStack
from pathlib import Path

import click

from kubesieve.cli.tables import escape_for_locale, terminal_columns
from kubesieve.faults import CallerFault
from kubesieve.gateway.configuration import Configuration, load
from kubesieve.gateway.configured import Deciders
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.tables import clean, table
from kubesieve.tenancy.budget import Budget, Rate
from kubesieve.tenancy.values import SERVICE_ACCOUNT, Caller, Grant, VirtualCluster

SEES, SEES_NOTHING = 0, 1
NO_GRANT = 403
UNHURRIED = Rate(1e9, 1e9)
"""One person asks, once: as many namespaces as there are."""
AUTHENTICATED = "system:authenticated"

_SERVICE_ACCOUNT = re.compile(rf"{SERVICE_ACCOUNT}([a-z0-9-]+):[a-z0-9.-]+")


@click.command(epilog="Example: kubesieve can-see --config config.yaml --as system:serviceaccount:team-a:agent")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="F")
@click.option("--as", "user", required=True, metavar="USER", help="As Kubernetes calls it, or a certificate's CN.")
@click.option("--as-group", "groups", multiple=True, metavar="GROUP", help="May be given more than once.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def can_see(ctx: click.Context, config: Path, user: str, groups: tuple[str, ...], output: str) -> None:
    """What a caller would see by a configuration, and what gives it.

    Tenants are read from the file. Namespaces for selectors, and what RBAC opens, are asked of the API server with the
    token that the file names. A service account is in its usual groups without being told.

    Exit code 0 where anything is granted, 1 where serve would answer 403.
    """
    escape_for_locale()
    caller = Caller(user, frozenset(groups) | usual_groups(user))
    found = asyncio.run(_granted(load(config), caller))
    click.echo(_as_json(caller, found) if output == "json" else _as_text(caller, found))
    ctx.exit(SEES_NOTHING if isinstance(found, CallerFault) else SEES)


def usual_groups(user: str) -> frozenset[str]:
    """Those that an API server puts everybody, and every service account, into."""
    match = _SERVICE_ACCOUNT.fullmatch(user)
    accounts = ("system:serviceaccounts", f"system:serviceaccounts:{match[1]}") if match else ()
    return frozenset((AUTHENTICATED, *accounts))


async def _granted(configuration: Configuration, caller: Caller) -> Grant | CallerFault:
    """The grant, or the 403 that there is in place of one. Raises OwnFault where the API server does not say."""
    async with AsyncExitStack() as stack:
        budget = Budget(UNHURRIED, UNHURRIED, time.monotonic)
        deciders = Deciders(TokenDigest(), _say, stack, budget=budget)
        grants = await deciders.grants(configuration)
        here = await deciders.listed()
        try:
            return grants.everybodys() if configuration.identity.forward else await grants.of(caller, here)
        except CallerFault as fault:
            if fault.status != NO_GRANT:
                raise
            return fault


def _say(sentence: str) -> None:
    click.echo(f"kubesieve: {clean(sentence)}", err=True)


def _as_text(caller: Caller, grant: Grant | CallerFault) -> str:
    who = f"{clean(caller.user)} ({clean(', '.join(sorted(caller.groups)))})"
    if isinstance(grant, CallerFault):
        return f"{who} sees nothing: serve answers 403 ({grant.reason}): {clean(grant.sentence)}"
    if grant.empty:
        return f"{who} sees nothing that is here"
    rows = [("namespace", name, "; ".join(grant.because.get(name, ()))) for name in sorted(grant.namespaces)]
    rows += [("virtual cluster", f"{one.name} in {one.namespace}", "its tenant") for one in sorted_clusters(grant)]
    return f"{who} sees\n\n{table(('what', 'name', 'because of'), rows, columns=terminal_columns())}"


def _as_json(caller: Caller, found: Grant | CallerFault) -> str:
    refused = found if isinstance(found, CallerFault) else None
    grant = Grant(frozenset()) if isinstance(found, CallerFault) else found
    told = {
        "schema": 1,
        "user": caller.user,
        "groups": sorted(caller.groups),
        "granted": refused is None,
        "reason": refused.reason if refused else None,
        "version": grant.version,
        "namespaces": [{"name": name, "because": grant.because.get(name, ())} for name in sorted(grant.namespaces)],
        "vclusters": [{"namespace": one.namespace, "name": one.name} for one in sorted_clusters(grant)],
    }
    return json.dumps(told, indent=2)


def sorted_clusters(grant: Grant) -> list[VirtualCluster]:
    return sorted(grant.vclusters, key=lambda one: (one.namespace, one.name))
