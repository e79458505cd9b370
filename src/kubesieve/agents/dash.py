"""Why a number is not there. The keys are stable: reports and verdicts refer to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Dash(StrEnum):
    """The reason for a "—". Earlier members weigh more: where two reasons hold, the first one is told."""

    CHECK_FAILED = "check-failed"
    POD_LIST_FAILED = "pod-list-failed"
    FILTERED = "filtered"
    NOT_IN_PODS = "not-in-pods"
    NOT_RUNNING = "not-running"
    NO_CONTAINER_ID = "no-container-id"
    UNTYPED = "untyped"
    LABELS_MISSING = "labels-missing"
    NO_SAMPLE = "no-sample"
    LIMIT_UNREADABLE = "limit-unreadable"
    NO_LIMIT = "no-limit"
    ONE_SCRAPE = "one-scrape"
    COUNTER_RESET = "counter-reset"


WORDS = {
    Dash.CHECK_FAILED: "the check ended, or could not read the series, before this container's turn",
    Dash.POD_LIST_FAILED: "the pod list could not be read, so no series can be told whose it is",
    Dash.FILTERED: "this view holds nothing of the namespace",
    Dash.NOT_IN_PODS: "series came, but the pod list of the same view has no such container",
    Dash.NOT_RUNNING: "the pod is over, or its container waits to run",
    Dash.NO_CONTAINER_ID: "the pod list gives the container no id to join on",
    Dash.UNTYPED: "the family has no TYPE line, or comes in two places",
    Dash.LABELS_MISSING: "the series came without a label the agent insists on, even an empty one",
    Dash.NO_SAMPLE: "no series of this container",
    Dash.LIMIT_UNREADABLE: "the limit is no quantity",
    Dash.NO_LIMIT: "no limit is set: by design",
    Dash.ONE_SCRAPE: "a rate takes two scrapes",
    Dash.COUNTER_RESET: "the counter went back between two scrapes",
}
"""One plain sentence for each reason."""

_WEIGHT = {dash: place for place, dash in enumerate(Dash)}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or the reason why there is none: exactly one of the two."""

    value: float | None
    dash: Dash | None

    def text(self, unit: str = "") -> str:
        """As the page shows it."""
        return "—" if self.value is None else f"{self.value:.1f}{unit}"


def number(value: float) -> Measure:
    """A measured number; what is not finite was not measured."""
    return Measure(value, None) if math.isfinite(value) else none(Dash.NO_SAMPLE)


def none(dash: Dash) -> Measure:
    return Measure(None, dash)


def percent(part: Measure, whole: Measure) -> Measure:
    """Part of whole in percent; else the weightier of the two reasons."""
    if part.value is None or whole.value is None:
        return none(min((m.dash for m in (part, whole) if m.dash), key=_WEIGHT.__getitem__))
    return number(100 * part.value / whole.value) if whole.value > 0 else none(Dash.NO_LIMIT)
