"""Faults that people met on real nodes: the first verdict on each, whose fault it is, and on which container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from kubesieve.doctor.finding import Finding
from kubesieve.doctor.telling import tell
from kubesieve.doctor.views.certificate import covers
from kubesieve.doctor.views.refusal import read_refusal

CADVISOR, RESOURCE, PODS, SUMMARY = "/metrics/cadvisor", "/metrics/resource", "/pods", "/stats/summary"
TEXT, JSON = "text/plain; version=0.0.4; charset=utf-8", "application/json"
AT = 1_767_312_000.0  # a day after the pods of most cases started

Files = Mapping[str, str]


def case_of(corpus: Path, number: str) -> Path:
    [folder] = (corpus / "cases").glob(f"{number}-*")
    return folder


def exchange(source: Source, path: str, body: bytes, round_: int = 1) -> Exchange:
    kind = TEXT if path.startswith("/metrics") else JSON
    return Exchange(source, path, 200, {"content-type": kind}, body, round=round_, at=AT + 15 * round_)


def evidence(folder: Path, direct: Files, proxied: Files, *allowed: str) -> Evidence:
    views = ((Source.DIRECT, direct), (Source.PROXY, proxied))
    exchanges = [
        exchange(source, path, (folder / name).read_bytes()) for source, files in views for path, name in files.items()
    ]
    doors = {source: Door("https://192.0.2.1:10250", True) for source, files in views if files}
    return Evidence(tuple(exchanges), doors, expected=frozenset(allowed), taken=AT)


def found(given: Evidence, code: str) -> Finding:
    """The finding of that code; the codes that there are where it is none of them."""
    findings = diagnose(given).findings
    assert code in [one.code for one in findings]
    return next(one for one in findings if one.code == code)


BOTH = {CADVISOR: "direct.cadvisor.prom", PODS: "pods.direct.json"}
BOTH_PROXIED = {CADVISOR: "proxied.cadvisor.prom", PODS: "pods.proxied.json"}


CAD, RES = {CADVISOR: "direct.cadvisor.prom"}, {RESOURCE: "direct.resource.prom"}
STATS = {SUMMARY: "direct.summary.json", PODS: "pods.json"}
LIST = {PODS: "pods.direct.json"}

TABLE: dict[str, tuple[str, Files, Files, str, str, str, str]] = {
    "an empty label dropped": (
        "01",
        {**CAD, PODS: "pods.json"},
        {CADVISOR: "proxied.cadvisor.prom", PODS: "pods.json"},
        "",
        "KS0310",
        "proxy",
        "image: 2 series",
    ),
    "some pods without rows of containers": (
        *("02", BOTH, BOTH_PROXIED, "team-a"),
        *("KS0608", "upstream", "team-a/web-0/app"),
    ),
    "all pods without rows of containers": (
        *("32", BOTH, BOTH_PROXIED, "team-a"),
        *("KS0609", "upstream", "team-a/web-0/app"),
    ),
    "families without a namespace gone": (
        *("04", CAD, {CADVISOR: "proxied.cadvisor.prom"}, "team-a"),
        *("KS0305", "proxy", "cadvisor_version_info, container_scrape_error, machine_memory_bytes"),
    ),
    "labels dropped, so that two rows are one": (
        "10",
        {CADVISOR: "direct.prom", PODS: "pods.json"},
        {CADVISOR: "proxied.bad.prom", PODS: "pods.json"},
        "",
        "KS0310",
        "proxy",
        "id, name",
    ),
    "null and absent in the summary": (
        *("13", STATS, STATS, ""),
        *("KS0902", "none", "team-a/web-0/init-net, team-a/web-0/noswap"),
    ),
    "a static pod without status": (
        "16",
        {CADVISOR: "cadvisor.direct.prom", PODS: "pods.direct.json"},
        {CADVISOR: "cadvisor.proxied.prom", PODS: "pods.proxied.json"},
        "kube-system",
        "KS0607",
        "upstream",
        "kube-system/proxy-node-1/proxy",
    ),
    "no pod of the tenant here": (
        *("18", LIST, {PODS: "expected.proxied.json"}, "team-a"),
        *("KS0801", "none", "an empty list"),
    ),
    "items null": ("18", LIST, {PODS: "bad1.json"}, "team-a", "KS0208", "proxy", "null"),
    "no list of pods": ("18", LIST, {PODS: "bad2.json"}, "team-a", "KS0211", "proxy", "PodList"),
    "OpenMetrics as text": ("21", {}, {CADVISOR: "bad.no-eof.om.txt"}, "", "KS0201", "proxy", "line 3"),
    "added labels misread": (
        *("29", RES, {RESOURCE: "proxied.bad.prom"}, ""),
        *("KS0806", "proxy", "namespace is read as platform, pod is read as none"),
    ),
    "one zero hides a pod": (
        *("30", RES, {RESOURCE: "proxied.resource.prom"}, "team-a"),
        *("KS0805", "consumer", "side of web-0"),
    ),
    "no start time": (
        *("12", {**RES, SUMMARY: "summary.json"}, {}, ""),
        *("KS0906", "none", "team-a/web-0/app, team-a/web-0/side"),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_fault_has_its_verdict(corpus: Path, name: str) -> None:
    number, direct, proxied, allowed, code, blame, words = TABLE[name]
    finding = found(evidence(case_of(corpus, number), direct, proxied, *allowed.split()), code)
    assert tell(finding).blame.value == blame
    assert words in finding.seen


@pytest.mark.parametrize("spelling", ["docker", "containerd"])
def test_a_pause_container_is_no_container_in_either_spelling(corpus: Path, spelling: str) -> None:
    given = evidence(case_of(corpus, "03"), {CADVISOR: f"direct.{spelling}.prom"}, {})
    assert {one.code for one in diagnose(given).findings} == {"KS0701"}  # recorded long ago


def test_of_a_restarted_container_the_current_row_counts_and_the_old_one_is_mentioned(corpus: Path) -> None:
    given = evidence(case_of(corpus, "10"), {CADVISOR: "direct.prom", PODS: "pods.json"}, {})
    finding = found(given, "KS0610")
    assert "1 stale row" in tell(finding).why
    proxied = evidence(case_of(corpus, "10"), {}, {CADVISOR: "proxied.bad.prom", PODS: "pods.json"})
    assert found(proxied, "KS0312").values["count"] == "1"


def test_timestamps_that_went_back_are_told_with_how_many_series(corpus: Path) -> None:
    folder = case_of(corpus, "11")
    given = tuple(
        exchange(source, CADVISOR, (folder / f"scrape{round_}.{name}.prom").read_bytes(), round_)
        for source, name in ((Source.DIRECT, "direct"), (Source.PROXY, "proxied.bad"))
        for round_ in (1, 2)
    )
    doors = {source: Door("https://192.0.2.1:10250", True) for source in Source}
    assert found(Evidence(given, doors, taken=AT), "KS0704").values["count"] == "1"


def test_a_mirror_pods_uid_is_told_with_the_kubelets(corpus: Path) -> None:
    folder = case_of(corpus, "15")
    mirror = json.loads((folder / "apiserver.pod.json").read_bytes())
    given = evidence(folder, {SUMMARY: "summary.direct.json", PODS: "pods.direct.json"}, {})
    known = json.dumps({"kind": "List", "items": [mirror]}).encode()
    finding = found(Evidence(given.exchanges, given.doors, pods=known, taken=AT), "KS0602")
    expected = json.loads((folder / "expected.json").read_bytes())["doctor"]
    assert expected["mirror_uid"] in finding.values["detail"]
    assert expected["kubelet_uid"] in finding.values["detail"]
    assert tell(finding).blame.value == expected["blame"]


def test_what_a_certificate_covers(corpus: Path) -> None:
    folder = case_of(corpus, "34")
    cases = json.loads((folder / "cases.json").read_bytes())
    told = ["ok" if covers(tuple(case["san"]), case["dial"]) else "mismatch" for case in cases]
    assert told == json.loads((folder / "expected.json").read_bytes())


def test_what_a_kubelet_refuses_and_the_smallest_right_that_is_missing(corpus: Path) -> None:
    folder = case_of(corpus, "35")
    bodies, paths, expected = (
        json.loads((folder / f"{name}.json").read_bytes()) for name in ("bodies", "paths", "expected")
    )
    for name, wanted in expected.items():
        status = 401 if bodies[name] == "Unauthorized" else 403
        refusal = read_refusal(paths[name], status, bodies[name].encode())
        assert (refusal.grant or "") == (wanted["grant"] or "").split(" ")[0], name
        assert (refusal.grant is None) == wanted["kind"].startswith("authentication")
