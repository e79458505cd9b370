"""docs/bad-input.md, row by row: what the tables say is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubesieve.faults import BodyFault
from kubesieve.gateway.configuration import ConfigurationFault, read
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy, sieve
from kubesieve.stage.kubelet import FakeKubelet
from tests.conftest import ROOT
from tests.gateway.configuration.files import with_part
from tests.gateway.conftest import Answered, Gateway, MakeGateway

REASON = (
    r'"((?:text|json|upstream|path|token|settings|file|ca|certificate|bundle|api|pods|node)-[a-z0-9-]+'
    r'|[a-z]+-(?:refused|http|busy|requests|unexpected))"'
)

PAGE = (ROOT / "docs/bad-input.md").read_text()
RUN = ("Requests", "Answers of the kubelet", "Bodies", "Settings", "A configuration", "A look")


def _rows(section: str) -> Iterator[list[str]]:
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    for line in text.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] != "what" and not line.startswith("| ---"):
            yield [cell.strip(" |`") if cell.strip(" |`") else "" for cell in cells]


def _params(section: str) -> list[object]:
    return [pytest.param(*row[1:], id=row[0]) for row in _rows(section)]


def test_the_tables_were_found() -> None:
    assert [len(list(_rows(name))) for name in RUN] == [
        PAGE.count("\n| ", PAGE.index(f"\n## {name}\n"), _end(name)) - 2 for name in RUN
    ]


def _end(name: str) -> int:
    found = PAGE.find("\n## ", PAGE.index(f"\n## {name}\n") + 1)
    return found if found >= 0 else len(PAGE)


@pytest.mark.parametrize(("request_line", "status", "code"), _params("Requests"))
def test_requests(
    gateway: Gateway, kubelet: FakeKubelet, token: str, request_line: str, status: str, code: str
) -> None:
    answer = gateway.send(_raw(request_line, token))
    assert (str(answer.status), answer.reason) == (status, code)
    assert kubelet.requests == ()
    assert gateway.records()[0]["reason"] == code


def _raw(text: str, token: str) -> bytes:
    if " " not in text:
        return text.encode() + b"\r\n\r\n"
    line, *extra = re.split(r" \+ ", text.replace(" - Authorization", ""))
    lines = [f"{line} HTTP/1.1", "Host: x"]
    lines += [] if " - Authorization" in text else [f"Authorization: Bearer {token}"]
    lines += [re.sub(r"(\d+) times (.)", lambda m: m[2] * int(m[1]), header) for header in extra]
    lines += [] if "Connection" in text else ["Connection: close"]
    return ("\r\n".join([*lines, "", ""])).encode().replace(b"\\x7f", b"\x7f")


@pytest.mark.parametrize(("path", "fault", "status", "code"), _params("Answers of the kubelet"))
def test_answers_of_the_kubelet(
    make_gateway: MakeGateway, kubelet: FakeKubelet, token: str, path: str, fault: str, status: str, code: str
) -> None:
    kubelet.break_(path, fault)
    answer: Answered = make_gateway(timeout_seconds=0.8).ask(path, token)
    assert (str(answer.status), answer.reason) == (status, code)


@pytest.mark.parametrize(("path", "body", "code", "where"), _params("Bodies"))
def test_bodies(path: str, body: str, code: str, where: str) -> None:
    with pytest.raises(BodyFault) as caught:
        sieve(BY_PATH[path], _bytes(body), Policy(frozenset({"a"})))
    assert caught.value.reason == code
    if where:
        position = caught.value.position
        assert position is not None
        assert f"{position.line}, {position.column}" == where


def _bytes(text: str) -> bytes:
    r"""The cell's text with \n, \r, \0, \\ and \xff as in Python, and ``N times X`` written out."""
    text = re.sub(r"(\d+) times (.)", lambda m: m[2] * int(m[1]), text)
    escapes = {"n": b"\n", "r": b"\r", "0": b"\0", "\\": b"\\", "xff": b"\xff"}
    parts = re.split(r"\\(n|r|0|\\|xff)", text)
    return b"".join(escapes[part] if index % 2 else part.encode() for index, part in enumerate(parts))


@pytest.mark.parametrize(("lines", "where", "sentence"), _params("A configuration"))
def test_a_configuration(lines: str, where: str, sentence: str) -> None:
    text = _bytes(lines.replace("\\t", "\t"))
    with pytest.raises(ConfigurationFault) as caught:
        read(with_part(text.decode(errors="surrogateescape")), {})
    [problem] = caught.value.problems
    assert (f"{problem.line}, {problem.column}", str(problem)) == (where, sentence)


KUBECONFIG = """\
current-context: one
contexts: [{name: one, context: {cluster: one, user: one}}]
clusters: [{name: one, cluster: {server: "https://192.0.2.1", insecure-skip-tls-verify: true}}]
users: [{name: one, user: {token: good}}]
"""


@pytest.mark.parametrize(("command", "code"), _params("Settings") + _params("A look"))
def test_settings(tmp_path: Path, command: str, code: str) -> None:
    (tmp_path / "text").write_text("only words\n")
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    with zipfile.ZipFile(tmp_path / "escaping.zip", "w") as bundle:
        bundle.writestr("../manifest.json", "{}")
    done = subprocess.run(
        [sys.executable, "-m", "kubesieve", *shlex.split(command)],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        env={"PATH": ""},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"kubesieve: {code}: expected ")
    assert done.stderr.count("\n") == 1


def test_every_reason_code_in_the_source_stands_on_the_page() -> None:
    codes = set()
    for path in (ROOT / "src/kubesieve").rglob("*.py"):
        if not {"stage", "lab", "agents", "lab.py"} & set(path.parts):
            codes |= set(re.findall(REASON, path.read_text()))
    absent = {code for code in codes if code not in PAGE} - {"file-too-large", "text-second-", "certificate-authority"}
    assert codes
    assert not absent


def test_every_reason_code_of_the_lab_stands_on_its_page() -> None:
    page = (ROOT / "docs/lab.md").read_text()
    codes = set()
    for path in [*(ROOT / "src/kubesieve/lab").rglob("*.py"), ROOT / "src/kubesieve/cli/lab.py"]:
        codes |= set(re.findall(r'OwnFault\(\s*"([a-z-]+)"', path.read_text()))
    assert codes
    assert not {code for code in codes if f"`{code}`" not in page}
