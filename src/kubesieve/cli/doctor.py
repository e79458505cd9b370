"""``kubesieve doctor``: looks at a node directly and through a proxy, and explains every "—"."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from kubesieve.cli.again import Duration, look_again
from kubesieve.cli.entrances import Trusting, authorization_of
from kubesieve.cli.output import progress, show
from kubesieve.doctor.bundle.loading import load
from kubesieve.doctor.bundle.redact import NOTES, redact
from kubesieve.doctor.bundle.saving import save
from kubesieve.doctor.collect.cluster import node_entrance, pods_in, pods_of
from kubesieve.doctor.collect.gather import Plan, gather
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import MOST_LOG, MOST_PODS, Evidence, Source
from kubesieve.doctor.reports import FORMS
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.reading import api_server, default_path
from kubesieve.named_file import read_file
from kubesieve.sieve import parse_namespaces

ADMIN = "127.0.0.1:9441"
_FILE = click.Path(path_type=Path, dir_okay=False)
_PATH = click.Path(path_type=Path)

_EPILOG = """\b
Examples:
  kubesieve doctor --direct https://10.0.0.7:10250 --proxy https://proxy.example:8443 --token-file token --ca ca.crt
  kubesieve doctor --node worker-1 --proxy http://10.0.0.9:8080 --save case.zip
  kubesieve doctor --proxy https://proxy.example:8443 --pods pods.json --namespaces team-a
  kubesieve doctor --proxy https://proxy.example:8443 --kubeconfig ~/.kube/config --namespaces team-a
  kubesieve doctor --from case.zip -o markdown
  kubesieve doctor --direct https://10.0.0.7:10250 --proxy https://proxy.example:8443 --every 60s --admin-listen :9441
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a live look, as they were given."""

    direct: str | None
    node: str | None
    proxy: str | None
    pods: Path | None
    agent_log: Path | None
    namespaces: str | None
    kubeconfig: Path | None
    context: str | None
    token_file: Path | None
    proxy_token_file: Path | None
    ca: tuple[Path, ...]
    insecure: bool
    token_on_http: bool
    direct_server_name: str | None
    proxy_server_name: str | None
    interval: float
    timeout: float


def look_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What to look at, and how."""
    for option in reversed(_LOOK):
        command = option(command)
    return command


_LOOK = (
    click.option("--direct", metavar="URL", help="The kubelet itself: https://HOST:10250."),
    click.option("--node", metavar="NAME", help="The kubelet by the API server's node proxy, with the kubeconfig."),
    click.option("--proxy", metavar="URL", help="The proxied view, as the agent dials it."),
    click.option("--pods", type=_FILE, help="Pods known elsewhere: kubectl get pods -A -o json."),
    click.option("--agent-log", type=_FILE, help="The agent's log, or what `agent status` printed."),
    click.option("--namespaces", metavar="A,B", help="What should be seen; else everything the direct view has."),
    click.option("--kubeconfig", type=_FILE, help="For --node and live pods. [default: $KUBECONFIG, ~/.kube/config]"),
    click.option("--context", metavar="NAME", help="Of the kubeconfig. [default: the current one]"),
    click.option("--token-file", type=_FILE, help="The token to show. [default: the pod's own, where there is one]"),
    click.option("--proxy-token-file", type=_FILE, help="The token for the proxy. [default: the same]"),
    click.option("--ca", type=_FILE, multiple=True, help="CA to trust; may be given twice. [default: the cluster's]"),
    click.option("--insecure", is_flag=True, help="Do not verify certificates."),
    click.option("--token-on-http", is_flag=True, help="Show the token on plain http, too: agents do not."),
    click.option("--direct-server-name", metavar="NAME", help="The name in the kubelet's certificate."),
    click.option("--proxy-server-name", metavar="NAME", help="The name in the proxy's certificate."),
    click.option(
        "--interval",
        type=click.FloatRange(0, 600),
        default=15.0,
        show_default=True,
        help="Seconds between two looks; 0: one look, and no CPU %.",
    ),
    click.option("--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Of a request."),
)


