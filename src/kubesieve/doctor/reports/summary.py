"""The first line of a report for people."""

from __future__ import annotations

from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of


def headline(diagnosis: Diagnosis) -> str:
    """ "2 findings (1 error, 1 warning), 3 of 12 containers show —", or that all is as expected."""
    parts = [_counted(diagnosis), _dashes(diagnosis)]
    return ", ".join(part for part in parts if part)


def dashed(line: ContainerLine) -> bool:
    return line.cpu_pct is None or line.memory_pct is None


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _counted(diagnosis: Diagnosis) -> str:
    found = [severity_of(finding) for finding in diagnosis.findings]
    errors, warnings = found.count(Severity.ERROR), found.count(Severity.WARNING)
    told = found.count(Severity.INFO)
    more = f", {told} for information" if told else ""
    if not errors + warnings:
        return f"{'all as expected' if diagnosis.looked else 'nothing can be told'}{more}"
    kinds = [count(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return f"{count(errors + warnings, 'finding')} ({', '.join(kinds)}){more}"


def _dashes(diagnosis: Diagnosis) -> str:
    number, total = sum(map(dashed, diagnosis.containers)), len(diagnosis.containers)
    return f"{number} of {count(total, 'container')} {'shows' if number == 1 else 'show'} —" if total else ""
