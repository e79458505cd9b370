"""A diagnosis as text, in one of six forms. Pure: the terminal's width and colours are arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.reports.json_form import as_json
from kubesieve.doctor.reports.junit_form import as_junit
from kubesieve.doctor.reports.markdown_form import as_markdown
from kubesieve.doctor.reports.people import Layout, as_table
from kubesieve.doctor.reports.sarif_form import as_sarif
from kubesieve.doctor.reports.yaml_form import as_yaml

_PROGRAMS: Mapping[str, Callable[[Diagnosis], str]] = {
    "json": as_json,
    "yaml": as_yaml,
    "markdown": as_markdown,
    "junit": as_junit,
    "sarif": as_sarif,
}
FORMS = ("table", *_PROGRAMS)


def render(
    diagnosis: Diagnosis, form: str, *, columns: int | None = None, colour: bool = False, verbose: bool = False
) -> str:
    """Text that ends in a line end. ``columns``, ``colour`` and ``verbose`` are for the table alone.

    Raises KeyError where ``form`` is none of FORMS, or a finding lacks a value that its verdict's texts name.
    """
    if form == "table":
        return as_table(diagnosis, Layout(columns, colour, verbose))
    return _PROGRAMS[form](diagnosis)
