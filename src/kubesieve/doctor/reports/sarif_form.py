"""SARIF 2.1.0: a rule for each code that occurs, a result for each finding, endpoints as logical locations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kubesieve import __version__
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.finding import Proof, Severity, Verdict
from kubesieve.doctor.reports.groups import GROUPS, group_of, in_general
from kubesieve.doctor.telling import Told, tell
from kubesieve.doctor.verdicts import VERDICTS

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def as_sarif(diagnosis: Diagnosis) -> str:
    told = [tell(finding) for finding in diagnosis.findings]
    codes = list(dict.fromkeys(one.finding.code for one in told))
    driver = {"name": "kubesieve", "version": __version__, "rules": [_rule(VERDICTS[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "exitCode": diagnosis.exit}],
        "results": [_result(one, codes.index(one.finding.code)) for one in told],
    }
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _rule(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.code,
        "shortDescription": {"text": in_general(verdict.title)},
        "fullDescription": {"text": in_general(verdict.why)},
        "help": {"text": in_general(verdict.fix)},
        "defaultConfiguration": {"level": _LEVELS[verdict.severity]},
        "properties": {"tags": [GROUPS[group_of(verdict.code)], verdict.blame.value]},
    }


def _result(told: Told, index: int) -> dict[str, Any]:
    return {
        "ruleId": told.finding.code,
        "ruleIndex": index,
        "level": _LEVELS[told.severity],
        "message": {"text": f"{told.title}: {told.finding.seen}"},
        "locations": [{"logicalLocations": _locations(told)}],
        "properties": {"blame": told.blame.value, "why": told.why, "fix": told.fix, "solution": told.solution.value},
    }


def _locations(told: Told) -> list[dict[str, str]]:
    """The object the finding is about, and the endpoints it was seen at."""
    finding = told.finding
    named = [name for name in (finding.namespace, finding.pod, finding.container) if name]
    endpoints = [finding.endpoint] if finding.endpoint else []
    places = [*(_place(proof) for proof in finding.proofs), *endpoints]
    found = [*([("/".join(named), "object")] if named else []), *((place, "resource") for place in places if place)]
    return [{"fullyQualifiedName": name, "kind": kind} for name, kind in _once(found)] or [
        {"fullyQualifiedName": "node", "kind": "object"}
    ]


def _place(proof: Proof) -> str:
    return " ".join(part for part in (proof.source.value if proof.source else None, proof.endpoint) if part)


def _once(found: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return list(dict.fromkeys(found))
