"""What holds of every form, whatever the evidence says."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from kubesieve.agents import Key
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis
from kubesieve.doctor.finding import Finding
from kubesieve.doctor.reports import FORMS, render
from kubesieve.doctor.reports.groups import GROUPS, group_of, in_general
from kubesieve.doctor.reports.record import record
from kubesieve.doctor.verdicts import VERDICTS
from kubesieve.tables import width
from tests.doctor.reports.diagnoses import AGENT, SMALL, with_text
from tests.doctor.scenes import Scene

SCHEMA = json.loads(files("kubesieve.doctor.reports").joinpath("report.schema.json").read_text())
AWKWARD = st.text(
    st.one_of(
        st.sampled_from(
            "\x1b\r\n\t\x00\x07\x7f\x85\x9b\u2028\u2029\u202e\u2066\ufeff\ufffe\ud800|`<>&@\\*_[]{}#~$\"'漢e\u0301"
        ),
        st.characters(),
    ),
    max_size=40,
)
WORST = "\x1b[31m\r\n\u202e\u2028\x9b```</script><!-- @all | [x](y) `a` {b} ]]> \ud800\ufffe\x00"


def _schema_errors(diagnosis: Diagnosis) -> list[str]:
    found = jsonschema.Draft202012Validator(SCHEMA).iter_errors(json.loads(render(diagnosis, "json")))
    return [error.message for error in found]


def test_the_schema_is_one_and_lets_nothing_pass_that_it_does_not_name() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    objects = [one for one in _parts(SCHEMA) if one.get("type") == "object"]
    assert len(objects) == 9
    assert all("additionalProperties" in one for one in objects)


def _parts(schema: object) -> list[dict[str, object]]:
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    return [*([schema] if isinstance(schema, dict) else []), *(part for one in inner for part in _parts(one))]


@pytest.mark.parametrize("diagnosis", [SMALL, Diagnosis(()), with_text(WORST)], ids=["small", "empty", "worst"])
def test_json_is_as_the_schema_says(diagnosis: Diagnosis) -> None:
    assert _schema_errors(diagnosis) == []


def test_json_of_a_real_look_is_as_the_schema_says() -> None:
    diagnosis = diagnose(Scene(allowed=frozenset({"datadog"})).evidence())
    assert diagnosis.containers
    assert _schema_errors(diagnosis) == []


def test_a_number_that_is_none_is_null_in_json() -> None:
    odd = Diagnosis((), containers=(ContainerLine(AGENT, math.nan, math.inf),))
    [line] = json.loads(render(odd, "json"))["containers"]
    assert (line["cpu_pct"], line["memory_pct"]) == (None, None)


@given(AWKWARD)
@example(WORST)
def test_json_and_yaml_are_ascii_and_give_the_same_values_back(text: str) -> None:
    diagnosis = with_text(text)
    for form, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        told = render(diagnosis, form)
        assert told.isascii()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", told)
        assert load(told) == record(diagnosis)


@given(AWKWARD)
@example(WORST)
def test_sarif_gives_the_same_message_back(text: str) -> None:
    told = render(with_text(text), "sarif")
    assert told.isascii()
    result = json.loads(told)["runs"][0]["results"][0]
    assert result["message"]["text"].endswith(f": {text}")


@given(AWKWARD, st.booleans(), st.booleans())
@example(WORST, True, True)
def test_a_table_has_printable_characters_line_ends_and_its_own_colours_only(
    text: str, colour: bool, verbose: bool
) -> None:
    told = render(with_text(text), "table", columns=60, colour=colour, verbose=verbose)
    plain = re.sub(r"\x1b\[\d+m", "", told) if colour else told
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert ("\x1b[" in told) == colour


@given(AWKWARD)
@example(WORST)
def test_junit_parses_and_has_nothing_but_printable_characters(text: str) -> None:
    told = render(with_text(text), "junit")
    assert all(char.isprintable() or char == "\n" for char in told)
    assert ElementTree.fromstring(told).get("failures") == "1"


@given(AWKWARD)
@example(WORST)
def test_markdown_has_no_html_no_mention_and_no_code_of_its_own(text: str) -> None:
    told = render(with_text(text), "markdown")
    assert all(char.isprintable() or char == "\n" for char in told)
    prose = re.sub(r"(?ms)^(`{3,})\n[^\n]*\n\1$", "", told)
    assert not re.search(r"[<>]", prose)
    assert not re.search(r"@(?!`)", prose)
    assert not re.search(r"(?<!\\)(?:\\\\)*`(?!@`)(?<!`@`)", prose)


@given(AWKWARD)
@example(WORST)
def test_markdown_tables_have_as_many_cells_in_each_row(text: str) -> None:
    told = render(with_text(text), "markdown")
    blocks = [block for block in told.split("\n\n") if block.startswith("| ")]
    assert len(blocks) == 3
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_markdown_shows_what_to_paste_as_it_is() -> None:
    assert "```\nat the proxy: ALLOWED_NAMESPACES=datadog,kube-system,sandbox (" in render(SMALL, "markdown")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_table_is_as_wide_as_asked_but_for_what_is_to_be_pasted(columns: int) -> None:
    wide = with_text("漢字 " * 40 + "x" * 300)
    told = render(wide, "table", columns=columns, verbose=True)
    lines = re.sub(r"(?m)^  to do\n.*\n", "", told).splitlines()
    assert max(map(width, lines)) == columns


def test_the_first_line_says_how_much_there_is() -> None:
    assert render(SMALL, "table").startswith("1 finding (1 error), 1 for information, 2 of 3 containers show —\n")
    assert render(Diagnosis(()), "table") == "all as expected\n"


def test_findings_that_do_not_fit_a_screen_are_a_line_each_unless_verbose() -> None:
    many = replace(SMALL, findings=SMALL.findings[:1] * 30)
    short, long = render(many, "table"), render(many, "table", verbose=True)
    assert 3 <= short.count("to do") < 10
    assert short.count("KS0301 error") == long.count("to do") == 30
    assert "(all of it with --verbose)" in short


def test_evidence_comes_with_verbose_only() -> None:
    assert "proxy /pods: datadog" not in render(SMALL, "table")
    assert "proxy /pods: datadog" in render(SMALL, "table", verbose=True)


def test_containers_beyond_twenty_are_counted_and_dashes_come_first() -> None:
    many = tuple(ContainerLine(Key("a", f"p{n:02}", "c"), 1.0, 1.0) for n in range(30))
    told = render(Diagnosis((), containers=(*many, *SMALL.containers)), "table")
    rows = told.partition("container\n")[2].splitlines()[1:]
    first = ["sandbox/pod-with-limits/app", "sandbox/pod-without-limits/app", "a/p00/c"]
    assert [row.split()[-1] for row in rows[:3]] == first
    assert "and 13 more (all of them with --verbose)" in told
    assert "more" not in render(Diagnosis((), containers=many), "table", verbose=True)


def test_junit_has_a_case_a_finding_and_skips_what_could_not_be_told() -> None:
    root = ElementTree.fromstring(render(SMALL, "junit"))
    assert [suite.get("name") for suite in root] == ["over-filtering", "limits", "could not be told"]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")
    assert [case.find("failure") is not None for case in root.iter("testcase")] == [True, False, False]


def test_junit_of_no_finding_is_one_case_that_passes() -> None:
    root = ElementTree.fromstring(render(Diagnosis(()), "junit"))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert [case.get("name") for case in root.iter("testcase")] == ["nothing found"]


def test_sarif_has_the_shape_of_2_1_0() -> None:
    log = json.loads(render(SMALL, "sarif"))
    [run] = log["runs"]
    driver, results = run["tool"]["driver"], run["results"]
    assert (log["version"], driver["name"]) == ("2.1.0", "kubesieve")
    assert [driver["rules"][one["ruleIndex"]]["id"] for one in results] == [one["ruleId"] for one in results]
    assert [one["level"] for one in results] == ["error", "note"]
    assert results[0]["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "sandbox", "kind": "object"},
        {"fullyQualifiedName": "proxy /pods", "kind": "resource"},
        {"fullyQualifiedName": "direct /metrics", "kind": "resource"},
        {"fullyQualifiedName": "/pods", "kind": "resource"},
    ]
    assert all(one["message"]["text"] for one in results)
    assert all(
        rule["shortDescription"]["text"] and "{" not in rule["fullDescription"]["text"] for rule in driver["rules"]
    )


def test_every_verdict_has_a_group_and_can_be_told_in_general() -> None:
    for verdict in VERDICTS.values():
        assert group_of(verdict.code) in GROUPS
        for text in (verdict.title, verdict.why, verdict.symptom, verdict.fix):
            assert in_general(text)


@pytest.mark.parametrize("form", FORMS)
def test_every_verdict_can_be_told_in_every_form(form: str) -> None:
    found = tuple(replace(with_text("x").findings[0], code=code) for code in VERDICTS)
    told = render(Diagnosis(found), form, verbose=True)
    assert all(code in told for code in VERDICTS)


@pytest.mark.parametrize("form", FORMS)
def test_a_finding_without_a_value_that_its_words_name_is_a_fault_of_the_rule(form: str) -> None:
    with pytest.raises(KeyError):
        render(Diagnosis((Finding("KS0301", "x"),)), form)
