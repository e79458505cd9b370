"""JUnit XML for CI: a suite for each group with findings, a case for each finding; errors and warnings are failures."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.finding import Severity, Unknown
from kubesieve.doctor.reports.groups import GROUPS, group_of
from kubesieve.doctor.reports.people import proof_text
from kubesieve.doctor.telling import Told, tell
from kubesieve.tables import clean

_UNKNOWN = "could not be told"


def as_junit(diagnosis: Diagnosis) -> str:
    """What XML 1.0 has no way to write is shown escaped, as all characters that do not print."""
    told = [tell(finding) for finding in diagnosis.findings]
    root = Element("testsuites", name="kubesieve doctor")
    for key, name in GROUPS.items():
        if found := [one for one in told if group_of(one.finding.code) == key]:
            _suite(root, name, found)
    if not told:
        suite = _counted(root, "kubesieve", 1, 0, 0)
        SubElement(suite, "testcase", classname="kubesieve", name="nothing found")
    _unknowns(root, diagnosis.unknowns)
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, told: Sequence[Told]) -> None:
    failures = sum(one.severity is not Severity.INFO for one in told)
    suite = _counted(root, name, len(told), failures, 0)
    for one in told:
        _case(suite, name, one)


def _counted(root: Element, name: str, tests: int, failures: int, skipped: int) -> Element:
    counts = {"name": name, "tests": str(tests), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    return SubElement(root, "testsuite", counts)


def _case(suite: Element, name: str, told: Told) -> None:
    title = clean(f"{told.finding.code} {told.title}")
    case = SubElement(suite, "testcase", classname=f"kubesieve.{name}", name=title)
    if told.severity is Severity.INFO:
        inner = SubElement(case, "system-out")
    else:
        inner = SubElement(case, "failure", type=f"{told.severity.value}", message=clean(told.finding.seen))
    inner.text = "\n".join(map(clean, _lines(told)))


def _lines(told: Told) -> list[str]:
    return [
        f"seen: {told.finding.seen}",
        f"why: {told.why}",
        f"symptom: {told.symptom}",
        f"blame: {told.blame.value}",
        f"to do: {told.fix}",
        f"way out: {told.solution.value}",
        *(f"evidence: {proof_text(proof)}" for proof in told.finding.proofs),
    ]


def _unknowns(root: Element, unknowns: Sequence[Unknown]) -> None:
    if not unknowns:
        return
    suite = _counted(root, _UNKNOWN, len(unknowns), 0, len(unknowns))
    for one in unknowns:
        case = SubElement(suite, "testcase", classname=f"kubesieve.{_UNKNOWN}", name=clean(one.question))
        SubElement(case, "skipped", message=clean(one.because))
