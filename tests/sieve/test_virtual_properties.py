"""Properties of translation: nothing foreign by plain search, kept bytes, order, totality, two tenants apart."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubesieve.exposition import read
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH, ENDPOINTS
from kubesieve.kubelet.podlist import read_podlist
from kubesieve.sieve import NodeSeries, Policy, scan
from kubesieve.sieve.naming import answer_for, learn
from kubesieve.tenancy.values import VirtualCluster
from tests.bodies import escape
from tests.independent_text import parse_line, samples
from tests.sieve.virtual_node import (
    FOREIGN,
    HOST,
    NODE,
    PLACES,
    A,
    B,
    body,
    host_pods,
    learnt,
    marks_of,
    own_pods,
    shown,
)

CADVISOR = BY_PATH["/metrics/cadvisor"]
OTHER = {A: B, B: A}
PODS = {cluster: dict(zip(own_pods(NODE, cluster), host_pods(NODE, cluster), strict=True)) for cluster in (A, B)}
HOSTS = {cluster: {host.name: (host, own) for own, host in PODS[cluster].items()} for cluster in (A, B)}


def _foreign(cluster: VirtualCluster) -> set[str]:
    """Everything that gives away a pod that is not the cluster's: uids, ids, claims, and names that it does not use."""
    ours = {host.uid for host in PODS[cluster].values()}
    theirs = [pod for pod in NODE.pods if pod.uid not in ours]
    marks = {mark for pod in theirs for mark in marks_of(pod)} | {pod.claim for pod in theirs if pod.claim}
    names = {pod.name for pod in theirs if pod.namespace in (HOST, "sandbox", "tenant-b")}
    own = {mark for pod in PODS[OTHER[cluster]] for mark in marks_of(pod)}
    return {text for text in marks | names | own if len(text) > 3} | {f'"{OTHER[cluster].name}"', "tenant-b"}


@pytest.mark.parametrize("cluster", [A, B])
@pytest.mark.parametrize("path", PLACES)
def test_nothing_of_a_foreign_pod_is_in_any_answer(path: str, cluster: VirtualCluster) -> None:
    text, foreign = shown(path, cluster).decode(), _foreign(cluster)
    assert {word for word in foreign if word in body(path).decode()}, "what is looked for is there to be found"
    assert not {word for word in foreign if word in text}


@pytest.mark.parametrize("cluster", [A, B])
@pytest.mark.parametrize("path", PLACES)
def test_the_host_namespace_and_uids_stand_only_where_they_may_stay(path: str, cluster: VirtualCluster) -> None:
    """In /pods a pod keeps what the syncer and the kubelet wrote into it; of series, ``id`` stays."""
    text = shown(path, cluster)
    if path == "/pods":
        for item in json.loads(text)["items"]:
            assert item["metadata"]["namespace"] != HOST
            assert item["metadata"]["uid"] == item["metadata"]["annotations"]["vcluster.loft.sh/object-uid"]
    elif path.startswith("/metrics"):
        for _, labels, _ in samples(text):
            values = {value for name, value in labels.items() if name not in ("id", "name")}
            assert values.isdisjoint({HOST, *(pod.uid for pod in PODS[cluster].values()), *HOSTS[cluster]})
    else:
        assert HOST.encode() not in text
        assert not any(pod.uid.encode() in text for pod in PODS[cluster].values())


@pytest.mark.parametrize("path", PLACES)
def test_two_tenants_with_the_same_name_never_meet(path: str) -> None:
    """Both have default/web-0, on one node, in one host namespace."""
    mine, theirs = shown(path, A), shown(path, B)
    web = {cluster: next(pod for pod in own_pods(NODE, cluster) if pod.name == "web-0") for cluster in (A, B)}
    assert b"web-0" in mine
    assert b"web-0" in theirs
    assert not any(mark.encode() in mine for mark in marks_of(web[B]))
    assert not any(mark.encode() in theirs for mark in marks_of(web[A]))


