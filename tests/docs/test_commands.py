"""Commands in the docs: those that can run here are run, all others are at least commands that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kubesieve.cli.main import kubesieve
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"((?:[A-Z_]+=\S+ )*kubesieve [a-z-]+(?: .*)?)$")


def _code_lines(text: str) -> Iterator[str]:
    """Lines of indented and of fenced code, continued lines joined."""
    fenced = False
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def _commands() -> list[object]:
    return [
        pytest.param(match[1].removesuffix(" &"), id=f"{page.name}: {match[1][:60]}")
        for page in PAGES
        for line in _code_lines(page.read_text())
        if (match := COMMAND.match(line))
    ]


@pytest.mark.parametrize("line", _commands())
def test_every_kubesieve_line_is_a_command_with_options_that_there_are(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(line)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        monkeypatch.setenv(name, value)
    command = kubesieve.get_command(click.Context(kubesieve), words[1])
    assert command is not None, words[1]
    command.make_context(words[1], words[2:])


def test_the_pages_have_commands_and_their_links_lead_somewhere() -> None:
    assert len(_commands()) > 10
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), (page.name, target)


def test_the_readme_begins_with_the_two_commands_and_make_has_them() -> None:
    lines = [line.split("#")[0].strip() for line in (ROOT / "README.md").read_text().splitlines() if line[:4] == "    "]
    assert lines[:2] == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}: " in makefile for target in ("demo", "test"))


def test_the_page_of_the_embedded_node_tells_every_fault_and_no_other() -> None:
    from kubesieve.stage.breakage import KINDS

    page = (ROOT / "docs/stage.md").read_text().partition("## Faults")[2]
    told = [kind for row in re.findall(r"^\| ([a-z0-9, -]+) \|", page, re.MULTILINE) for kind in row.split(", ")]
    assert sorted(told) == sorted([*KINDS, "kind", "---"])


def test_the_alert_of_the_page_is_one(tmp_path: Path, promtool: str) -> None:
    [rules] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/doctor.md").read_text(), re.DOTALL)
    (tmp_path / "rules.yaml").write_text(rules)
    done = subprocess.run([promtool, "check", "rules", str(tmp_path / "rules.yaml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 rules found" in done.stdout