@click.command(epilog=_EPILOG)
@look_options
@click.option("--save", "save_to", type=_PATH, metavar="DIR|F.zip", help="Keep the evidence, without secrets.")
@click.option("--from", "bundle", type=_PATH, metavar="DIR|F.zip", help="Diagnose saved evidence; nothing is asked.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMS),
    default="table",
    show_default=True,
)
@click.option("-v", "--verbose", is_flag=True, help="With the evidence of each finding, and every container.")
@click.option("--every", type=Duration(), metavar="60s", help="Look again and again; the page whenever it changes.")
@click.option("--admin-listen", metavar="A:P", help="With --every: health and metrics. [default: 127.0.0.1:9441]")
def doctor(
    *,
    save_to: Path | None,
    bundle: Path | None,
    output: str,
    verbose: bool,
    every: float | None,
    admin_listen: str | None,
    **given: Any,
) -> None:
    """Explain every "—": what is seen directly and through the proxy, why, and what to paste.

    Takes whatever there is: the kubelet, the proxied view, a list of pods, an agent's log, or a saved bundle.
    Exit code 0: all as expected; 1: findings; 2: nothing to look at, or wrong usage.
    """
    options = Options(**given)
    if every is not None:
        _check_lasting(bundle, save_to)
        showing = partial(show, form=output, verbose=verbose)
        look_again(partial(_look, options), every, admin_listen or ADMIN, showing)
        return
    if admin_listen is not None:
        raise click.UsageError("--admin-listen is for looking again and again: give --every as well")
    if bundle is not None:
        _check_alone(options, save_to)
        evidence = load(bundle)
    else:
        evidence = asyncio.run(take(options))
        if save_to is not None:
            save(evidence, save_to)
            click.echo(f"saved {save_to}; {NOTES[0]}", err=True)
    progress()("comparing")
    diagnosis = examine(evidence)
    show(diagnosis, output, verbose=verbose)
    sys.exit(diagnosis.exit)


def examine(evidence: Evidence) -> Diagnosis:
    """Redacted first, so that a saved bundle gives the same."""
    found = diagnose(redact(evidence))
    return replace(found, notes=NOTES)


async def _look(options: Options) -> Diagnosis:
    return await asyncio.to_thread(examine, await take(options))


def _check_lasting(bundle: Path | None, save_to: Path | None) -> None:
    if bundle or save_to:
        raise click.UsageError("--every looks at what is there now: leave --from and --save out")


def _check_alone(options: Options, save_to: Path | None) -> None:
    if options.direct or options.proxy or options.node or options.pods or options.agent_log or save_to:
        raise click.UsageError("--from looks at saved evidence alone: leave the other sources out")


async def take(options: Options) -> Evidence:
    """A live look. Raises OwnFault where there is nothing to look at."""
    plan = await _plan(options)
    if not plan.entrances and plan.pods is None and plan.agent_log is None:
        raise click.UsageError("give something to look at: --direct, --node, --proxy, --pods, --agent-log or --from")
    return await gather(plan, progress())


async def _plan(options: Options) -> Plan:
    if options.node and options.direct:
        raise click.UsageError("--node and --direct both name the direct view: give one of them")
    expected = parse_namespaces(options.namespaces) if options.namespaces else frozenset()
    entrances, has_token = _entrances(options)
    pods = read_file(options.pods, "a list of pods", MOST_PODS) if options.pods else None
    if options.node or options.kubeconfig or options.context:
        server = api_server(options.kubeconfig or default_path(), options.context)
        if options.node:
            entrances[Source.DIRECT], has_token[Source.DIRECT] = node_entrance(server, options.node), True
        if pods is None:
            pods = await _pods(server, options, expected)
    log = (
        read_file(options.agent_log, "an agent's log", MOST_LOG).decode("utf-8", "replace")
        if options.agent_log
        else None
    )
    return Plan(entrances, has_token, options.interval, options.timeout, pods, log, expected)


def _entrances(options: Options) -> tuple[dict[Source, Entrance], dict[Source, bool]]:
    """Of what has a URL; and whether a token is at hand there, shown or not."""
    trusting = Trusting(options.ca, options.insecure, options.token_on_http)
    entrances: dict[Source, Entrance] = {}
    has_token: dict[Source, bool] = {}
    for source, url, file, name in (
        (Source.DIRECT, options.direct, options.token_file, options.direct_server_name),
        (Source.PROXY, options.proxy, options.proxy_token_file or options.token_file, options.proxy_server_name),
    ):
        if url:
            authorization = authorization_of(file)
            entrances[source] = trusting.entrance(f"--{source.value}", url, authorization, name)
            has_token[source] = authorization is not None
    return entrances, has_token


async def _pods(server: Entrance, options: Options, namespaces: frozenset[str]) -> bytes | None:
    """The API server's list, where it may be had: the look goes on without."""
    try:
        if options.node:
            return await pods_of(server, options.node, options.timeout)
        return await pods_in(server, namespaces, options.timeout)
    except OwnFault as fault:
        click.echo(f"kubesieve: {fault.reason}: {fault.sentence}", err=True)
        return None
