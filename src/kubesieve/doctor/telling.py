"""A finding in words: the table's texts with the finding's own values in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kubesieve.doctor.finding import Blame, Finding, Severity, Solution
from kubesieve.doctor.verdicts import VERDICTS

_LISTED = re.compile(r"[^\w .,:/@%+=\[\]-]", re.ASCII)
_NAME = re.compile(r"[^\w.,:/@%+=\[\]-]", re.ASCII)
_ALTERNATIVES = re.compile(r"[^\w.|-]", re.ASCII)
_NAMES = frozenset({"namespace", "pod", "kind", "allow", "account", "url", "host", "port", "resources"})


@dataclass(frozen=True, slots=True)
class Told:
    """All that is said of one finding."""

    finding: Finding
    title: str
    severity: Severity
    blame: Blame
    why: str
    symptom: str
    fix: str
    solution: Solution


def severity_of(finding: Finding) -> Severity:
    return finding.severity or VERDICTS[finding.code].severity


def counts(finding: Finding) -> bool:
    """Whether something is to be done: an error or a warning."""
    return severity_of(finding) is not Severity.INFO


def blame_of(finding: Finding) -> Blame:
    return finding.blame or VERDICTS[finding.code].blame


def tell(finding: Finding) -> Told:
    """Raises KeyError where the table has no such code, or its text wants a value that the rule did not give."""
    verdict, values = VERDICTS[finding.code], _values(finding)
    return Told(
        finding,
        title=_whose(finding) + verdict.title.format_map(values),
        severity=severity_of(finding),
        blame=blame_of(finding),
        why=verdict.why.format_map(values),
        symptom=verdict.symptom.format_map(values),
        fix=verdict.fix.format_map(_Pasted(values)),
        solution=verdict.solution,
    )


def _whose(finding: Finding) -> str:
    return f"tenant {finding.tenant}: " if finding.tenant is not None else ""


@dataclass(frozen=True, slots=True)
class _Pasted:
    """Values as they may stand in a command: they came in bodies, from anybody, and a shell must read them as words."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return _unsafe(name).sub("?", self.values[name])


def _unsafe(name: str) -> re.Pattern[str]:
    return _ALTERNATIVES if name == "pattern" else _NAME if name in _NAMES else _LISTED


def _values(finding: Finding) -> Mapping[str, str]:
    """The finding's own, and its count of containers in words."""
    count = finding.values.get("count", "")
    return {**finding.values, "counted": counted(int(count))} if count.isdigit() else finding.values


def counted(count: int) -> str:
    return "1 container" if count == 1 else f"{count} containers"
