"""docs/verdicts.md is what the table of verdicts gives."""

from __future__ import annotations

from kubesieve.doctor.reports.page import page
from kubesieve.doctor.verdicts import VERDICTS
from tests.conftest import ROOT


def test_the_page_is_made_anew_after_each_change_of_the_table() -> None:
    told = (ROOT / "docs/verdicts.md").read_text()
    assert told == page(), "run: kubesieve explain -o markdown > docs/verdicts.md"
    assert all(f"| {code} | " in told for code in VERDICTS)
