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
from kubesieve.stage.http_values import Request
from kubesieve.stage.model import Node
from kubesieve.stage.service import EmbeddedNode
from tests.doctor.audit.conftest import ALLOWED, Audit
from tests.gateway.conftest import Gateway

FOREIGN = frozenset(("KS0401", "KS0402", "KS0403", "KS0404", "KS0406", "KS0408", "KS0409", "KS0414"))
"""Codes that say of whom something is; the others are the node's."""
NODES = frozenset(("KS0405", "KS0407", "KS0410"))
TEXTS = ("/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis")
LISTS = {"/pods": "items", "/runningpods/": "items", "/stats/summary": "pods"}

Server = tuple[str, int]
"""An endpoint, and a line from 1 or an item from 0."""


def identifiers_of(node: Node) -> Iterator[str]:
    """What names a foreign pod and nothing else, in each spelling."""
    for pod in node.pods:
        if pod.namespace not in ALLOWED:
            yield from (pod.uid, pod.uid.replace("-", "_"), pod.sandbox_id)
            yield from (container.id for container in (*pod.containers, *pod.init))


def plain_search(node: Node, looks: tuple[Look, ...]) -> set[Server]:
    """Bytes that name a foreign pod: its identifiers anywhere, its namespace as a label or a reference."""
    words = [re.escape(word) for word in identifiers_of(node)]
    foreign = "|".join(sorted(set(node.namespaces) - ALLOWED))
    text = re.compile(rf'{"|".join(words)}|[{{,_](?:exported_)?namespace="(?:{foreign})"')
    item = re.compile(rf'{"|".join(words)}|"namespace": "(?:{foreign})"')
    found: set[Server] = set()
    for look in looks:
        path, body = look.probe.meant, look.reply.body.decode()
        if path in TEXTS:
            found |= {(path, number) for number, line in enumerate(body.split("\n"), 1) if text.search(line)}
        elif path in LISTS:
            entries = [json.dumps(one) for one in json.loads(body)[LISTS[path]]]
            found |= {(path, number) for number, entry in enumerate(entries) if item.search(entry)}
    return found


def audited(seen: Observed) -> set[Server]:
    known = learn(seen.allowed, seen.bodies(*LISTS), seen.bodies(*TEXTS))
    found: set[Server] = set()
    for look in seen.base:
        if not look.good or look.probe.meant not in {*TEXTS, *LISTS}:
            continue
        for leak in search(BY_PATH[look.probe.meant], look.reply.body, known):
            if leak.code in FOREIGN:
                number = leak.line if leak.line is not None else int(re.findall(r"\[(\d+)\]", leak.path)[0])
                found.add((look.probe.meant, number))
    return found


@pytest.mark.parametrize("direct", [True, False], ids=["with the kubelet", "without"])
def test_on_the_naive_proxy_the_audit_finds_what_is_there(
    look: Audit, naive_view: Observed, node: EmbeddedNode, direct: bool
) -> None:
    assert node.naive is not None
    seen = naive_view if direct else look(node.naive.url, direct=False)
    truth = plain_search(node.node, tuple(one for one in seen.base if one.good))
    assert audited(seen) == truth
    assert {path for path, _ in truth} >= {"/pods", "/runningpods/", "/stats/summary"}


def test_on_a_pass_through_too_in_every_text(passed_on: Observed, node: EmbeddedNode) -> None:
    truth = plain_search(node.node, tuple(one for one in passed_on.base if one.good))
    assert audited(passed_on) == truth
    assert {path for path, _ in truth} >= {"/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes"}


