"""Leaks and ways round that people met: found, and no more than was there."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from yarl import URL

from kubesieve.doctor.audit import probes
from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.known import Known
from kubesieve.doctor.audit.observed import Look, Observed, Round, Way
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.probing import Sides, observe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.audit.search import search
from kubesieve.doctor.evidence import Door, Evidence, Source
from kubesieve.entrance import Entrance
from kubesieve.kubelet.endpoints import BY_PATH
from tests.doctor.audit.test_asking import serving
from tests.doctor.test_cases import CAD, CADVISOR, PODS, RES, RESOURCE, Files, case_of, evidence, exchange

REFUSED = Reply(404, body=b"404 page not found\n")


def judged(given: Evidence, *around: Round) -> list[str]:
    control, upgrade = Look(probes.CONTROL, REFUSED), Look(probes.UPGRADE_CONTROL, REFUSED)
    allowed = given.expected or frozenset({"team-a"})
    found = judge(Observed("https://192.0.2.1:8443", allowed, given, control, upgrade, around=around))
    return [one.code for one in found.findings]


@pytest.mark.parametrize(
    ("number", "direct", "proxied", "code"),
    [
        ("01", {**CAD, PODS: "pods.json"}, {CADVISOR: "proxied.cadvisor.prom", PODS: "pods.json"}, "KS0310"),
        ("04", CAD, {CADVISOR: "proxied.cadvisor.prom"}, "KS0305"),
        ("10", {CADVISOR: "direct.prom"}, {CADVISOR: "proxied.bad.prom"}, "KS0312"),
        ("29", RES, {RESOURCE: "proxied.bad.prom"}, "KS0311"),
        ("29", RES, {RESOURCE: "proxied.bad.prom"}, "KS0305"),
    ],
)
def test_what_is_held_back_or_altered_is_told_and_is_no_leak(
    corpus: Path, number: str, direct: Files, proxied: Files, code: str
) -> None:
    found = judged(evidence(case_of(corpus, number), direct, proxied, "team-a"))
    assert code in found
    assert [one for one in found if one.startswith("KS04")] == []


def test_time_stamps_that_went_back_are_the_proxys_and_no_leak(corpus: Path) -> None:
    folder = case_of(corpus, "11")
    scrapes = tuple(
        exchange(source, CADVISOR, (folder / f"scrape{number}.{name}.prom").read_bytes(), number)
        for source, name in ((Source.DIRECT, "direct"), (Source.PROXY, "proxied.bad"))
        for number in (1, 2)
    )
    doors = {source: Door("https://192.0.2.1:10250", True) for source in Source}
    found = judged(Evidence(scrapes, doors, expected=frozenset({"team-a"})))
    assert "KS0704" in found
    assert [one for one in found if one.startswith("KS04")] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.gzip-without-header", "KS0207"),
        ("b.header-without-gzip", "KS0207"),
        ("c.gzip-mangled-as-utf8", "KS0207"),
        ("d.wrong-length", "KS0115"),
        ("good", None),
    ],
)
def test_a_body_that_is_not_what_its_headers_say_is_told(corpus: Path, name: str, code: str | None) -> None:
    answer = (case_of(corpus, "19") / f"{name}.http").read_bytes().replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    with serving(answer) as server:
        proxy = Entrance(URL(f"http://127.0.0.1:{server.server_address[1]}"), None)
        found = judge(asyncio.run(observe(Sides(proxy, frozenset({"team-a"}), seconds=2.0, interval=0))))
    told = {one.code for one in found.findings if one.endpoint == CADVISOR or one.code == "KS0115"}
    assert (told & {"KS0115", "KS0201", "KS0202", "KS0207"}) == ({code} if code else set())


def test_a_container_that_uses_nothing_is_nothing_held_back(corpus: Path) -> None:
    given = evidence(case_of(corpus, "30"), RES, {RESOURCE: "proxied.resource.prom"}, "team-a")
    assert [one for one in judged(given) if one.startswith(("KS03", "KS04"))] == []


@pytest.mark.parametrize("number", ["02", "32"])
def test_what_the_kubelet_itself_lacks_is_neither_leak_nor_held_back(corpus: Path, number: str) -> None:
    direct = {CADVISOR: "direct.cadvisor.prom", PODS: "pods.direct.json"}
    proxied = {CADVISOR: "proxied.cadvisor.prom", PODS: "pods.proxied.json"}
    found = judged(evidence(case_of(corpus, number), direct, proxied, "team-a"))
    assert [one for one in found if one.startswith(("KS03", "KS04"))] == []


def test_a_name_of_the_other_side_inside_ones_own_item_is_told_with_its_place(corpus: Path) -> None:
    folder = case_of(corpus, "27")
    [expected] = json.loads((folder / "expected.json").read_bytes())["audit"]["leaks"]
    body = (folder / "proxied.bad.summary.json").read_bytes()
    leaks = search(BY_PATH["/stats/summary"], body, Known(frozenset({"team-a"})))
    assert [(one.path, one.value) for one in leaks] == [(expected["path"], expected["value"])]


def test_ways_round_the_proxy_are_told_where_they_are_open(corpus: Path) -> None:
    folder = case_of(corpus, "42")
    asked, came = (json.loads((folder / name).read_bytes()) for name in ("probes.json", "answers.json"))
    expected = json.loads((folder / "expected.json").read_bytes())["audit"]
    codes = {"none": {"http": (Way.READ_ONLY, "KS0422"), "https": (Way.ANONYMOUS, "KS0421")}}
    for index, (one, answer) in enumerate(zip(asked, came, strict=True)):
        scheme, _, rest = one["url"].partition("://")
        host, slash, path = rest.partition("/")
        way, code = codes.get(one["auth"], {}).get(scheme, (Way.TOKEN, "KS0420"))
        body = b'{"kind":"PodList","items":[]}' if "PodList" in answer else b'{"node":{},"pods":[]}'
        look = Look(Probe(slash + path, slash + path), Reply(int(answer[:3]), body=body))
        found = judged(Evidence(), Round(way, f"{scheme}://{host}", (look,)))
        assert (code in found) == (index in expected["bypass"]), one


def test_every_header_that_was_believed_somewhere_is_tried(corpus: Path) -> None:
    request = (case_of(corpus, "24") / "spoof.http").read_text()
    named = set(re.findall(r"^([A-Za-z-]+): ", request, re.MULTILINE)) - {"Host", "Authorization"}
    assert named <= {name for probe in probes.SPOOFED for name, _ in probe.headers}


def test_every_parameter_that_widened_somewhere_is_tried(corpus: Path) -> None:
    requests = re.findall(r"^GET (/\S*\?\S+)", (case_of(corpus, "25") / "requests.txt").read_text(), re.MULTILINE)
    tried = {probe.filled("team-a", "team-b").target for probe in probes.QUERIES}
    assert set(requests) <= tried


def test_every_path_that_led_to_exec_somewhere_is_tried_for_a_pod_that_does_not_exist(corpus: Path) -> None:
    lines = (case_of(corpus, "22") / "other-paths.txt").read_text().splitlines()
    led = {line.split("/")[1] for line in lines if line.startswith("GET")}
    tried = {probe.target.split("/")[1] for probe in (*probes.RUNNING, *probes.READING)}
    assert led <= tried
    assert all("team" not in probe.target for probe in (*probes.RUNNING, *probes.READING))
