"""Damaged bodies of the embedded node and of recordings: refused, or answered without a foreign line."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import NodeSeries, Policy, sieve
from kubesieve.stage import cadvisor, podlist, summary
from kubesieve.stage.node import BORN, build_node
from tests.independent_text import samples

SPLICES = (
    b'"', b"\\", b"{", b"}", b",", b"=", b"\n", b" ", b"#", b"\r", b"\0", b"\xff", b'namespace="team-00"',
    b'"namespace"="team-00",', b'# TYPE x counter\n', b"null", b"[", b"]", b':"team-00"', b'"namespace":"team-00",',
)  # fmt: skip
OURS = "team-00"


def damaged(body: bytes, chance: random.Random) -> bytes:
    """The body with one to three small damages: bytes cut, doubled, put in, or swapped."""
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(len(body) + 1), chance.choice((0, 1, 1, 5, 40))
        piece = chance.choice((b"", chance.choice(SPLICES), body[at : at + size] * 2, chance.randbytes(1)))
        body = body[:at] + piece + body[at + size :]
    return body


NODE = build_node(pods=4, namespaces=2, seed=3, story=False)
NOW = BORN + 3600
TEXT = cadvisor.cadvisor(NODE, NOW)


def test_damaged_expositions_leak_nothing() -> None:
    chance, answered = random.Random(1), 0
    small = TEXT[:6000].rpartition(b"\n")[0] + b"\n"
    for _ in range(3000):
        try:
            answer = sieve(
                BY_PATH["/metrics/cadvisor"], damaged(small, chance), Policy(frozenset({OURS}), NodeSeries.NONE)
            )
        except BodyFault:
            continue
        answered += 1
        assert {labels["namespace"] for _, labels, _ in samples(answer.body)} <= {OURS}
    assert 100 < answered < 2900, "both outcomes were seen"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/pods", podlist.pods(NODE, NOW)), ("/stats/summary", summary.summary(NODE, NOW))],
    ids=["pods", "summary"],
)
def test_damaged_json_leaks_nothing(path: str, body: bytes) -> None:
    chance, answered = random.Random(2), 0
    for _ in range(1500):
        try:
            answer = sieve(BY_PATH[path], damaged(body, chance), Policy(frozenset({OURS})))
        except BodyFault:
            continue
        answered += 1
        found = json.loads(answer.body)
        items = found["items"] if "items" in found else found["pods"]
        assert {(item.get("metadata") or item["podRef"])["namespace"] for item in items} <= {OURS}
    assert 20 < answered < 1490, "both outcomes were seen"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["v1.20.2-real/metrics", "v1.35.0/metrics_cadvisor", "v1.21-eks/metrics_cadvisor"])
def test_damaged_recordings_leak_nothing(corpus: Path, name: str) -> None:
    body = (corpus / "fixtures" / name).read_bytes()
    chance = random.Random(3)
    for _ in range(300):
        start = chance.randrange(len(body) - 20_000)
        piece = body[start : start + 20_000].partition(b"\n")[2].rpartition(b"\n")[0] + b"\n"
        try:
            answer = sieve(BY_PATH["/metrics/cadvisor"], damaged(piece, chance), Policy(frozenset({"kube-system"})))
        except BodyFault:
            continue
        assert {labels.get("namespace") for _, labels, _ in samples(answer.body)} <= {"kube-system", None}
