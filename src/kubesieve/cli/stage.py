"""`kubesieve stage`: the embedded node alone, to point agents and proxies at."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Literal

import click

from kubesieve.stage.breakage import Fault, parse_fault
from kubesieve.stage.node import build_nodes
from kubesieve.stage.service import EmbeddedNode, StageOptions

_EPILOG = """\b
Examples:
  kubesieve stage
  kubesieve stage --pods 100 --namespaces 10 --listen 127.0.0.1:10250
  kubesieve stage --nodes 3
  kubesieve stage --break /metrics/cadvisor=500 --break /pods=slow:5
"""


class _Address(click.ParamType[tuple[str, int]]):
    name = "ADDRESS:PORT"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, colon, port = value.rpartition(":")
        if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
            self.fail(f"expected ADDRESS:PORT, such as 127.0.0.1:0; got {value!r}", param, ctx)
        return host.strip("[]"), int(port)


class _Break(click.ParamType[tuple[str, Fault]]):
    name = "PATH=KIND"

    def convert(
        self, value: str | tuple[str, Fault], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Fault]:
        if isinstance(value, tuple):
            return value
        path, equals, kind = value.partition("=")
        if not equals or not (path.startswith("/") or path == "*"):
            self.fail(f"expected PATH=KIND, such as /metrics/cadvisor=500; got {value!r}", param, ctx)
        try:
            return path, parse_fault(kind)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(epilog=_EPILOG)
@click.option("--nodes", type=click.IntRange(1, 50), default=1, show_default=True, help="Nodes of the cluster.")
@click.option("--pods", type=click.IntRange(0, 5000), default=0, help="Plain pods beside the story's.")
@click.option("--namespaces", type=click.IntRange(1, 1000), default=10, help="Namespaces they are spread over.")
@click.option("--seed", type=int, default=1, show_default=True, help="All names, ids and values come from it.")
@click.option("--runtime", type=click.Choice(["containerd", "docker"]), default="containerd", show_default=True)
@click.option("--break", "faults", type=_Break(), multiple=True, help="Answer PATH (* for all) with this fault.")
@click.option("--listen", type=_Address(), default="127.0.0.1:0", show_default=True, help="Port 0 takes any.")
@click.option(
    "--apiserver-listen", type=_Address(), default="127.0.0.1:0", show_default=True, help="The same of its apiserver."
)
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where CA and tokens go.")
def stage(
    *,
    nodes: int,
    pods: int,
    namespaces: int,
    seed: int,
    runtime: Literal["containerd", "docker"],
    faults: tuple[tuple[str, Fault], ...],
    listen: tuple[str, int],
    apiserver_listen: tuple[str, int],
    folder: Path | None,
) -> None:
    """Start an embedded node: a fake kubelet and apiserver, over TLS, until interrupted.

    With --nodes more of them, which the apiserver lists; they have ports of their own, and the faults, too.
    """
    node, *others = build_nodes(nodes, pods=pods, namespaces=namespaces, seed=seed, runtime=runtime)
    try:
        embedded = EmbeddedNode(node, StageOptions(listen, apiserver_listen, folder), others)
    except OSError as error:
        places = " or ".join(f"{host}:{port}" for host, port in (listen, apiserver_listen))
        raise click.UsageError(f"cannot listen on {places}: {error.strerror or error}") from error
    for kubelet in embedded.kubelets:
        for path, fault in faults:
            kubelet.break_(path, fault.kind, seconds=fault.seconds)
    stopped = _until_signal()
    with embedded:
        _announce(embedded)
        stopped.wait()


def _until_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    return stopped


def _announce(embedded: EmbeddedNode) -> None:
    """Where it listens, where its files are, and a line to paste."""
    token = embedded.token_file("datadog")
    click.echo(f"listening on {embedded.url}", err=True)
    for kubelet in embedded.kubelets[1:]:
        click.echo(f"{kubelet.node.name} on {kubelet.url}", err=True)
    click.echo(f"apiserver at {embedded.apiserver.url}", err=True)
    click.echo(f"CA {embedded.ca_file}, tokens in {token.parent}: {', '.join(embedded.tokens)}", err=True)
    header = f'-H "Authorization: Bearer $(cat {token})"'
    click.echo(f"curl --cacert {embedded.ca_file} {header} {embedded.url}/metrics/resource", err=True)
