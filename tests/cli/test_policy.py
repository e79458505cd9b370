"""``kubesieve policy`` prints the table that decides, with a reason a row."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from kubesieve.cli.main import kubesieve
from kubesieve.sieve.node_series import FIELDS, SERIES
from kubesieve.tables import table


def _policy(*arguments: str) -> list[dict[str, str]]:
    done = CliRunner().invoke(kubesieve, ["policy", "-o", "json", *arguments])
    assert done.exit_code == 0
    rows: list[dict[str, str]] = json.loads(done.output)["rows"]
    return rows


def test_every_row_of_the_table_is_printed_with_its_reason() -> None:
    rows = _policy()
    assert {row["why"] for row in rows} == {row.reason for row in (*SERIES, *FIELDS)}
    assert all(row["why"] for row in rows)
    text = CliRunner().invoke(kubesieve, ["policy"]).output
    assert len(text.splitlines()) == len(rows) + 2


@pytest.mark.parametrize(("preset", "kept"), [("none", 0), ("node", 4), ("all", 10)])
def test_the_verdicts_follow_the_preset(preset: str, kept: int) -> None:
    rows = [row for row in _policy("--node-series", preset) if row["with"] in ("no namespace label", 'namespace=""')]
    assert sum(row["verdict"] == "keep" for row in rows) == kept


def test_data_of_the_node_under_a_tenants_name_is_a_row_of_its_own() -> None:
    [row] = [row for row in _policy() if row["with"] == "an allowed namespace"]
    assert (row["series"], row["verdict"]) == ("container_network_*", "keep")
    assert "hostNetwork" in row["why"]


def test_additions_come_first() -> None:
    rows = _policy("--keep-series", "kubelet_running_pods", "--drop-series", "container_network_*")
    assert [(row["series"], row["verdict"]) for row in rows[:2]] == [
        ("container_network_*", "drop"),
        ("kubelet_running_pods", "keep"),
    ]


def test_a_table_escapes_what_a_terminal_would_act_on_and_keeps_its_columns() -> None:
    text = table(("a", "b"), [("\x1b[2J", "x"), ("漢字", "y")])
    assert text == "a        b\n-------  -\n\\x1b[2J  x\n漢字     y"


def test_a_bounded_table_goes_on_below_its_last_cell() -> None:
    text = table(("a", "why"), [("x", "one two three four five six seven eight")], columns=20)
    assert text == f"a  why\n-  {'-' * 30}\nx  one two three four five six\n   seven eight"
