"""What a check gets out of each kind of body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kubesieve.agents.answers import Answer
from kubesieve.agents.families import SampleFamily, read_text
from kubesieve.agents.pods import PodList, read_pods
from kubesieve.agents.rules import Endpoint, Flaw, Parser, Step
from kubesieve.agents.summary import read_summary


@dataclass(frozen=True, slots=True)
class Reading:
    """What a step got out of a body. A flaw may do no harm: that is for the step's table to say."""

    flaws: tuple[Flaw, ...] = ()
    error: str | None = None  # the text parser's, in its words
    pods: PodList = field(default_factory=PodList)
    families: tuple[SampleFamily, ...] = ()


def read(step: Step, answer: Answer, parser: Parser) -> Reading:
    """Reads the body of an answer to a step; never raises."""
    if step.endpoint in _SERIES:
        text = read_text(answer.body, parser, drops=step.drops)
        return Reading((Flaw.UNREADABLE,) if text.error else (), text.error, families=text.families)
    reader = _READERS.get(step.endpoint)
    return reader(answer) if reader else Reading()


def _read_pods(answer: Answer) -> Reading:
    pods = read_pods(answer.body)
    return Reading(((Flaw.COMPRESSED,) if answer.compressed else ()) + pods.flaws, pods=pods)


def _read_summary(answer: Answer) -> Reading:
    return Reading(read_summary(answer.body).flaws)


def _read_spec(answer: Answer) -> Reading:
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return Reading((Flaw.UNREADABLE,))
    return Reading()


def _read_health(answer: Answer) -> Reading:
    """The Python check reads lines of text, and gets bytes where the Content-Type names no encoding."""
    content_type = answer.content_type.lower()
    decoded = any(word in content_type for word in ("charset=", "text", "application/json"))
    return Reading(() if decoded or not answer.body else (Flaw.NOT_DECODED,))


_SERIES = frozenset({Endpoint.CADVISOR, Endpoint.METRICS, Endpoint.PROBES, Endpoint.SLIS})
_READERS: Mapping[Endpoint, Callable[[Answer], Reading]] = {
    Endpoint.HEALTH: _read_health,
    Endpoint.PODS: _read_pods,
    Endpoint.SPEC: _read_spec,
    Endpoint.SUMMARY: _read_summary,
}
