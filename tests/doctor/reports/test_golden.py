"""What each form looks like, as files to read; KUBESIEVE_GOLDEN=write makes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubesieve import __version__
from kubesieve.doctor.reports import FORMS, render
from tests.doctor.reports.diagnoses import SMALL

FOLDER = Path(__file__).parent / "golden"
NAMES = {
    "table": "small.txt",
    "json": "small.json",
    "yaml": "small.yaml",
    "markdown": "small.md",
    "junit": "small.xml",
    "sarif": "small.sarif",
}


def test_every_form_has_a_golden_file() -> None:
    assert set(NAMES) == set(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_the_small_diagnosis_is_told_as_in_the_golden_file(form: str) -> None:
    text = render(SMALL, form, columns=100).replace(f'"version": "{__version__}"', '"version": "VERSION"')
    golden = FOLDER / NAMES[form]
    if os.environ.get("KUBESIEVE_GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()
