"""``kubesieve serve``: the proxy. A drop-in for naive ones: their environment names work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from kubesieve.cli.options import make_policy, node_series_options
from kubesieve.gateway.configuration import load
from kubesieve.gateway.configured import Configured, settings_of
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.service import serve as run
from kubesieve.gateway.settings import Settings, kubelet_url_of, parse_address
from kubesieve.kubelet.client import parse_url

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog="Example: kubesieve serve --kubelet https://10.0.0.7:10250 --kubelet-ca /etc/kubernetes/ca.crt "
    "--namespaces team-a,team-b --tls-cert tls.crt --tls-key tls.key --listen :8443"
)
@click.option(
    "--listen", default=":8080", show_default=True, metavar="A:P", help="The tenants' port; 0 takes a free one."
)
@click.option("--admin-listen", default="127.0.0.1:9440", show_default=True, metavar="A:P", help="Health and metrics.")
@click.option(
    "--config", type=_FILE, metavar="F", help="A configuration file (see check-config); nothing else is given then."
)
@click.option("--kubelet", metavar="URL", help="https://HOST:PORT; else from KUBELET_HOST and KUBELET_PORT.")
@click.option("--kubelet-host", envvar="KUBELET_HOST", default="127.0.0.1", hidden=True)
@click.option("--kubelet-port", envvar="KUBELET_PORT", default="10250", hidden=True)
@click.option(
    "--kubelet-ca", "--ca", envvar="KUBELET_CA_FILE", type=_FILE, help="CA of the kubelet [default: the cluster's]."
)
@click.option(
    "--kubelet-insecure", "--insecure", envvar="KUBELET_INSECURE", is_flag=True, help="Do not verify the kubelet."
)
@click.option(
    "--kubelet-server-name", envvar="KUBELET_SERVER_NAME", metavar="NAME", help="The name its certificate has."
)
@click.option(
    "--namespaces",
    envvar="ALLOWED_NAMESPACES",
    show_envvar=True,
    metavar="A,B",
    help="What callers may see.",
)
@click.option("--tls-cert", type=_FILE, help="Certificate for the tenants' port; read again when it changes.")
@click.option("--tls-key", type=_FILE, help="Its key.")
@click.option("--token-file", type=_FILE, help="A token of ours, for the readiness check alone.")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 300), default=10.0, show_default=True, help="Seconds for the kubelet."
)
@click.option(
    "--cache-ttl",
    type=click.FloatRange(0, 60),
    default=1.0,
    show_default=True,
    help="Seconds a scrape is shared among requests with the same token; 0: never.",
)
@node_series_options
def serve(config: Path | None, **options: Any) -> None:
    """Serve a kubelet's data of some namespaces, on the kubelet's own paths.

    The caller's Authorization goes to the kubelet, which judges it. Only the namespaces given here are let through,
    alike on every endpoint. Everything else is refused with a reason code and never reaches the kubelet. Access
    records (JSON, one a request) go to stdout.

    \b
    Environment, as naive proxies have it: KUBELET_HOST, KUBELET_PORT, ALLOWED_NAMESPACES;
    and KUBELET_CA_FILE, KUBELET_INSECURE, KUBELET_SERVER_NAME.
    """
    configured = _configured(config) if config else None
    settings = settings_of(configured.configuration) if configured else make_settings(**options)
    journal = Journal()
    try:
        asyncio.run(run(settings, journal, configured))
    finally:
        journal.stop()


def _configured(path: Path) -> Configured:
    """Raises OwnFault, UsageError where options are given that the file stands for."""
    context = click.get_current_context()
    given = [name for name in context.params if _is_given(context, name) and name != "config"]
    if given:
        raise click.UsageError(f"--config stands for all options; --{given[0].replace('_', '-')} is given beside it")
    return Configured(path, load(path))


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def make_settings(
    *,
    namespaces: str | None,
    node_series: str,
    keep_series: tuple[str, ...],
    drop_series: tuple[str, ...],
    **options: Any,
) -> Settings:
    """The options as checked settings. Raises OwnFault, with what was expected; UsageError without namespaces."""
    if namespaces is None:
        raise click.UsageError("--namespaces A,B (or ALLOWED_NAMESPACES) says what callers may see; or --config FILE")
    url = options["kubelet"] or kubelet_url_of(options["kubelet_host"], options["kubelet_port"])
    return Settings(
        listen=parse_address(options["listen"]),
        admin_listen=parse_address(options["admin_listen"]),
        kubelet=parse_url(url),
        policy=make_policy(namespaces, node_series, keep_series, drop_series),
        tls_cert=options["tls_cert"],
        tls_key=options["tls_key"],
        kubelet_ca=options["kubelet_ca"],
        kubelet_insecure=options["kubelet_insecure"],
        kubelet_server_name=options["kubelet_server_name"],
        token_file=options["token_file"],
        timeout_seconds=options["timeout"],
        cache_seconds=options["cache_ttl"],
    )