def _values(line: str) -> dict[str, tuple[int, int]]:
    """Where each label's value stands between its quotes: character by character, sharing nothing with the sieve."""
    found, at, name, inside = dict[str, tuple[int, int]](), line.index("{") + 1, "", False
    while not (line[at] == "}" and not inside):
        if line[at] == '"':
            start, at = at + 1, at + 1
            while line[at] != '"':
                at += 2 if line[at] == "\\" else 1
            if inside:
                found[name], inside = (start, at), False
            else:
                name = line[start:at]
        elif line[at] == "=":
            inside = True
        elif line[at] not in ' \t,"':
            start = at
            while line[at] not in " \t=,}":
                at += 1
            name = line[start:at]
            continue
        at += 1
    return found


_awkward = st.sampled_from(['namespace="vc-shared"', "}", "{", '"', "\\", "# ", "\n", "a,b=", "web-0", HOST, "é"])
_pods = st.sampled_from([*HOSTS[A], *HOSTS[B], FOREIGN.name, "alpha-0", "web-0", ""])
_all_uids = [pod.uid for cluster in (A, B) for pair in PODS[cluster].items() for pod in pair]
_claims = st.sampled_from([pod.claim for cluster in (A, B) for pod in PODS[cluster].values() if pod.claim] + ["x", ""])
_values_of = {
    "namespace": st.sampled_from([HOST, HOST, HOST, "default", "prod", "sandbox", ""]),
    "pod": _pods,
    "uid": st.sampled_from(["", *_all_uids]),
    "pod_uid": st.sampled_from(["", *_all_uids]),
    "persistentvolumeclaim": _claims,
    "exported_namespace": st.just(HOST),
    "x": _awkward,
}


@st.composite
def lines(draw: st.DrawFn) -> str:
    names = draw(st.sets(st.sampled_from(list(_values_of)))) | draw(st.sampled_from([{"namespace", "pod"}, set()]))
    pairs = [(name, escape(draw(_values_of[name]))) for name in sorted(names)]
    blank = draw(st.sampled_from(["", "", " ", "\t"]))
    quoted = draw(st.sampled_from(["", '"']))
    inside = f",{blank}".join(
        f'{quoted}{name}{quoted}{blank}={blank}"{value}"' for name, value in draw(st.permutations(pairs))
    )
    metric = draw(st.sampled_from(["m", "n"]))
    tail = draw(st.sampled_from([" 1", "\t2.5 1000", f' 1 # {{pod="{FOREIGN.name[:3]}"}} 1']))
    comma = "," if pairs and draw(st.booleans()) else ""
    if draw(st.booleans()):
        return f'{{"{metric}"{"," if pairs else ""}{inside}{comma if pairs else ""}}}{tail}'
    return f"{metric}{blank}{{{blank}{inside}{comma}{blank}}}{tail}"


def _expected(labels: dict[str, str], cluster: VirtualCluster) -> dict[str, str] | None:
    """The labels a line should have under own names; None where it is not the cluster's."""
    if labels.get("namespace") != HOST:
        return None
    claim, known = labels.get("persistentvolumeclaim", ""), HOSTS[cluster]
    holder = next((name for name, (host, _) in known.items() if claim and host.claim == claim), "")
    found = known.get(labels.get("pod") or holder)
    if found is None:
        return None
    host, own = found
    if any(labels.get(name) not in (None, "", host.uid) for name in ("uid", "pod_uid")) or (
        claim and claim != host.claim
    ):
        return None
    new = {"namespace": own.namespace, "pod": own.name, "uid": own.uid, "pod_uid": own.uid}
    new["persistentvolumeclaim"] = own.claim
    return {name: new.get(name, value) if value else value for name, value in labels.items()}


