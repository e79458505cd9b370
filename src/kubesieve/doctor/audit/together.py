"""The audits of several tenants in front of one proxy, as one: each against what is allowed to it alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kubesieve.doctor.audit.judge import order
from kubesieve.doctor.diagnosis import Diagnosis, TenantLine
from kubesieve.doctor.finding import Finding, Unknown
from kubesieve.doctor.telling import counts


def together(allowed: Mapping[str, frozenset[str]], each: Mapping[str, Diagnosis]) -> Diagnosis:
    """By tenant's name: what is allowed to it, and what came of its audit.

    A finding in any is a finding of the whole; without one, a tenant of whom nothing could be told leaves it untold.
    """
    findings = tuple(sorted(_findings(each), key=order))
    return Diagnosis(
        findings,
        tuple(_unknowns(each)),
        views={f"{name}: {view}": facts for name, one in each.items() for view, facts in one.views.items()},
        looked=any(map(counts, _of_who_looked(each))) or all(one.looked for one in each.values()),
        tenants=tuple(
            TenantLine(name, tuple(sorted(allowed[name])), one.exit, _codes(one)) for name, one in each.items()
        ),
    )


def _findings(each: Mapping[str, Diagnosis]) -> Iterator[Finding]:
    for name, one in each.items():
        yield from (replace(finding, tenant=name) for finding in one.findings)


def _of_who_looked(each: Mapping[str, Diagnosis]) -> Iterator[Finding]:
    return (finding for one in each.values() if one.looked for finding in one.findings)


def _unknowns(each: Mapping[str, Diagnosis]) -> Iterator[Unknown]:
    """What all have in common is said once."""
    shared = set.intersection(*(set(one.unknowns) for one in each.values()))
    yield from (unknown for unknown in next(iter(each.values())).unknowns if unknown in shared)
    for name, one in each.items():
        yield from (
            replace(unknown, question=f"tenant {name}: {unknown.question}")
            for unknown in one.unknowns
            if unknown not in shared
        )


def _codes(one: Diagnosis) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.code for finding in one.findings if counts(finding)))
