"""Pod lists and summaries: which items pass, byte for byte, and what is refused whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.faults import BodyFault
from kubesieve.kubelet import listed
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import NodeSeries, Policy, sieve

PODS, SUMMARY = BY_PATH["/pods"], BY_PATH["/stats/summary"]
TEAM_A = Policy(frozenset({"team-a"}))


@pytest.fixture(autouse=True, params=["plain", "compiled"], scope="module")
def reader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here on both readers; where one was not built, twice on the other."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "plain":
            patched.setattr(listed, "_scan", None)
        yield


def _pods(*namespaces: str) -> bytes:
    items = ",".join(f'{{"metadata": {{"name":"p{i}","namespace":"{ns}"}} }}' for i, ns in enumerate(namespaces))
    return f'{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{items}]}}\n'.encode()


def test_kept_pods_are_the_very_bytes_that_came() -> None:
    answer = sieve(PODS, _pods("team-a", "team-b", "team-a"), TEAM_A)
    assert answer.body == (
        b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":['
        b'{"metadata": {"name":"p0","namespace":"team-a"} },{"metadata": {"name":"p2","namespace":"team-a"} }]}\n'
    )
    assert (answer.kept, answer.dropped) == (2, 1)


EMPTY = b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}\n'


@pytest.mark.parametrize(
    "body",
    [_pods("team-b"), _pods(), EMPTY.replace(b"[]", b"null")],
    ids=["all foreign", "no pods", "null, as a kubelet says while it starts"],
)
def test_no_pod_of_ours_gives_an_empty_list_never_null(body: bytes) -> None:
    """Agents crash-loop without a list to look their host name up in."""
    assert sieve(PODS, body, TEAM_A).body == EMPTY


def test_members_of_the_list_that_nobody_knows_do_not_pass() -> None:
    body = _pods().replace(b'"metadata":{}', b'"metadata":{},"neighbours":["team-b"]')
    assert b"team-b" not in sieve(PODS, body, TEAM_A).body


def test_pods_are_judged_by_namespace_whatever_their_uid_looks_like() -> None:
    """A static pod's uid is a hash of its manifest, no UUID."""
    body = _pods("team-a").replace(b'"name":"p0"', b'"name":"p0","uid":"0f0e0d0c0b0a09080706050403020100"')
    assert b"0f0e0d0c0b0a09080706050403020100" in sieve(PODS, body, TEAM_A).body


