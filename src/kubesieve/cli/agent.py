"""``kubesieve agent``: what Datadog's kubelet and container checks would report from a URL."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kubesieve.agents import (
    GO_7,
    PYTHON_10,
    SECONDS_BETWEEN_RUNS,
    CheckReport,
    CheckRequest,
    CheckRun,
    KnownContainer,
    Rules,
    View,
    asks_of,
    container_check,
    known_containers,
    kubelet_check,
    ui_rows,
)
from kubesieve.cli.agent_text import Told, told_as
from kubesieve.cli.entrances import Trusting, authorization_of
from kubesieve.cli.tables import escape_for_locale
from kubesieve.doctor.agent_client import CONTAINER_ASKS, AgentClient
from kubesieve.doctor.agent_report import ContainerReport, KubeletReport
from kubesieve.doctor.evidence import MOST_PODS
from kubesieve.doctor.views.view import SUMMARY
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from kubesieve.named_file import read_file

AGENTS = {"python": (PYTHON_10,), "go": (GO_7,), "both": (GO_7, PYTHON_10)}
TOKEN_KEPT = "the token stays here: agents send it on https only"  # noqa: S105 - a sentence
SAME_VIEW = (
    "known containers are those of /pods at the same URL: what it hides is not missed (see --pods, --known-from)"
)
ROUGH = "CPU % is rough: kubelets measure every 10 to 15 s, and the two looks are closer than that (see --interval)"
_FILE = click.Path(path_type=Path, dir_okay=False)

_EPILOG = """\b
Examples:
  kubesieve agent kubelet --url https://10.0.0.7:10250 --token-file token --ca ca.crt
  kubesieve agent kubelet --url http://10.0.0.9:8080 --agent python --interval 0
  kubesieve agent container --url http://10.0.0.9:8080 --known-from https://10.0.0.7:10250 --token-file token --insecure
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were given."""

    url: str
    token_file: Path | None
    ca: tuple[Path, ...]
    insecure: bool
    server_name: str | None
    timeout: float
    agent: str
    interval: float
    pods: Path | None
    known_from: str | None
    known_server_name: str | None


@click.command(epilog=_EPILOG)
@click.argument("check", type=click.Choice(["kubelet", "container"]))
@click.option("--url", required=True, metavar="URL", help="What the agent dials: a kubelet or a proxy in front of it.")
@click.option("--token-file", type=_FILE, help="The token to show. [default: the pod's own, where there is one]")
@click.option("--ca", type=_FILE, multiple=True, help="CA to trust; may be given twice. [default: the cluster's]")
@click.option("--insecure", is_flag=True, help="Do not verify certificates.")
@click.option("--server-name", metavar="NAME", help="The name in the certificate at --url.")
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Of a request.")
@click.option(
    "--agent",
    type=click.Choice(list(AGENTS)),
    default="both",
    show_default=True,
    help="Go is the default today, Python the older check.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    help="Seconds between two looks; 0: one look, and no CPU %.",
)
@click.option("--pods", type=_FILE, help="Containers the agent knows: kubectl get pods -A -o json.")
@click.option("--known-from", metavar="URL", help="Containers the agent knows: /pods there, the kubelet's own.")
@click.option("--known-server-name", metavar="NAME", help="The name in the certificate at --known-from.")
@click.option("-o", "--output", type=click.Choice(["table", "json", "yaml"]), default="table", show_default=True)
def agent(check: str, output: str, **given: Any) -> None:
    """What Datadog's checks would report from a URL: status, warnings, and CPU % and memory % a container.

    A "—" comes with the code of its verdict: `kubesieve explain KS0501`. The token is sent on https only, as agents do.
    Exit code 0: OK, and no dash but those by design; 1: warnings, errors or dashes; 2: could not look.
    """
    options = Options(**given)
    if options.pods and options.known_from:
        raise click.UsageError("--pods and --known-from both name the known containers: give one of them")
    escape_for_locale()
    told, reached = asyncio.run(_kubelet(options) if check == "kubelet" else _container(options))
    click.echo(told_as(told, output), nl=False)
    if not reached:
        raise OwnFault(
            "upstream-unreachable", f"expected an answer from {options.url[:200]!a}; got none to any request"
        )
    sys.exit(told.exit)


async def _kubelet(options: Options) -> tuple[Told, bool]:
    rules = AGENTS[options.agent]
    entrance, notes = _entrance(options.url, options, options.server_name)
    notes += [ROUGH] if 0 < options.interval < SECONDS_BETWEEN_RUNS else []
    known = await _known(options)
    async with AgentClient(entrance, options.timeout) as client:
        before = [await client.look(asks_of(one)) for one in rules] if options.interval else []
        await asyncio.sleep(options.interval)
        now = [await client.look(asks_of(one)) for one in rules]
        stats = (await client.look(CONTAINER_ASKS)).view if known is not None else View({})
    rows = container_check(stats, known or ())
    checks = (
        _report(one, look, before[place] if before else None)
        for place, (one, look) in enumerate(zip(rules, now, strict=True))
    )
    reports = tuple(KubeletReport(check, ui_rows(check, rows)) for check in checks)
    return Told(options.url, client.token_sent, reports, tuple(notes)), any(_answered(look.view) for look in now)


def _report(rules: Rules, now: CheckRun, before: CheckRun | None) -> CheckReport:
    previous = before.view if before else None
    return kubelet_check(now.view, rules, previous=previous, seconds=now.at - before.at if before else 0.0)


async def _container(options: Options) -> tuple[Told, bool]:
    entrance, notes = _entrance(options.url, options, options.server_name)
    known = await _known(options)
    async with AgentClient(entrance, options.timeout) as client:
        view = (await client.look(CONTAINER_ASKS)).view
    if known is None:
        known = known_containers(view.answer("/pods").body)
        notes.append(SAME_VIEW)
    report = ContainerReport(container_check(view, known), view.answer(SUMMARY).status)
    return Told(options.url, client.token_sent, (report,), tuple(notes)), _answered(view)


def _answered(view: View) -> bool:
    return any(answer.status is not None for answer in view.answers.values())


def _entrance(text: str, options: Options, server_name: str | None) -> tuple[Entrance, list[str]]:
    authorization = authorization_of(options.token_file)
    entrance = Trusting(options.ca, options.insecure).entrance("--url", text, authorization, server_name)
    return entrance, [TOKEN_KEPT] if authorization and not entrance.authorization else []


async def _known(options: Options) -> tuple[KnownContainer, ...] | None:
    """The containers a runtime would name, from elsewhere; None where nobody said from where. Raises OwnFault."""
    if options.pods:
        body, where = read_file(options.pods, "a list of pods", MOST_PODS), str(options.pods)
    elif options.known_from:
        body, where = await _pods_at(options.known_from, options), options.known_from
    else:
        return None
    known = known_containers(body)
    if not known:
        raise OwnFault("pods-unusable", f"expected a PodList with running containers from {where[:200]!a}; got none")
    return known


async def _pods_at(text: str, options: Options) -> bytes:
    entrance, _ = _entrance(text, options, options.known_server_name)
    async with AgentClient(entrance, options.timeout) as client:
        answer = await client.ask(CheckRequest("/pods"))
    if answer.status != 200:
        came = answer.error or f"status {answer.status}"
        raise OwnFault("pods-unusable", f"expected the pod list at {text[:200]!a}; got: {came}")
    return answer.body
