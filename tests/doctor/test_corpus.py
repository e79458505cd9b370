"""Every bundle of the corpus gets its right first verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of, tell
from kubesieve.doctor.verdicts import VERDICTS
from tests.doctor.corpus import CORPUS, NEAR_MISSES
from tests.doctor.diagnosed import diagnosis_of


@pytest.mark.parametrize("name", CORPUS)
def test_the_first_verdict_is_the_right_one(name: str) -> None:
    found = diagnosis_of(name)
    told = [f"{one.code} {tell(one).title}: {one.seen}" for one in found.findings]
    assert told
    assert found.findings[0].code == CORPUS[name][0], "\n".join(told)


@pytest.mark.parametrize("name", CORPUS)
def test_no_row_names_a_fault_that_no_finding_tells(name: str) -> None:
    found = diagnosis_of(name)
    named = {code for row in found.containers for code in (row.cpu_dash_reason, row.memory_dash_reason) if code}
    wrong = {code for code in named if VERDICTS[code].severity is not Severity.INFO}
    assert wrong <= {one.code for one in found.findings}


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