def own_rows(looks: tuple[Look, ...], node: Node) -> set[Server]:
    """Lines of the node's own, told by their letters: no namespace, or an interface that is the node's."""
    kept = re.compile(r"(?:machine_|node_)\w+|cadvisor_version_info|\w*scrape_error")
    hosted = {pod.name for pod in node.pods if pod.host_network and pod.namespace in ALLOWED}
    found: set[Server] = set()
    for look in looks:
        for number, line in enumerate(look.reply.body.decode().split("\n") if look.probe.meant in TEXTS else (), 1):
            if not line or line.startswith("#"):
                continue
            unowned = 'namespace="' not in line and not kept.fullmatch(re.split(r"[{ ]", line)[0])
            pod, interface = (re.search(rf'[{{,]{name}="([^"]*)"', line) for name in ("pod", "interface"))
            nodes = interface and pod and (pod[1] in hosted or re.match("veth|eni|cali", interface[1]))
            if 'namespace=""' in line or unowned or nodes:
                found.add((look.probe.meant, number))
    return found


def test_rows_of_the_node_are_those_that_a_plain_search_finds(passed_on: Observed, node: EmbeddedNode) -> None:
    known = learn(passed_on.allowed, passed_on.bodies(*LISTS), passed_on.bodies(*TEXTS))
    looks = tuple(one for one in passed_on.base if one.good)
    leaks = [leak for one in looks for leak in search(BY_PATH[one.probe.meant], one.reply.body, known)]
    rows = {(leak.endpoint, leak.line) for leak in leaks if leak.code in NODES}
    assert rows - plain_search(node.node, looks) == own_rows(looks, node.node) - plain_search(node.node, looks)
    members = {leak.path for leak in leaks if leak.code == "KS0423"}
    whole = json.loads(next(one.reply.body for one in looks if one.probe.meant == "/stats/summary"))
    kept = {"nodeName", "startTime", "cpu", "memory"}
    assert members == {f"node.{name}" for name in whole["node"].keys() - kept}


def received(node: EmbeddedNode) -> set[str]:
    """What the kubelet itself was asked, by its own account."""
    return {request.target for request in node.kubelet.requests}


def said_to_get_past(seen: Observed) -> set[str]:
    found = {one.code: one for one in judge(seen).findings if one.code in ("KS0411", "KS0412")}
    return {
        proof.endpoint.removesuffix(" by WebSocket") for one in found.values() for proof in one.proofs if proof.endpoint
    }


def test_what_gets_past_the_naive_proxy_is_what_the_kubelet_was_asked(look: Audit, node: EmbeddedNode) -> None:
    assert node.naive is not None
    seen = look(node.naive.url, direct=False)
    asked = {one.probe.target for one in (*seen.running, *seen.reading)}
    assert said_to_get_past(seen) == asked & received(node)
    assert asked & received(node)


def test_what_gets_past_our_own_serve_is_nothing(look: Audit, ours: Gateway, node: EmbeddedNode) -> None:
    seen = look(ours.url, direct=False)
    tried = {one.probe.target for one in (*seen.running, *seen.reading, *seen.odd, *seen.elsewhere)}
    assert tried & received(node) == set()
    assert said_to_get_past(seen) == set()


def test_what_gets_past_and_is_not_told_looks_like_a_refusal(
    passed_alone: tuple[Observed, list[Request]],
) -> None:
    """A kubelet's 404 for a path it does not have is that of many proxies: nobody could tell."""
    seen, requests = passed_alone
    told = said_to_get_past(seen)
    assert told <= {request.target for request in requests}
    untold = [one for one in (*seen.running, *seen.reading) if one.probe.target not in told]
    assert {one.reply.body for one in untold} <= {seen.control.reply.body}


def test_the_findings_count_every_place_that_was_found(naive_view: Observed) -> None:
    found = [one for one in judge(naive_view).findings if one.code in FOREIGN]
    places = audited(naive_view)
    by_endpoint = {(one.code, one.endpoint): int(one.values["count"]) for one in found}
    assert by_endpoint
    for endpoint in {path for path, _ in places}:
        counted = sum(count for (_, path), count in by_endpoint.items() if path == endpoint)
        assert counted >= len({place for place in places if place[0] == endpoint})