@given(st.lists(lines(), max_size=8), st.sampled_from([A, B]))
def test_lines_in_any_spelling(written: list[str], cluster: VirtualCluster) -> None:
    """Against the obvious: which lines pass, their labels, and each byte that is not one of those values."""
    text = "".join(f"{line}\n" for line in written).encode()
    names = learnt().names_for([cluster])
    said = answer_for(CADVISOR, scan(CADVISOR, text), Policy(frozenset(), NodeSeries.NONE), names).body
    read(said)
    expected = [(line, _expected(parse_line(line)[1], cluster)) for line in written]
    passing = [(line, labels) for line, labels in expected if labels is not None]
    assert said.count(b"\n") == len(passing)
    for out, (line, labels) in zip(said.decode().split("\n"), passing, strict=False):
        assert parse_line(out)[1] == labels
        assert _masked(out) == _masked(line)


def _masked(line: str) -> str:
    for name, (start, end) in sorted(_values(line).items(), key=lambda pair: -pair[1][0]):
        if name in ("namespace", "pod", "uid", "pod_uid", "persistentvolumeclaim"):
            line = line[:start] + line[end:]
    return line


@given(st.lists(lines(), max_size=8), st.sets(st.sampled_from(["default", "prod", HOST, "sandbox"])))
def test_with_plain_namespaces_too_no_series_is_there_that_was_not_or_nothing_is(
    written: list[str], plain: set[str]
) -> None:
    text = "".join(f"{line}\n" for line in dict.fromkeys(written)).encode()
    came = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples(text)]
    names = learnt().names_for([A], frozenset(plain))
    try:
        said = answer_for(CADVISOR, scan(CADVISOR, text), Policy(frozenset(plain), NodeSeries.NONE), names).body
    except BodyFault as fault:
        assert fault.reason == "text-names-meet"
        return
    goes = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples(said)]
    assert len(goes) - len(set(goes)) <= len(came) - len(set(came))
    assert {dict(labels)["namespace"] for _, labels in goes} <= plain | {"default", "prod", "jobs"}


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_learning_is_the_same_whatever_the_order_and_twice(shuffled: random.Random) -> None:
    whole = json.loads(body("/pods"))
    shuffled.shuffle(whole["items"])
    again = learn(read_podlist(json.dumps(whole).encode()))
    assert again == learnt()
    assert again.names_for([A]) == learnt().names_for([A, A])


def test_translating_what_is_translated_changes_nothing_and_shows_nothing() -> None:
    """Its pods are in no host namespace: a sieve behind a sieve sees none of them as a virtual cluster's."""
    once = shown("/pods", A)
    assert learn(read_podlist(once)).names_for([A, B]).pods == ()


@given(st.binary(max_size=120))
@example(b'{"kind":"PodList","items":[{"metadata":{"namespace":"vc-shared","labels":7}}]}')
@example(b'{"kind":"PodList","items":[{"metadata":{"namespace":"vc-shared","name":[],"uid":{}},"spec":[],"status":1}]}')
@example(b'{"node":{},"pods":[{"podRef":{"namespace":"vc-shared"},"volume":{"pvcRef":1}}]}')
def test_total_any_bytes_give_an_answer_or_a_typed_error(noise: bytes) -> None:
    names = learnt().names_for([A, B])
    for endpoint in ENDPOINTS:
        try:
            whole = scan(endpoint, noise)
            answer_for(endpoint, whole, Policy(frozenset({"x"})), names)
            if endpoint.path == "/pods":
                learn(whole)  # type: ignore[arg-type]
        except BodyFault as fault:
            assert fault.status == 502


@given(st.data(), st.sampled_from(["/pods", "/stats/summary", "/metrics/probes"]))
def test_total_a_changed_body_gives_an_answer_without_the_neighbours_or_a_typed_error(
    data: st.DataObject, path: str
) -> None:
    """The map of names is of the whole list, the body is damaged: what is kept is still the tenant's alone."""
    whole, endpoint = body(path), BY_PATH[path]
    at = data.draw(st.integers(0, len(whole)))
    changed = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]
    names = learnt().names_for([A])
    try:
        said = answer_for(endpoint, scan(endpoint, changed), Policy(frozenset()), names).body
    except BodyFault:
        return
    assert not [pod for pod in PODS[B].values() if pod.uid.encode() in said or pod.name.encode() in said]
    if path != "/pods":
        assert FOREIGN.uid.encode() not in said
