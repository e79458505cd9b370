"""The table of verdicts as a page and as records: what `kubesieve explain` prints without a code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubesieve.doctor.finding import Solution, Verdict
from kubesieve.doctor.reports.groups import GROUPS, group_of, in_general
from kubesieve.doctor.reports.markdown_form import markdown_table
from kubesieve.doctor.verdicts import VERDICTS

_HEAD = """# Verdicts

What `kubesieve doctor` and `kubesieve audit` can find. Codes are never used twice for different things.
`kubesieve explain KS0301` tells all of one: why, the symptom, what to paste, an example, and what comes close and is
something else. This page is made by `kubesieve explain -o markdown`.
"""
_COLUMNS = ("code", "what is found", "severity", "blame", "way out")


def entry(verdict: Verdict) -> dict[str, str]:
    """A row of the table in general words: every text of it."""
    return {
        "code": verdict.code,
        "title": in_general(verdict.title),
        "severity": verdict.severity.value,
        "blame": verdict.blame.value,
        "why": in_general(verdict.why),
        "symptom": in_general(verdict.symptom),
        "fix": in_general(verdict.fix),
        "solution": verdict.solution.value,
        "example": verdict.example,
        "unless": verdict.unless,
    }


def page() -> str:
    """Markdown: a table for each group."""
    parts = [_HEAD.rstrip(), *("\n".join(_section(key, name)) for key, name in GROUPS.items())]
    return "\n\n".join(parts) + "\n"


def of_group(key: str) -> Sequence[Verdict]:
    """In the order of their codes."""
    return sorted((one for one in VERDICTS.values() if group_of(one.code) == key), key=lambda one: one.code)


def _section(key: str, name: str) -> Iterator[str]:
    yield f"## {key}xx: {name}"
    yield ""
    yield from markdown_table(_COLUMNS, [_row(verdict) for verdict in of_group(key)])


def _row(verdict: Verdict) -> tuple[str, ...]:
    way_out = "" if verdict.solution is Solution.NONE else verdict.solution.value
    return verdict.code, in_general(verdict.title), verdict.severity.value, verdict.blame.value, way_out
