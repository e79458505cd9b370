"""One run of a check: its table of steps walked over a view's answers, from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from kubesieve.agents.answers import Answer, View
from kubesieve.agents.readings import Reading, read
from kubesieve.agents.rules import Effect, Endpoint, Flaw, Rules, Step

_CAUSES = {
    Flaw.UNREADABLE: "the body is not JSON",
    Flaw.NOT_DECODED: "the Content-Type names no text encoding",
    Flaw.COMPRESSED: "the body is compressed, and read as it came",
    Flaw.ITEMS_NULL: "pod list is invalid or null",
    Flaw.ITEM_NULL: "'NoneType' object has no attribute 'get'",
    Flaw.PODS_NULL: "'NoneType' object is not iterable",
    Flaw.NODE_FS_PARTIAL: "node.fs has a capacity and no usage",
}
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_SAID = frozenset({Effect.LOG, Effect.WARN, Effect.STOP})


@dataclass(frozen=True, slots=True)
class Notice:
    """What the agent says about one endpoint, in its words as far as they hold nothing of a body."""

    endpoint: Endpoint
    effect: Effect
    words: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A run: what was read by endpoint, what was said, and the step that ended it early."""

    readings: Mapping[Endpoint, Reading]
    notices: tuple[Notice, ...]
    stopped: Endpoint | None

    def failed(self, endpoint: Endpoint) -> bool:
        """Whether the run lacks the endpoint, or has only what came before an error."""
        said = any(notice.endpoint is endpoint for notice in self.notices)
        return said or endpoint not in self.readings


def walk(view: View, rules: Rules) -> Walk:
    """Takes every step until one stops the check."""
    readings: dict[Endpoint, Reading] = {}
    notices: list[Notice] = []
    for step in rules.steps:
        if step.needs and step.needs not in readings:
            continue
        answer = view.answer(step.target, step.method)
        reading = read(step, answer, rules.parser) if step.effect(answer.status) is Effect.READ else None
        notice = _judge(step, answer, reading, rules)
        if reading and (notice is None or reading.families):
            readings[step.endpoint] = reading
        notices += [notice] if notice else []
        if notice and notice.effect is Effect.STOP:
            return Walk(readings, tuple(notices), step.endpoint)
    return Walk(readings, tuple(notices), None)


def _judge(step: Step, answer: Answer, reading: Reading | None, rules: Rules) -> Notice | None:
    if reading is None:
        effect, cause = step.effect(answer.status), _status_cause(step, answer, rules)
    else:
        flaw = next((flaw for flaw in reading.flaws if flaw in step.flaws), None)
        effect = step.flaws[flaw] if flaw else Effect.READ
        cause = reading.error or (_CAUSES[flaw] if flaw else "")
    if effect not in _SAID:
        return None
    return Notice(step.endpoint, effect, (step.says or rules.says).format(cause=cause, target=step.target))


def _status_cause(step: Step, answer: Answer, rules: Rules) -> str:
    if answer.status is None:
        return answer.error or "no answer"
    return rules.says_status.format(
        status=answer.status,
        side="Client" if answer.status < 500 else "Server",
        phrase=_PHRASES.get(answer.status, ""),
        target=step.target,
    )
