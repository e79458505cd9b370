"""The table form, for people at a terminal: the first screen says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis, EndpointFacts, ViewFacts
from kubesieve.doctor.finding import Proof, Severity, Solution
from kubesieve.doctor.reports.summary import count, dashed, headline
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.telling import Told, tell
from kubesieve.tables import clean, fold, table

SCREEN = 40
"""Lines for findings told in full; those that do not fit are one line each."""
MOST_ROWS = 20
_LABEL = 10
_INDENT = "  "
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


@dataclass(frozen=True, slots=True)
class Layout:
    """``columns`` None does not wrap; ``colour`` marks codes and headings; ``verbose`` tells everything."""

    columns: int | None = None
    colour: bool = False
    verbose: bool = False

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text

    def heading(self, text: str) -> str:
        return self.paint(text, "1")

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Clean lines; the first one is not indented."""
        shown = clean(text)
        lines = [shown] if self.columns is None else fold(shown, max(self.columns - indent, 20))
        return [lines[0], *(" " * indent + line for line in lines[1:])]


def as_table(diagnosis: Diagnosis, layout: Layout) -> str:
    blocks = (
        layout.wrapped(headline(diagnosis), 0),
        list(_tenants(diagnosis, layout)),
        *_findings(diagnosis, layout),
        list(_containers(diagnosis.containers, layout)),
        list(_views(diagnosis, layout)),
        list(_unknowns(diagnosis, layout)),
        [line for note in diagnosis.notes for line in layout.wrapped(note, 0)] if layout.verbose else [],
    )
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


_RESULTS = ("as expected", "findings", "could not be told")
"""By exit code."""


def _tenants(diagnosis: Diagnosis, layout: Layout) -> Iterator[str]:
    rows = [(one.name, ", ".join(one.allowed), _RESULTS[one.exit], " ".join(one.codes)) for one in diagnosis.tenants]
    if rows:
        yield table(("tenant", "allowed", "result", "codes"), rows, columns=layout.columns)


def _findings(diagnosis: Diagnosis, layout: Layout) -> Iterator[list[str]]:
    """Blocks: each finding in full while the screen lasts, then one block of single lines.

    What is for information alone is a single line where there is something to do.
    """
    left, short = SCREEN, list[str]()
    for place, told in enumerate(map(tell, diagnosis.findings)):
        block = list(_finding(told, layout))
        left -= len(block) + 1
        fits = left >= 0 and not short and (told.severity is not Severity.INFO or not diagnosis.exit)
        if layout.verbose or place == 0 or fits:
            yield block
        else:
            short += _head(told, layout)
    if short:
        yield [*short, "(all of it with --verbose)"]


def _head(told: Told, layout: Layout) -> list[str]:
    code, severity = told.finding.code, told.severity.value
    first, *more = layout.wrapped(told.title, len(code) + 9)
    return [f"{layout.paint(code, _COLOURS[told.severity])} {severity:<8}{first}", *more]


def _finding(told: Told, layout: Layout) -> Iterator[str]:
    yield from _head(told, layout)
    yield from _labelled("seen", told.finding.seen, layout)
    yield from _labelled("why", told.why, layout)
    if layout.verbose:
        yield from _labelled("symptom", told.symptom, layout)
        yield from _labelled("blame", told.blame.value, layout)
        for proof in told.finding.proofs:
            yield from _labelled("evidence", proof_text(proof), layout)
        for key in told.finding.explains:
            yield from _labelled("explains", str(key), layout)
    if told.solution is not Solution.NONE:
        yield from _labelled("way out", told.solution.value, layout)
    yield f"{_INDENT}to do"
    yield f"{_INDENT * 2}{clean(told.fix)}"  # never wrapped: it is there to be pasted


def proof_text(proof: Proof) -> str:
    """ "proxy /pods, line 3: what stands there"."""
    where = " ".join(part for part in (proof.source.value if proof.source else None, proof.endpoint) if part)
    line = f"line {proof.line}" if proof.line is not None else None
    place = ", ".join(part for part in (where, line) if part)
    return f"{place}: {proof.text}" if place else proof.text


def _labelled(label: str, text: str, layout: Layout) -> Iterator[str]:
    first, *more = layout.wrapped(text, _LABEL + len(_INDENT))
    yield f"{_INDENT}{label:<{_LABEL}}{first}"
    yield from more


def _containers(lines: Sequence[ContainerLine], layout: Layout) -> Iterator[str]:
    """Those with a dash first; the name comes last, since it may be long."""
    if not lines:
        return
    ordered = sorted(lines, key=lambda line: (not dashed(line), line.key))
    shown = ordered if layout.verbose else ordered[:MOST_ROWS]
    rows = [
        (_cell(one.cpu_pct, one.cpu_dash_reason), _cell(one.memory_pct, one.memory_dash_reason), str(one.key))
        for one in shown
    ]
    yield layout.heading("Containers, as the agent's page would show them")
    yield table(("cpu %", "memory %", "container"), rows, columns=layout.columns)
    if len(shown) < len(ordered):
        yield f"and {len(ordered) - len(shown)} more (all of them with --verbose)"


def _cell(value: float | None, code: str | None) -> str:
    return f"{value:.1f}" if value is not None else f"— {code or ''}".rstrip()


def _views(diagnosis: Diagnosis, layout: Layout) -> Iterator[str]:
    if diagnosis.views:
        yield layout.heading("Seen")
    for name, facts in diagnosis.views.items():
        first, *more = layout.wrapped(f"{name} at {facts.url}: {_in_brief(facts)}", 4)
        yield from (f"{_INDENT}{first}", *more)
        if layout.verbose:
            yield table(("status", "bytes", "namespaces", "endpoint"), _view_rows(facts), columns=layout.columns)


def _in_brief(facts: ViewFacts) -> str:
    """How many answered well, and what became of the others."""
    odd: dict[str, list[str]] = {}
    for endpoint in facts.endpoints:
        if not _good(endpoint):
            odd.setdefault(_outcome(endpoint), []).append(endpoint.target)
    good = len(facts.endpoints) - sum(map(len, odd.values()))
    told = (f"{outcome}: {listed(targets)}" for outcome, targets in odd.items())
    return "; ".join([f"{good} of {count(len(facts.endpoints), 'endpoint')} good", *told])


def _good(endpoint: EndpointFacts) -> bool:
    return endpoint.status == 200 and endpoint.fault is None


def _outcome(endpoint: EndpointFacts) -> str:
    came = "no answer" if endpoint.status is None else str(endpoint.status)
    return came + (f", {endpoint.fault}" if endpoint.fault else "")


def _view_rows(facts: ViewFacts) -> Iterator[tuple[str, str, str, str]]:
    for endpoint in facts.endpoints:
        names = facts.namespaces.get(endpoint.target.partition("?")[0])
        status = "—" if endpoint.status is None else str(endpoint.status)
        fault = f": {endpoint.fault}" if endpoint.fault else ""
        yield status, str(endpoint.length), "" if names is None else str(len(names)), endpoint.target + fault


def _unknowns(diagnosis: Diagnosis, layout: Layout) -> Iterator[str]:
    if not diagnosis.unknowns:
        return
    yield layout.heading(f"Could not be told: {count(len(diagnosis.unknowns), 'question')}")
    for unknown in diagnosis.unknowns:
        first, *more = layout.wrapped(f"{unknown.question}: {unknown.because}", 4)
        yield from (f"{_INDENT}- {first}", *more)