REFUSED_PODS = {
    "an empty body": (b"", "json-empty"),
    "a Status with 200": (b'{"kind":"Status","apiVersion":"v1","items":[]}', "json-wrong-kind"),
    "null": (b"null", "json-wrong-type"),
    "a list": (b"[]", "json-wrong-type"),
    "no items": (b'{"kind":"PodList"}', "json-missing"),
    "items of another type": (b'{"kind":"PodList","items":{}}', "json-wrong-type"),
    "a null item": (_pods("team-a").replace(b"[{", b"[null,{"), "json-wrong-type"),
    "an item without metadata": (b'{"kind":"PodList","items":[{}]}', "json-missing"),
    "an item without a namespace": (b'{"kind":"PodList","items":[{"metadata":{}}]}', "json-missing"),
    "an item with an empty namespace": (_pods(""), "json-missing"),
    "a namespace that is a number": (b'{"kind":"PodList","items":[{"metadata":{"namespace":1}}]}', "json-wrong-type"),
    "a namespace twice": (
        b'{"kind":"PodList","items":[{"metadata":{"namespace":"team-b","namespace":"team-a"}}]}',
        "json-duplicate-name",
    ),
    "metadata twice": (
        b'{"kind":"PodList","items":[{"metadata":{"namespace":"team-b"},"metadata":{"namespace":"team-a"}}]}',
        "json-duplicate-name",
    ),
    "a namespace in another case, which Go would take": (
        b'{"kind":"PodList","items":[{"metadata":{"namespace":"team-a","Namespace":"team-b"}}]}',
        "json-ambiguous-name",
    ),
    "a namespace with a letter that Go folds to s": (
        '{"kind":"PodList","items":[{"metadata":{"namespace":"team-a","name\u017fpace":"team-b"}}]}'.encode(),
        "json-ambiguous-name",
    ),
    "half a surrogate pair as a name": (b'{"kind":"PodList","items":[],"\\ud800":1}', "json-not-utf8"),
    "items hidden in the list's metadata": (
        b'{"kind":"PodList","metadata":{"x":[{"namespace":"team-b"}]},"items":[]}',
        "json-wrong-type",
    ),
    "items hidden in apiVersion": (b'{"kind":"PodList","apiVersion":{"items":[1]},"items":[]}', "json-wrong-type"),
    "items in another case": (b'{"kind":"PodList","items":[],"Items":[]}', "json-ambiguous-name"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED_PODS.values(), ids=REFUSED_PODS.keys())
def test_a_pod_list_that_is_none_is_refused_whole(body: bytes, reason: str) -> None:
    with pytest.raises(BodyFault) as caught:
        sieve(PODS, body, TEAM_A)
    assert caught.value.reason == reason


NODE = (
    b'{"nodeName":"n1","systemContainers":[{"name":"kubelet"}],"startTime":"2026-01-01T00:00:00Z",'
    b'"cpu":{"usageNanoCores": 5},"memory":{"workingSetBytes":6},"network":{"name":"eth0"},"fs":{},"runtime":{},'
    b'"rlimit":{},"swap":{},"later":{}}'
)
POD_A = b'{"podRef":{"name":"a","namespace":"team-a","uid":"1"},  "containers": [ ],"cpu":null}'
POD_B = b'{"podRef":{"name":"b","namespace":"team-b","uid":"2"},"volume":[{"pvcRef":{"namespace":"team-a"}}]}'
BODY = b'{\n "node": ' + NODE + b',\n "pods": [\n  ' + POD_A + b",\n  " + POD_B + b"\n ]\n}"

NODE_KEPT = {
    NodeSeries.NONE: b'{"nodeName":"n1"}',
    NodeSeries.NODE: b'{"nodeName":"n1","startTime":"2026-01-01T00:00:00Z",'
    b'"cpu":{"usageNanoCores": 5},"memory":{"workingSetBytes":6}}',
    NodeSeries.ALL: NODE,
}


@pytest.mark.parametrize("preset", NodeSeries)
def test_a_summary_keeps_our_pods_and_the_node_as_node_series_says(preset: NodeSeries) -> None:
    answer = sieve(SUMMARY, BODY, Policy(frozenset({"team-a"}), preset))
    assert answer.body == b'{"node":' + NODE_KEPT[preset] + b',"pods":[' + POD_A + b"]}"
    assert (answer.kept, answer.dropped) == (1, 1)


def test_a_summary_is_judged_by_podref_alone_whatever_else_names_a_namespace() -> None:
    assert b"team-b" not in sieve(SUMMARY, BODY, TEAM_A).body
    assert sieve(SUMMARY, BODY, Policy(frozenset({"team-b"}))).kept == 1


@pytest.mark.parametrize("pods", [b"null", b"[]"])
def test_a_summary_without_pods_gives_an_empty_list_never_null(pods: bytes) -> None:
    assert sieve(SUMMARY, b'{"node":{"nodeName":"n"},"pods":' + pods + b"}", TEAM_A).body == (
        b'{"node":{"nodeName":"n"},"pods":[]}'
    )


REFUSED_SUMMARIES = {
    "no node": (b'{"pods":[]}', "json-missing"),
    "a node that is null": (b'{"node":null,"pods":[]}', "json-wrong-type"),
    "no pods": (b'{"node":{}}', "json-missing"),
    "a null pod": (b'{"node":{},"pods":[null]}', "json-wrong-type"),
    "a pod without podRef": (b'{"node":{},"pods":[{}]}', "json-missing"),
    "a podRef without a namespace": (b'{"node":{},"pods":[{"podRef":{"name":"a"}}]}', "json-missing"),
    "a pod list": (_pods("team-a"), "json-missing"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED_SUMMARIES.values(), ids=REFUSED_SUMMARIES.keys())
def test_a_summary_that_is_none_is_refused_whole(body: bytes, reason: str) -> None:
    with pytest.raises(BodyFault) as caught:
        sieve(SUMMARY, body, TEAM_A)
    assert caught.value.reason == reason


_namespaces = st.sampled_from(["team-a", "team-b", "kube-system"])


@given(st.lists(_namespaces, max_size=6), st.sets(_namespaces))
def test_no_leak_and_nothing_lost_on_any_list(namespaces: list[str], allowed: set[str]) -> None:
    answer = json.loads(sieve(PODS, _pods(*namespaces), Policy(frozenset(allowed))).body)
    assert [item["metadata"]["namespace"] for item in answer["items"]] == [ns for ns in namespaces if ns in allowed]


RECORDED = ("v1.20.2-real", "v1.27.5", "v1.31.0", "v1.33.0", "v1.35.0")


@pytest.mark.parametrize("version", RECORDED)
@pytest.mark.parametrize(
    ("file", "path", "reference"), [("pods", "/pods", "metadata"), ("stats_summary", "/stats/summary", "podRef")]
)
def test_recordings_keep_their_items_bytes(corpus: Path, version: str, file: str, path: str, reference: str) -> None:
    body = (corpus / "fixtures" / version / file).read_bytes()
    whole = json.loads(body)
    items: list[Any] = whole.get("items") or whole.get("pods")
    for namespace in sorted({item[reference]["namespace"] for item in items}):
        answer = sieve(BY_PATH[path], body, Policy(frozenset({namespace})))
        found = json.loads(answer.body)
        kept = found["items"] if "items" in found else found["pods"]
        assert kept == [item for item in items if item[reference]["namespace"] == namespace]
        assert len(kept) + answer.dropped == len(items)


def test_a_recorded_list_with_a_null_pod_is_refused(corpus: Path) -> None:
    with pytest.raises(BodyFault):
        sieve(PODS, (corpus / "fixtures/shapes/pods_null_pod.json").read_bytes(), TEAM_A)


@pytest.mark.parametrize("name", ["pods_startup", "pods_empty"])
def test_a_recorded_start_up_list_is_empty(corpus: Path, name: str) -> None:
    assert json.loads(sieve(PODS, (corpus / f"fixtures/shapes/{name}.json").read_bytes(), TEAM_A).body)["items"] == []
