"""``kubesieve audit``: does a kubelet proxy, whose ever it is, leak or hold back?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kubesieve.cli.entrances import Trusting, authorization_of
from kubesieve.cli.output import progress, show
from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.probing import Sides, kubelet_url, observe
from kubesieve.doctor.audit.together import together
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.reports import FORMS
from kubesieve.sieve import parse_namespaces

_FILE = click.Path(path_type=Path, dir_okay=False)

_EPILOG = """\b
Examples:
  kubesieve audit --proxy https://proxy.example:8443 --allowed team-a,team-b --token-file token --ca ca.crt
  kubesieve audit --proxy http://10.0.0.9:8080 --allowed team-a --direct https://10.0.0.7:10250 \\
    --token-file tenant-token --direct-token-file admin-token --ca ca.crt -o junit
  kubesieve audit --proxy https://10.0.0.9:8443 --tenant a=tokens/a:team-a --tenant b=tokens/b:team-b,shared \\
    --direct https://10.0.0.7:10250 --direct-token-file admin-token --ca ca.crt
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were given."""

    proxy: str
    allowed: str | None
    tenant: tuple[str, ...]
    direct: str | None
    kubelet_host: str | None
    token_file: Path | None
    direct_token_file: Path | None
    ca: tuple[Path, ...]
    insecure: bool
    proxy_server_name: str | None
    direct_server_name: str | None
    token_on_http: bool
    timeout: float
    interval: float


@click.command(epilog=_EPILOG)
@click.option("--proxy", required=True, metavar="URL", help="The proxy, as a tenant dials it.")
@click.option("--allowed", metavar="A,B", help="What the tenant may see: all else is a leak.")
@click.option(
    "--tenant",
    multiple=True,
    metavar="NAME=FILE:A,B",
    help="In place of --allowed and --token-file, once for each: a tenant, its token, what it may see.",
)
@click.option("--direct", metavar="URL", help="The kubelet itself: whose is what, and what is held back.")
@click.option("--kubelet-host", metavar="HOST", help="Where to try to go round the proxy. [default: --direct's]")
@click.option("--token-file", type=_FILE, help="The tenant's token. [default: the pod's own, where there is one]")
@click.option("--direct-token-file", type=_FILE, help="A token with more rights, for --direct. [default: the same]")
@click.option("--ca", type=_FILE, multiple=True, help="CA to trust; may be given twice. [default: the cluster's]")
@click.option("--insecure", is_flag=True, help="Do not verify certificates.")
@click.option("--proxy-server-name", metavar="NAME", help="The name in the proxy's certificate.")
@click.option("--direct-server-name", metavar="NAME", help="The name in the kubelet's certificate.")
@click.option("--token-on-http", is_flag=True, help="Show the token on plain http, too: agents do not.")
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Of a request.")
@click.option(
    "--interval", type=click.FloatRange(0, 600), default=2.0, show_default=True, help="Seconds between two looks."
)
@click.option("-o", "--output", type=click.Choice(FORMS), default="table", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="With the evidence of each finding.")
def audit(output: str, *, verbose: bool, **given: Any) -> None:
    """Say whether a kubelet proxy leaks or over-filters, ours or not.

    Asks by GET alone: plain requests, odd paths, headers and parameters that might widen the view, other formats, and
    whatever must be refused (exec and its like, of a pod that does not exist, hung up on at once). Several tenants are
    looked at one after the other, each against its own namespaces.
    Exit code 0: nothing found; 1: findings; 2: nothing could be found (no good answer, no neighbours, no pod list of
    the kubelet's where --direct was given), or wrong usage.
    """
    options = Options(**given)
    diagnosis = _of_tenants(options) if options.tenant else _look(_sides(options, _alone(options)), progress())
    show(diagnosis, output, verbose=verbose)
    sys.exit(diagnosis.exit)


def _look(sides: Sides, say: Callable[[str], None]) -> Diagnosis:
    seen = asyncio.run(observe(sides, say))
    say("comparing")
    return judge(seen)


def _of_tenants(options: Options) -> Diagnosis:
    """All are read before the first is looked at."""
    if options.allowed or options.token_file:
        raise click.UsageError("--tenant has its own namespaces and token: leave --allowed and --token-file out")
    if options.direct and not options.direct_token_file:
        raise click.UsageError("--direct with --tenant takes --direct-token-file: a tenant's token may not read it")
    tenants = [_tenant(text) for text in options.tenant]
    sides = {one.name: _sides(options, one) for one in tenants}
    if len(sides) < len(tenants):
        raise click.UsageError("expected each --tenant to have a name of its own; got one twice")
    say = progress()
    each = {}
    for name, one in sides.items():
        say(f"tenant {name}")
        each[name] = _look(one, say)
    return together({name: one.allowed for name, one in sides.items()}, each)


@dataclass(frozen=True, slots=True)
class Tenant:
    """``namespaces`` as they were given; ``token_file`` None: the pod's own, where there is one."""

    name: str
    token_file: Path | None
    namespaces: str


def _alone(options: Options) -> Tenant:
    if not options.allowed:
        raise click.UsageError(
            "--allowed A,B says what the tenant may see; --tenant NAME=FILE:A,B what each of several may"
        )
    return Tenant("", options.token_file, options.allowed)


def _tenant(text: str) -> Tenant:
    name, _, rest = text.partition("=")
    file, _, namespaces = rest.rpartition(":")
    if not (name and file and namespaces):
        raise click.UsageError("expected --tenant NAME=FILE:A,B, the file with its token and the namespaces it may see")
    return Tenant(name, Path(file), namespaces)


def _sides(options: Options, tenant: Tenant) -> Sides:
    """Raises OwnFault where an option is not what it should be."""
    trusting = Trusting(options.ca, options.insecure, options.token_on_http)
    allowed = parse_namespaces(tenant.namespaces)
    caller = authorization_of(tenant.token_file)
    full = authorization_of(options.direct_token_file) if options.direct_token_file else caller
    proxy = trusting.entrance("--proxy", options.proxy, caller, options.proxy_server_name)
    direct = kubelet = None
    if options.direct:
        direct = kubelet = trusting.entrance("--direct", options.direct, full, options.direct_server_name)
    if options.kubelet_host:
        kubelet = trusting.entrance(
            "--kubelet-host", kubelet_url(options.kubelet_host), None, options.direct_server_name
        )
    return Sides(proxy, allowed, direct, caller, kubelet, options.timeout, options.interval)
