"""Every bundle of the corpus gets its right first verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.finding import Blame, Severity
from kubesieve.doctor.telling import blame_of, counts, severity_of, tell
from kubesieve.doctor.verdicts import VERDICTS
from tests.doctor.corpus import CORPUS, NEAR_MISSES
from tests.doctor.diagnosed import diagnosis_of
from tests.doctor.rewriters import BY_COMPARING, SAME_DIRECTLY


@pytest.mark.parametrize("name", CORPUS)
def test_the_first_verdict_is_the_right_one(name: str) -> None:
    found = diagnosis_of(name)
    told = [f"{one.code} {tell(one).title}: {one.seen}" for one in found.findings]
    assert told
    assert found.findings[0].code == CORPUS[name][0], "\n".join(told)


@pytest.mark.parametrize("name", CORPUS)
def test_no_row_names_a_fault_that_no_finding_tells(name: str) -> None:
    found = diagnosis_of(name)
    wrong = {code for code in named_by_rows(found) if VERDICTS[code].severity is not Severity.INFO}
    assert wrong <= {one.code for one in found.findings}


def named_by_rows(found: Diagnosis) -> set[str]:
    return {code for row in found.containers for code in (row.cpu_dash_reason, row.memory_dash_reason) if code}


@pytest.mark.parametrize("name", CORPUS)
def test_where_all_is_said_to_be_well_every_dash_is_told_of_among_the_findings(name: str) -> None:
    found = diagnosis_of(name)
    codes = {one.code for one in found.findings}
    assert "KS0901" not in codes or named_by_rows(found) <= codes


@pytest.mark.parametrize("name", BY_COMPARING)
def test_what_the_kubelet_says_otherwise_is_the_proxys_doing(name: str) -> None:
    blames = {blame_of(one) for one in diagnosis_of(name).findings if counts(one)}
    assert blames <= {Blame.PROXY}


@pytest.mark.parametrize("name", SAME_DIRECTLY)
def test_what_the_kubelet_says_alike_is_not_the_proxys_doing(name: str) -> None:
    found = diagnose(SAME_DIRECTLY[name].evidence()).findings
    assert [(one.code, one.seen) for one in found if blame_of(one) is Blame.PROXY] == []


@pytest.mark.parametrize("name", sorted(NEAR_MISSES))
def test_a_near_miss_has_nothing_to_be_done(name: str) -> None:
    assert [one.code for one in diagnosis_of(name).findings if severity_of(one) is not Severity.INFO] == []


def test_the_confusion_table(record_property: Callable[[str, object], None]) -> None:
    table = Counter((CORPUS[name][0], diagnosis_of(name).findings[0].code) for name in CORPUS)
    head = f"{len(CORPUS)} bundles, {len(NEAR_MISSES)} of them near misses; right verdict, first verdict, bundles:"
    rows = [f"  {right} {first} {count:3}" for (right, first), count in sorted(table.items())]
    record_property("table", "\n".join([head, *rows]))
    assert len(CORPUS) >= 60
    assert all(right == first for right, first in table)
