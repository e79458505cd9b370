"""Every test that the threat model names is there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

NAMED = sorted(set(re.findall(r"`([a-z_/]+\.py)(?:::(test_\w+))?`", (ROOT / "docs/security.md").read_text())))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_what_shows_it_is_there(file: str, test: str) -> None:
    source = (ROOT / "tests" / file).read_text()
    assert f"def {test}(" in source if test else "def test_" in source


def test_each_row_names_one() -> None:
    rows = [
        row for row in (ROOT / "docs/security.md").read_text().splitlines() if row.startswith("| ") and "---" not in row
    ]
    without = [row for row in rows if "`" not in row.split("|")[3]]
    assert [row.split("|")[3].strip() for row in without] == ["shown by"] * 3
