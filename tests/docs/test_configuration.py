"""docs/configuration.md: its files and commands give what it says, its table has every key and default."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kubesieve.gateway.configuration import read
from kubesieve.gateway.configuration.rules import LIMITS
from kubesieve.gateway.settings import Limits
from tests.conftest import ROOT
from tests.gateway.configuration.test_schema import SCHEMA

PAGE = (ROOT / "docs/configuration.md").read_text()
FILES = dict(re.findall(r"`([a-z]+\.yaml)`[^`]*?\n\n```yaml\n(.*?)```", PAGE, re.DOTALL))
[COMMANDS] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
ROWS = [[cell.strip() for cell in line.split("|")[1:4]] for line in PAGE.splitlines() if line.startswith("| ")][2:]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    environment = dict(os.environ)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30)


def test_its_files_are_found() -> None:
    assert list(FILES) == ["config.yaml", "minimal.yaml", "broken.yaml"]


def test_its_commands_say_what_it_says(folder: Path) -> None:
    *good, broken = COMMANDS.splitlines()
    done = [run(line, folder) for line in good]
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * len(good)
    assert done[0].stdout.startswith("config.yaml: fine\n")
    assert "warning: listen.tls is absent" in done[1].stdout
    assert yaml.safe_load(done[2].stdout)["kind"] == "ClusterRole"
    last = run(broken, folder)
    assert last.returncode == 1
    assert f"```text\n{last.stdout}```" in PAGE


def test_the_full_example_has_every_part() -> None:
    assert set(yaml.safe_load(FILES["config.yaml"])) == set(SCHEMA["properties"])
    read(FILES["config.yaml"].encode(), {"NODE_IP": "fd00::7".join("[]")})


def _paths(schema: dict[str, object], path: str) -> list[str]:
    if "$ref" in schema:
        return _paths(SCHEMA["$defs"][str(schema["$ref"]).rpartition("/")[2]], path)
    items, properties = schema.get("items"), schema.get("properties", {})
    if isinstance(items, dict):
        return _paths(items, f"{path}[]")
    assert isinstance(properties, dict)
    below = [one for name, part in properties.items() for one in _paths(part, f"{path}.{name}" if path else name)]
    return [path, *below] if path else below


GROUPS_ALONE = {"nodeSeries", "sharing", "limits", "containerLogs"}
TOLD_AS_A_VALUE = {"identity.tokenReview.audiences[]"}


def test_the_table_has_every_key_of_the_schema_and_no_other() -> None:
    told = [key.strip(" *") for row in ROWS for key in row[0].split(",")]
    known = [path for path in _paths(SCHEMA, "") if path not in GROUPS_ALONE]
    assert sorted(told) == sorted(path.removesuffix("[]") if path in TOLD_AS_A_VALUE else path for path in known)


def test_the_defaults_of_the_bounds_are_those_of_the_table() -> None:
    told = [pair for row in ROWS for pair in zip(row[0].split(", "), row[1].split(", "), strict=False)]
    limits = {key.removeprefix("limits."): float(value) for key, value in told if key.startswith("limits.")}
    assert limits == {key: getattr(Limits(), name) for key, name in LIMITS.items()}
