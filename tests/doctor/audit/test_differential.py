"""The audit's leaks against a plain search by somebody who knows who owns what: the same places, both ways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.known import learn
from kubesieve.doctor.audit.observed import Look, Observed
from kubesieve.doctor.audit.search import search
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.stage.model import Node
from kubesieve.stage.service import EmbeddedNode
from tests.doctor.audit.conftest import ALLOWED, Audit

FOREIGN = frozenset(("KS0401", "KS0402", "KS0403", "KS0404", "KS0406", "KS0408", "KS0409", "KS0414"))
"""Codes that say of whom something is; the others are the node's."""
TEXTS = ("/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis")
LISTS = {"/pods": "items", "/runningpods/": "items", "/stats/summary": "pods"}

Place = tuple[str, int]
"""An endpoint, and a line from 1 or an item from 0."""


def identifiers_of(node: Node) -> Iterator[str]:
    """What names a foreign pod and nothing else, in each spelling."""
    for pod in node.pods:
        if pod.namespace not in ALLOWED:
            yield from (pod.uid, pod.uid.replace("-", "_"), pod.sandbox_id)
            yield from (container.id for container in (*pod.containers, *pod.init))


def plain_search(node: Node, looks: tuple[Look, ...]) -> set[Place]:
    """Bytes that name a foreign pod: its identifiers anywhere, its namespace as a label or a reference."""
    words = [re.escape(word) for word in identifiers_of(node)]
    foreign = "|".join(sorted(set(node.namespaces) - ALLOWED))
    text = re.compile(rf'{"|".join(words)}|[{{,_](?:exported_)?namespace="(?:{foreign})"')
    item = re.compile(rf'{"|".join(words)}|"namespace": "(?:{foreign})"')
    found: set[Place] = set()
    for look in looks:
        path, body = look.probe.meant, look.reply.body.decode()
        if path in TEXTS:
            found |= {(path, number) for number, line in enumerate(body.split("\n"), 1) if text.search(line)}
        elif path in LISTS:
            entries = [json.dumps(one) for one in json.loads(body)[LISTS[path]]]
            found |= {(path, number) for number, entry in enumerate(entries) if item.search(entry)}
    return found


def audited(seen: Observed) -> set[Place]:
    known = learn(seen.allowed, seen.bodies(*LISTS), seen.bodies(*TEXTS))
    found: set[Place] = set()
    for look in seen.base:
        if not look.good or look.probe.meant not in {*TEXTS, *LISTS}:
            continue
        for leak in search(BY_PATH[look.probe.meant], look.reply.body, known):
            if leak.code in FOREIGN:
                number = leak.line if leak.line is not None else int(re.findall(r"\[(\d+)\]", leak.path)[0])
                found.add((look.probe.meant, number))
    return found


@pytest.mark.parametrize("direct", [True, False], ids=["with the kubelet", "without"])
def test_on_the_naive_proxy_the_audit_finds_what_is_there(look: Audit, node: EmbeddedNode, direct: bool) -> None:
    assert node.naive is not None
    seen = look(node.naive.url, direct=direct)
    truth = plain_search(node.node, tuple(one for one in seen.base if one.good))
    assert audited(seen) == truth
    assert {path for path, _ in truth} >= {"/pods", "/runningpods/", "/stats/summary"}


def test_on_a_pass_through_too_in_every_text(passed_on: Observed, node: EmbeddedNode) -> None:
    truth = plain_search(node.node, tuple(one for one in passed_on.base if one.good))
    assert audited(passed_on) == truth
    assert {path for path, _ in truth} >= {"/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes"}


def test_the_findings_count_every_place_that_was_found(look: Audit, node: EmbeddedNode) -> None:
    assert node.naive is not None
    seen = look(node.naive.url)
    found = [one for one in judge(seen).findings if one.code in FOREIGN]
    places = audited(seen)
    by_endpoint = {(one.code, one.endpoint): int(one.values["count"]) for one in found}
    assert by_endpoint
    for endpoint in {path for path, _ in places}:
        counted = sum(count for (_, path), count in by_endpoint.items() if path == endpoint)
        assert counted >= len({place for place in places if place[0] == endpoint})
