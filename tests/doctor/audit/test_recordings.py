"""Bodies of real kubelets: whole they leak, as a plain search says; sieved they neither leak nor lack anything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubesieve.doctor.audit import probes
from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.known import learn
from kubesieve.doctor.audit.observed import Look, Observed
from kubesieve.doctor.audit.probes import Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.audit.search import search
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy
from kubesieve.sieve.apply import answer, scan

VERSIONS = ("v1.20.2-real", "v1.21-eks", "v1.35.0")
LISTS = {"/pods": "items", "/stats/summary": "pods", "/runningpods/": "items"}
REFUSED = Reply(404, body=b"404 page not found\n")


def recorded(corpus: Path, version: str) -> dict[str, bytes]:
    """Bodies by path, of what was recorded whole."""
    folder = corpus / "fixtures" / version
    files = {path: folder / path.strip("/").replace("/", "_") for path in BY_PATH if path != "/healthz"}
    return {path: file.read_bytes() for path, file in files.items() if file.is_file()}


def namespaces_of(bodies: dict[str, bytes]) -> list[str]:
    found = {name.decode() for body in bodies.values() for name in re.findall(rb'[{,]namespace="([^"]+)"', body)}
    for path, name in LISTS.items():
        for item in json.loads(bodies.get(path, b"{}")).get(name) or []:
            found.add((item.get("metadata") or item["podRef"])["namespace"])
    return sorted(found)


def observed(direct: dict[str, bytes], proxied: dict[str, bytes], allowed: frozenset[str]) -> Observed:
    def exchange(source: Source, path: str, body: bytes) -> Exchange:
        return Exchange(source, path, 200, {"content-type": BY_PATH[path].content_type}, body)

    def looks(bodies: dict[str, bytes], *paths: str) -> tuple[Look, ...]:
        return tuple(Look(Probe(path, path), Reply(200, body=bodies[path])) for path in paths if path in bodies)

    sides = ((Source.DIRECT, direct), (Source.PROXY, proxied))
    exchanges = [exchange(source, path, body) for source, bodies in sides for path, body in bodies.items()]
    doors = {source: Door(f"https://{source.value}.example", True) for source, _ in sides}
    evidence = Evidence(tuple(one for one in exchanges if one.path != "/runningpods/"), doors, expected=allowed)
    running = (*looks(proxied, "/runningpods/"), *looks(direct, "/runningpods/"))
    control, upgrade = Look(probes.CONTROL, REFUSED), Look(probes.UPGRADE_CONTROL, REFUSED)
    return Observed("https://proxy.example", allowed, evidence, control, upgrade, running, after=looks(direct, *direct))


def sieved(bodies: dict[str, bytes], allowed: frozenset[str]) -> dict[str, bytes]:
    found = ((BY_PATH[path], body) for path, body in bodies.items())
    return {one.path: answer(one, scan(one, body), Policy(allowed)).body for one, body in found}


def cases(corpus: Path, version: str) -> tuple[dict[str, bytes], list[str]]:
    bodies = recorded(corpus, version)
    names = namespaces_of(bodies)
    if len(names) < 2:
        pytest.skip(f"{version} has one namespace")
    return bodies, names


@pytest.mark.parametrize("version", ["v1.20.2-real", "v1.35.0"])
def test_sieved_nothing_leaks_and_nothing_is_held_back(corpus: Path, version: str) -> None:
    bodies, names = cases(corpus, version)
    for name in names[:1]:
        allowed = frozenset({name})
        found = judge(observed(bodies, sieved(bodies, allowed), allowed)).findings
        assert {one.code for one in found if severity_of(one) is not Severity.INFO} == set(), name


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_they_leak_and_a_plain_search_finds_the_same_lines(corpus: Path, version: str) -> None:
    bodies, names = cases(corpus, version)
    allowed = frozenset(names[-1:])
    seen = observed(bodies, bodies, allowed)
    assert judge(seen).exit == 1
    known = learn(allowed, (bodies[path] for path in LISTS if path in bodies), bodies.values())
    others = "|".join(map(re.escape, names[:-1]))
    for path, body in bodies.items():
        if path in LISTS:
            continue
        text = body.decode().split("\n")
        foreign = {number for number, line in enumerate(text, 1) if re.search(rf'[{{,]namespace="(?:{others})"', line)}
        boxes = {number for number, line in enumerate(text, 1) if re.search(r'device="[^"]*/sandboxes/', line)}
        leaks = search(BY_PATH[path], body, known)
        told = {leak.line for leak in leaks if leak.code in ("KS0401", "KS0409")}
        assert told == foreign
        assert boxes == {leak.line for leak in leaks if leak.code == "KS0408"}
