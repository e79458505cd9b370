"""Bodies that people's filters spoilt: the doctor knows each fault from the bytes, with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from kubesieve.doctor.finding import Finding
from kubesieve.doctor.reports import FORMS, render
from kubesieve.doctor.telling import tell

TEXT = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
DOOR = Door("https://proxy.example:8443", True)


def look(body: bytes) -> Evidence:
    exchange = Exchange(Source.PROXY, "/metrics/cadvisor", 200, TEXT, body)
    return Evidence((exchange,), {Source.PROXY: DOOR})


def of_bodies(corpus: Path, number: str, name: str) -> list[Finding]:
    [folder] = (corpus / "cases").glob(f"{number}-*")
    found = diagnose(look((folder / name).read_bytes())).findings
    return [one for one in found if one.code.startswith("KS02")]


FAULTS = {
    "a second TYPE line": ("05", "bad-two-type.prom", "KS0210", 4),
    "a group that is broken up": ("05", "bad-interleaved.prom", "KS0210", 7),
    "TYPE lines gone": ("05", "bad-no-type.prom", "KS0204", None),
    "the last line feed gone": ("06", "proxied.bad.prom", "KS0203", 3),
    "an escape of no kind": ("08", "bad.prom", "KS0201", 3),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_known_from_the_bytes(corpus: Path, name: str) -> None:
    number, file, code, line = FAULTS[name]
    [found] = of_bodies(corpus, number, file)
    assert found.code == code
    if line is not None:
        assert found.proofs[0].line == line


@pytest.mark.parametrize(
    ("number", "file"),
    [("05", "good.prom"), ("06", "direct.prom"), ("06", "expected.proxied.prom"), ("08", "direct.prom")],
)
def test_a_body_that_is_right_has_none(corpus: Path, number: str, file: str) -> None:
    assert of_bodies(corpus, number, file) == []


def test_who_is_hit_by_a_missing_line_feed_is_said(corpus: Path) -> None:
    [found] = of_bodies(corpus, "06", "proxied.bad.prom")
    assert "Telegraf" in tell(found).symptom
    assert "Prometheus" in tell(found).symptom


@pytest.mark.parametrize("form", FORMS)
def test_control_characters_of_a_label_forge_no_line(form: str) -> None:
    """Case 39, in its words: what came in a body reaches no terminal as it came."""
    forged = "x\x1b[31m\x07 kubesieve: all is well"
    series = f'container_memory_usage_bytes{{container="a",namespace="{forged}",pod="p"}} 1\n'
    item = {"metadata": {"namespace": f"{forged}\r\n", "name": forged}, "status": {"phase": "Running"}}
    pods = json.dumps({"kind": "PodList", "items": [item]}).encode()
    listed = Exchange(Source.PROXY, "/pods", 200, {"content-type": "application/json"}, pods)
    evidence = Evidence((*look(series.encode()).exchanges, listed), {Source.PROXY: DOOR}, pods=pods)
    text = render(diagnose(evidence), form, verbose=True)
    assert not set(text) & {"\x1b", "\r", "\x07"}
