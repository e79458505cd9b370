"""A diagnosis as one record: what JSON and YAML say, and what the schema describes. Publicly stable: schema 1."""

from __future__ import annotations

import math
from typing import Any

from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis, EndpointFacts, ViewFacts
from kubesieve.doctor.finding import Proof
from kubesieve.doctor.telling import Told, tell

SCHEMA = 1


def record(diagnosis: Diagnosis) -> dict[str, Any]:
    """Keys always in this order; a number that is none becomes null."""
    return {
        "schema": SCHEMA,
        "exit": diagnosis.exit,
        "views": {name: _view(facts) for name, facts in diagnosis.views.items()},
        "findings": [_finding(tell(finding)) for finding in diagnosis.findings],
        "containers": [_container(line) for line in diagnosis.containers],
        "could_not_tell": [{"question": one.question, "because": one.because} for one in diagnosis.unknowns],
        "notes": list(diagnosis.notes),
    }


def _view(facts: ViewFacts) -> dict[str, Any]:
    return {
        "url": facts.url,
        "endpoints": [_endpoint(endpoint) for endpoint in facts.endpoints],
        "namespaces": {path: list(names) for path, names in facts.namespaces.items()},
    }


def _endpoint(facts: EndpointFacts) -> dict[str, Any]:
    return {
        "target": facts.target,
        "status": facts.status,
        "content_type": facts.content_type,
        "length": facts.length,
        "fault": facts.fault,
    }


def _finding(told: Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "code": finding.code,
        "severity": told.severity.value,
        "blame": told.blame.value,
        "title": told.title,
        "namespace": finding.namespace,
        "pod": finding.pod,
        "container": finding.container,
        "endpoint": finding.endpoint,
        "seen": finding.seen,
        "why": told.why,
        "symptom": told.symptom,
        "fix": told.fix,
        "solution": told.solution.value,
        "explains": [str(key) for key in finding.explains],
        "evidence": [_proof(proof) for proof in finding.proofs],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "source": proof.source.value if proof.source else None,
        "endpoint": proof.endpoint,
        "line": proof.line,
        "text": proof.text,
    }


def _container(line: ContainerLine) -> dict[str, Any]:
    return {
        "namespace": line.key.namespace,
        "pod": line.key.pod,
        "container": line.key.container,
        "cpu_pct": _finite(line.cpu_pct),
        "memory_pct": _finite(line.memory_pct),
        "cpu_dash_reason": line.cpu_dash_reason,
        "memory_dash_reason": line.memory_dash_reason,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
