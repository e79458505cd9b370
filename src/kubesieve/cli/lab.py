"""``kubesieve lab``: the story of the dashes on a real cluster, through kubectl."""

from __future__ import annotations

import asyncio
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kubesieve.cli.main import FINE
from kubesieve.cli.output import progress
from kubesieve.cli.telling import tell_on_stdout
from kubesieve.faults import OwnFault
from kubesieve.lab.cluster import ClusterPlace, Helm, Images, Kubectl, Plan, has_key, install
from kubesieve.lab.cluster import down as take_down
from kubesieve.lab.cluster import up as bring_up
from kubesieve.lab.cluster.agent_chart import CHART
from kubesieve.lab.evidence import gather
from kubesieve.lab.remote import perform
from kubesieve.lab.story import Story, tell
from kubesieve.named_file import read_file

MOST_SECONDS = 900.0
_MOST_BYTES = 1 << 20
_FILE = click.Path(path_type=Path, dir_okay=False)

_EPILOG = """\b
Examples:
  kubesieve lab up --context minikube
  kubesieve lab up --image kubesieve=my/kubesieve:dev --image app=my/nginx:1 --image python=my/python:3
  kubesieve lab verify -o json | jq '.expectations[] | select(.ok | not)'
  kubesieve lab down
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were given."""

    context: str | None
    kubeconfig: str | None
    kubectl: str
    image: tuple[str, ...] = ()
    node: str | None = None
    kubelet_ca: Path | None = None
    kubelet_server_name: str | None = None
    helm: str = "helm"
    with_agent: bool = False
    chart: str = CHART
    api_key_file: Path | None = None


def _cluster(command: Any) -> Any:
    """Options of every step: which cluster it is."""
    for option in (
        click.option("--kubectl", default="kubectl", show_default=True, metavar="F", help="The kubectl to run."),
        click.option("--kubeconfig", metavar="F", help="As kubectl's. [default: kubectl's own]"),
        click.option("--context", metavar="NAME", help="As kubectl's. [default: the current one]"),
    ):
        command = option(command)
    return command


@click.group(epilog=_EPILOG)
def lab() -> None:
    """The story on a real cluster: why containers show "—" there, and what helps.

    `up` makes namespaces sandbox, datadog and kubelet-proxy with the story's pods, an agent's account, a naive proxy
    and kubesieve; `verify` looks at the node through each as an agent does, applies three ways out, and prints what
    came; `down` takes all of it away. Needs kubectl, and an account that may make namespaces and ClusterRoles.
    """


def _helm_option(command: Any) -> Any:
    return click.option("--helm", default="helm", show_default=True, metavar="F", help="The helm to run.")(command)


@lab.command()
@_cluster
@_helm_option
@click.option(
    "--image",
    multiple=True,
    metavar="NAME=IMAGE",
    help="Another image for kubesieve, app (the story's pods) or python (the naive proxy); several times.",
)
@click.option("--node", metavar="NAME", help="The node that is looked at. [default: the first that takes pods]")
@click.option("--kubelet-ca", type=_FILE, help="kubesieve verifies the kubelet by it. [default: it is not verified]")
@click.option("--kubelet-server-name", metavar="NAME", help="The name in the kubelet's certificate.")
@click.option("--with-agent", is_flag=True, help="Install Datadog's chart as well, by helm: its agent asks kubesieve.")
@click.option("--chart", default=CHART, show_default=True, metavar="CHART", help="Datadog's chart, as helm takes one.")
@click.option("--api-key-file", type=_FILE, help="Datadog's key, for a Secret. [default: asked for on a terminal]")
def up(**given: Any) -> None:
    """Make the story on a cluster. Can be run again.

    Exit code 0: all is there and ready; 2: it could not be made. A namespace of somebody else's is left alone.
    """
    options = Options(**given)
    asyncio.run(_up(options))


@lab.command()
@_cluster
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def verify(output: str, **given: Any) -> None:
    """Tell the story on the cluster that `up` was run on, as `up` set it up. Takes two minutes and a half.

    Exit code 0: all as expected; 1: a step did not come out; 2: could not look.
    """
    story = asyncio.run(_verify(Options(**given)))
    sys.exit(tell_on_stdout(story, output))


@lab.command()
@_cluster
@_helm_option
def down(**given: Any) -> None:
    """Delete everything that `up` made, and wait until it is gone.

    Exit code 0: nothing of it is left; 2: something is, or could not look.
    """
    deleted = asyncio.run(_down(Options(**given)))
    click.echo(f"deleted {', '.join(deleted)}" if deleted else "nothing of the lab was there")
    sys.exit(FINE)


@lab.command(hidden=True)
def look() -> None:
    """Look once, as stdin asks, and tell stdout what came: what `verify` runs in the agents' pods."""
    told = asyncio.run(perform(sys.stdin.buffer.read(_MOST_BYTES)))
    sys.stdout.buffer.write(told)


async def _up(options: Options) -> None:
    kubectl = _kubectl(options)
    say = progress()
    plan = await _plan(kubectl, options)
    key = await _key(kubectl, options) if options.with_agent else None
    await bring_up(kubectl, plan, say)
    if options.with_agent:
        say("Datadog's chart")
        await install(_helm(options), plan, key)


async def _key(kubectl: Kubectl, options: Options) -> str | None:
    """From a file or from a terminal, never from the command line; None where the Secret is there already."""
    if options.api_key_file:
        key = _text(options.api_key_file, "Datadog's API key").strip()
    elif await has_key(kubectl):
        return None
    else:
        key = str(click.prompt("Datadog's API key", hide_input=True, err=True)).strip() if sys.stdin.isatty() else ""
    if not key:
        raise OwnFault("api-key-missing", "expected Datadog's API key; got none. Give --api-key-file")
    return key


def _text(path: Path, what: str) -> str:
    try:
        return read_file(path, what).decode()
    except UnicodeDecodeError:
        raise OwnFault("file-unreadable", f"expected {what} in {path}; got bytes that are no text") from None


def _ca(path: Path) -> str:
    text = _text(path, "CA certificates in PEM")
    try:
        ssl.create_default_context(cadata=text or "none")
    except ssl.SSLError:
        raise OwnFault("ca-unusable", f"expected CA certificates in PEM in {path}; got none") from None
    return text


async def _down(options: Options) -> tuple[str, ...]:
    return await take_down(_helm(options), progress())


async def _verify(options: Options) -> Story:
    place = await ClusterPlace.find(_kubectl(options))
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return tell(await gather(place, progress()))
    except TimeoutError:
        raise OwnFault("too-slow", f"expected to be done in {MOST_SECONDS:.0f} s; the cluster is too slow") from None


def _kubectl(options: Options) -> Kubectl:
    return Kubectl(options.context, options.kubeconfig, options.kubectl)


def _helm(options: Options) -> Helm:
    return Helm(_kubectl(options), options.helm, options.chart)


async def _plan(kubectl: Kubectl, options: Options) -> Plan:
    given = dict(_named(text) for text in options.image)
    if options.kubelet_server_name and not options.kubelet_ca:
        raise click.UsageError("--kubelet-server-name takes --kubelet-ca: without it the kubelet is not verified")
    ca = _ca(options.kubelet_ca) if options.kubelet_ca else None
    return await Plan.make(kubectl, Images.of(given), options.node, ca, options.kubelet_server_name)


def _named(text: str) -> tuple[str, str]:
    name, _, image = text.partition("=")
    if not (name and image):
        raise click.UsageError("expected --image NAME=IMAGE, as in --image kubesieve=my/kubesieve:dev")
    return name, image
