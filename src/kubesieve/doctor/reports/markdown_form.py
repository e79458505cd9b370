"""Markdown to paste into a ticket: what came from the node is text there, never markup, link, mention or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubesieve.doctor.diagnosis import Diagnosis, EndpointFacts
from kubesieve.doctor.reports.people import proof_text
from kubesieve.doctor.reports.summary import dashed, headline
from kubesieve.doctor.telling import Told, tell
from kubesieve.tables import clean

MOST_ROWS = 100
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "`@`"}
_ACTIVE = re.compile(r"[&<>|@\\`*\[\]~#$]|(?<!\w)_|_(?!\w)")


def escape(text: str) -> str:
    """Text for the middle of a line: control characters, markup, cells and mentions mean nothing in it."""
    return _ACTIVE.sub(lambda found: _ESCAPED.get(found[0], f"\\{found[0]}"), clean(text))


def as_markdown(diagnosis: Diagnosis) -> str:
    told = [tell(finding) for finding in diagnosis.findings]
    parts = (
        [f"# kubesieve: {escape(headline(diagnosis))}"],
        _overview(told),
        *(_finding(one) for one in told),
        _containers(diagnosis),
        _views(diagnosis),
        _unknowns(diagnosis),
        [f"{escape(note)}\n" for note in diagnosis.notes],
    )
    return "\n\n".join("\n".join(lines).rstrip() for part in parts if (lines := list(part))) + "\n"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table; cells are escaped here."""
    if rows:
        yield _row(head)
        yield _row(["---"] * len(head))
        yield from (_row([escape(cell) for cell in row]) for row in rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _overview(told: Sequence[Told]) -> Iterator[str]:
    rows = [(one.finding.code, one.severity.value, one.title, one.blame.value) for one in told]
    yield from markdown_table(("code", "severity", "finding", "blame"), rows)


def _finding(told: Told) -> Iterator[str]:
    yield f"## {told.finding.code} {told.severity.value}: {escape(told.title)}"
    yield ""
    for label, text in (
        ("seen", told.finding.seen),
        ("why", told.why),
        ("symptom", told.symptom),
        ("way out", told.solution.value),
    ):
        yield f"- **{label}:** {escape(text)}"
    for proof in told.finding.proofs:
        yield f"- **evidence:** {escape(proof_text(proof))}"
    if told.finding.explains:
        yield f"- **explains:** {escape(', '.join(map(str, told.finding.explains)))}"
    yield from ("", "To do:", "", *_fenced(told.fix))


def _fenced(text: str) -> tuple[str, str, str]:
    """A block whose text is shown as it is, to be pasted: its fence is longer than any run of backticks in it."""
    shown = clean(text)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", shown))])
    return fence, shown, fence


def _containers(diagnosis: Diagnosis) -> Iterator[str]:
    ordered = sorted(diagnosis.containers, key=lambda line: (not dashed(line), line.key))
    rows = [
        (str(one.key), _cell(one.cpu_pct, one.cpu_dash_reason), _cell(one.memory_pct, one.memory_dash_reason))
        for one in ordered[:MOST_ROWS]
    ]
    if rows:
        yield from ("## Containers", "", *markdown_table(("container", "cpu %", "memory %"), rows))
    if len(ordered) > MOST_ROWS:
        yield f"\nand {len(ordered) - MOST_ROWS} more"


def _cell(value: float | None, code: str | None) -> str:
    return f"{value:.1f}" if value is not None else f"— {code or ''}".rstrip()


def _views(diagnosis: Diagnosis) -> Iterator[str]:
    rows = [(name, *_endpoint(endpoint)) for name, facts in diagnosis.views.items() for endpoint in facts.endpoints]
    if rows:
        yield from ("## Seen", "", *markdown_table(("view", "endpoint", "status", "bytes", "fault"), rows))


def _endpoint(facts: EndpointFacts) -> tuple[str, str, str, str]:
    return facts.target, "—" if facts.status is None else str(facts.status), str(facts.length), facts.fault or ""


def _unknowns(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.unknowns:
        yield from ("## Could not be told", "")
        yield from (f"- {escape(one.question)}: {escape(one.because)}" for one in diagnosis.unknowns)
