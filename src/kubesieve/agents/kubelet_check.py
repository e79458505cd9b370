"""Datadog's kubelet check over one view of a node: its status, what it says, and a row for each container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kubesieve.agents.answers import View
from kubesieve.agents.cadvisor import CONTAINER_SERIES, Cadvisor, read_cadvisor
from kubesieve.agents.dash import Dash
from kubesieve.agents.pods import PodList
from kubesieve.agents.rows import Row, Scrape, Scrapes, make_rows
from kubesieve.agents.rules import Effect, Endpoint, Rules
from kubesieve.agents.walk import Notice, Walk, walk

SECONDS_BETWEEN_RUNS = 15.0


class Status(StrEnum):
    OK = "OK"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the check reports. ``samples`` and ``metrics`` count the container metrics modelled here, not all it sends.

    ``failure`` is why containers without a row have none, where that is the check's own doing.
    """

    agent: str
    status: Status
    health: Status
    notices: tuple[Notice, ...]
    samples: int
    metrics: int
    pods: int
    rows: tuple[Row, ...]
    failure: Dash | None
    token_sent: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the agent says, log lines that leave the status alone included."""
        return tuple(notice.words for notice in self.notices)


def kubelet_check(
    view: View, rules: Rules, *, previous: View | None = None, seconds: float = SECONDS_BETWEEN_RUNS
) -> CheckReport:
    """Runs the check over a view. CPU usage is a rate: it needs the previous view and the seconds between the two."""
    run = walk(view, rules)
    now = _scrape(run, rules)
    before = _scrape(walk(previous, rules), rules) if previous else None
    sent = tuple(_sent(now))
    return CheckReport(
        agent=rules.name,
        status=_status(run),
        health=_health(view, rules, run),
        notices=run.notices,
        samples=len(sent),
        metrics=len(set(sent)),
        pods=now.pods.pods,
        rows=make_rows(Scrapes(now, before, seconds)),
        failure=_failure(now, rules, run),
        token_sent=view.token_sent,
    )


def _scrape(run: Walk, rules: Rules) -> Scrape:
    """What the run left: nothing at all where it ended before the pods were reported."""
    if _ended_early(run, rules):
        return Scrape(PodList(), Cadvisor(), series_failed=True)
    pods = run.readings[Endpoint.PODS].pods if Endpoint.PODS in run.readings else PodList()
    series = run.readings.get(Endpoint.CADVISOR)
    return Scrape(
        pods=pods,
        cadvisor=read_cadvisor(series.families, pods.containers) if series else Cadvisor(),
        pods_failed=run.failed(Endpoint.PODS),
        series_failed=run.failed(Endpoint.CADVISOR),
    )


def _ended_early(run: Walk, rules: Rules) -> bool:
    order = [step.endpoint for step in rules.steps]
    return run.stopped is not None and order.index(run.stopped) <= order.index(rules.reports_pods_after)


def _sent(scrape: Scrape) -> Iterator[str]:
    """The metric of each point sent."""
    for container in scrape.pods.containers:
        for kind, quantities in (("limits", container.limits), ("requests", container.requests)):
            if container.counted:
                yield from (f"kubernetes.{name}.{kind}" for name, value in quantities.items() if value is not None)
    for family, points in scrape.cadvisor.points.items():
        yield from (CONTAINER_SERIES[family].metric for _ in points)
    yield from ("kubernetes.memory.usage_pct" for _ in scrape.cadvisor.memory_pct)


def _status(run: Walk) -> Status:
    effects = {notice.effect for notice in run.notices}
    if Effect.STOP in effects:
        return Status.ERROR
    return Status.WARNING if Effect.WARN in effects else Status.OK


def _health(view: View, rules: Rules, run: Walk) -> Status:
    """The service check of /healthz: the older check looks at no status, the newer one does."""
    step = next(step for step in rules.steps if step.endpoint is Endpoint.HEALTH)
    status = view.answer(step.target).status
    unread = status is None or run.failed(Endpoint.HEALTH)
    return Status.ERROR if unread or (rules.health_by_status and status != 200) else Status.OK


def _failure(scrape: Scrape, rules: Rules, run: Walk) -> Dash | None:
    if _ended_early(run, rules):
        return Dash.CHECK_FAILED
    return Dash.POD_LIST_FAILED if scrape.pods_failed else None
