"""Bodies that are not what they say of themselves, asked for over a socket: each has its verdict."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.doctor.collect.gather import Plan, gather
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Source
from kubesieve.entrance import Entrance
from tests.doctor.collect.raw_server import serving

CADVISOR = "/metrics/cadvisor"
TEXT = b'# TYPE a gauge\na{namespace="team-a",pod="web"} 1\n'
PACKED = gzip.compress(TEXT, mtime=0)


def answer(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/plain; version=0.0.4", "Connection: close", *headers]
    if not any("Length" in line for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def verdicts(raw: bytes) -> set[str]:
    with serving({CADVISOR: raw}) as server:
        plan = Plan({Source.PROXY: Entrance(URL(server.url), None)}, {Source.PROXY: False}, interval=0, seconds=3)
        found = diagnose(asyncio.run(gather(plan))).findings
    return {one.code for one in found if one.endpoint == CADVISOR}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(answer(PACKED), "KS0207", id="gzip, and it does not say so"),
        pytest.param(answer(TEXT, "Content-Encoding: gzip"), "KS0207", id="says gzip, and it is not"),
        pytest.param(
            answer(PACKED.decode(errors="replace").encode(), "Content-Encoding: gzip"), "KS0207", id="edited as text"
        ),
        pytest.param(answer(PACKED[:-4], "Content-Encoding: gzip"), "KS0207", id="cut gzip"),
        pytest.param(answer(TEXT, f"Content-Length: {len(TEXT) - 4}"), "KS0115", id="longer than it says"),
        pytest.param(answer(TEXT, f"Content-Length: {len(TEXT) + 4}"), "KS0202", id="shorter than it says"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_told(raw: bytes, code: str) -> None:
    assert code in verdicts(raw)


@pytest.mark.parametrize("raw", [answer(TEXT), answer(PACKED, "Content-Encoding: gzip")], ids=["plain", "gzip"])
def test_a_body_that_is_what_it_says_is_no_matter(raw: bytes) -> None:
    assert verdicts(raw) & {"KS0201", "KS0202", "KS0207"} == set()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.gzip-without-header", "KS0207"),
        ("b.header-without-gzip", "KS0207"),
        ("c.gzip-mangled-as-utf8", "KS0207"),
        ("d.wrong-length", "KS0115"),
    ],
)
def test_answers_that_people_met_have_their_verdict(corpus: Path, name: str, code: str) -> None:
    [folder] = (corpus / "cases").glob("19-*")
    assert code in verdicts((folder / f"{name}.http").read_bytes())


def test_a_good_answer_that_people_met_has_none(corpus: Path) -> None:
    [folder] = (corpus / "cases").glob("19-*")
    assert verdicts((folder / "good.http").read_bytes()) & {"KS0201", "KS0202", "KS0207"} == set()
