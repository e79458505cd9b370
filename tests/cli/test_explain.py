"""``kubesieve explain`` tells every verdict of the table."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from kubesieve.cli.main import kubesieve
from kubesieve.doctor.reports.groups import in_general
from kubesieve.doctor.verdicts import VERDICTS


def _explain(*arguments: str) -> Result:
    return CliRunner().invoke(kubesieve, ["explain", *arguments])


@pytest.mark.parametrize("code", VERDICTS)
def test_every_verdict_is_told_with_all_its_texts(code: str) -> None:
    done, verdict = _explain(code), VERDICTS[code]
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{code}: {in_general(verdict.title)}\n")
    assert f"severity {verdict.severity.value}, blame {verdict.blame.value}\n" in done.stdout
    for text in map(in_general, (verdict.why, verdict.symptom, verdict.fix)):
        assert f"  {text}\n" in done.stdout
    for text in (verdict.solution.value, verdict.example, verdict.unless):
        assert f"  {text}\n" in done.stdout


def test_what_a_finding_fills_in_stands_in_capitals_in_angle_brackets() -> None:
    told = _explain("KS0104").stdout
    assert "KS0104: <URL> does not accept the token (401)" in told
    assert "{url}" not in told


def test_doubled_braces_of_the_table_are_single_ones() -> None:
    assert "'%{http_code}\\n' <URL>/healthz" in _explain("KS0101").stdout


def test_lower_case_and_several_codes_will_do() -> None:
    told = _explain("ks0301", "KS0501").stdout
    assert [line[:6] for line in told.splitlines() if line.startswith("KS")] == ["KS0301", "KS0501"]


def test_without_a_code_all_are_listed_in_order() -> None:
    rows = _explain().stdout.splitlines()[2:]
    assert [row.split()[0] for row in rows] == sorted(VERDICTS)


def test_json_has_every_text_of_what_was_asked_for() -> None:
    told = json.loads(_explain("ks0301", "-o", "json").stdout)
    assert told["schema"] == 1
    [entry] = told["verdicts"]
    assert list(entry) == [
        "code",
        "title",
        "severity",
        "blame",
        "why",
        "symptom",
        "fix",
        "solution",
        "example",
        "unless",
    ]
    assert len(json.loads(_explain("-o", "json").stdout)["verdicts"]) == len(VERDICTS)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("KS0300", "did you mean KS03"), ("KS3001", "did you mean"), ("help", "lists all"), ("\x1b[2J", r"'\x1b[2J'")],
)
def test_an_unknown_code_is_wrong_usage_with_a_hint(code: str, hint: str) -> None:
    done = _explain("KS0301", code)
    assert (done.exit_code, done.stdout) == (2, "")
    assert hint in done.stderr
    assert "\x1b" not in done.stderr


def test_the_page_is_of_all_verdicts() -> None:
    assert _explain("KS0301", "-o", "markdown").exit_code == 2
