"""What a virtual cluster's tenant is answered: the rows of each endpoint, and that all other bytes are as they came."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from kubesieve.exposition import read
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import NodeSeries, Policy, answer, scan
from kubesieve.sieve.naming import Names, PodId, VirtualPod, answer_for
from kubesieve.sieve.virtual.names import ClusterKey
from kubesieve.tenancy.values import VirtualCluster
from tests.independent_text import is_sample, naive_filter, parse_line
from tests.sieve.virtual_node import FOREIGN, HOST, NODE, PLACES, A, B, body, host_pods, learnt, own_pods, shown

TEXTS = tuple(path for path in PLACES if path.startswith("/metrics"))
UID, HOST_UID = "11111111-1111-4111-8111-111111111111", "99999999-9999-4999-8999-999999999999"
WEB = VirtualPod(
    ClusterKey("vc", "alpha"),
    PodId("vc", "web-0-x-default-x-alpha", HOST_UID),
    PodId("default", "web-0", UID),
    (("data-web-0-x-default-x-alpha", "data-web-0"),),
)
NAMES = Names((WEB,))
HOST_POD, CLAIM = WEB.host.name, "data-web-0-x-default-x-alpha"
CADVISOR, PODS, SUMMARY = BY_PATH["/metrics/cadvisor"], BY_PATH["/pods"], BY_PATH["/stats/summary"]
NOTHING = Policy(frozenset(), NodeSeries.NONE)


def _text(line: str, policy: Policy = NOTHING, names: Names = NAMES) -> str:
    return answer_for(CADVISOR, scan(CADVISOR, line.encode()), policy, names).body.decode()


LINES = {
    "both names": (f'a{{namespace="vc",pod="{HOST_POD}"}} 1\n', 'a{namespace="default",pod="web-0"} 1\n'),
    "any order, blanks, a comma, a time": (
        f'a {{ pod = "{HOST_POD}" ,x="1", namespace="vc" , }} 1e3 1000\n',
        'a { pod = "web-0" ,x="1", namespace="default" , } 1e3 1000\n',
    ),
    "quoted names, an exemplar": (
        f'{{"a.b","namespace"="vc","pod"="{HOST_POD}"}} 1 # {{pod="{HOST_POD}"}} 1\n',
        f'{{"a.b","namespace"="default","pod"="web-0"}} 1 # {{pod="{HOST_POD}"}} 1\n',
    ),
    "no last line feed": (f'a{{namespace="vc",pod="{HOST_POD}"}} 1', 'a{namespace="default",pod="web-0"} 1\n'),
    "the text of a name elsewhere": (
        f'a{{id="/pod{HOST_UID}",name="{HOST_POD}",exported_pod="{HOST_POD}",namespace="vc",pod="{HOST_POD}"}} 1\n',
        f'a{{id="/pod{HOST_UID}",name="{HOST_POD}",exported_pod="{HOST_POD}",namespace="default",pod="web-0"}} 1\n',
    ),
    "a uid": (
        f'a{{namespace="vc",pod="{HOST_POD}",uid="{HOST_UID}"}} 1\n',
        f'a{{namespace="default",pod="web-0",uid="{UID}"}} 1\n',
    ),
    "a probe": (
        f'a{{container="c",namespace="vc",pod="{HOST_POD}",pod_uid="{HOST_UID}"}} 1\n',
        f'a{{container="c",namespace="default",pod="web-0",pod_uid="{UID}"}} 1\n',
    ),
    "an empty uid": (
        f'a{{namespace="vc",pod="{HOST_POD}",uid=""}} 1\n',
        'a{namespace="default",pod="web-0",uid=""} 1\n',
    ),
    "the uid of the pod before it": (f'a{{namespace="vc",pod="{HOST_POD}",uid="{UID}"}} 1\n', ""),
    "a claim": (
        f'a{{namespace="vc",persistentvolumeclaim="{CLAIM}"}} 1\n',
        'a{namespace="default",persistentvolumeclaim="data-web-0"} 1\n',
    ),
    "a claim of a pod": (
        f'a{{namespace="vc",persistentvolumeclaim="{CLAIM}",pod="{HOST_POD}"}} 1\n',
        'a{namespace="default",persistentvolumeclaim="data-web-0",pod="web-0"} 1\n',
    ),
    "a claim nobody knows": ('a{namespace="vc",persistentvolumeclaim="x"} 1\n', ""),
    "a claim of a pod, that nobody knows": (f'a{{namespace="vc",persistentvolumeclaim="x",pod="{HOST_POD}"}} 1\n', ""),
    "no pod": ('a{namespace="vc"} 1\n', ""),
    "an empty pod": ('a{namespace="vc",pod=""} 1\n', ""),
    "a pod nobody knows": ('a{namespace="vc",pod="web-0"} 1\n', ""),
    "the own names are no host's": ('a{namespace="default",pod="web-0"} 1\n', ""),
    "another namespace": (f'a{{namespace="vc2",pod="{HOST_POD}"}} 1\n', ""),
    "an exported namespace": (f'a{{exported_namespace="vc",pod="{HOST_POD}"}} 1\n', ""),
    "no namespace": (f'a{{pod="{HOST_POD}"}} 1\n', ""),
    "no labels": ("a 1\n", ""),
}


@pytest.mark.parametrize(("came", "goes"), LINES.values(), ids=LINES.keys())
def test_a_line_of_text(came: str, goes: str) -> None:
    assert _text(came) == goes


def test_metadata_stays_for_families_with_a_kept_sample_only_and_in_place() -> None:
    ours = f'{{namespace="vc",pod="{HOST_POD}"}}'
    came = (
        '# HELP a x\n# TYPE a gauge\na{namespace="vc",pod="theirs"} 1\n'
        f'# HELP b x\n# TYPE b histogram\nb_sum{{namespace="vc"}} 1\nb_count{ours} 1\n# free\n\nb_sum{ours} 2\n'
    )
    own = '{namespace="default",pod="web-0"}'
    assert _text(came) == f"# HELP b x\n# TYPE b histogram\nb_count{own} 1\nb_sum{own} 2\n"


def test_families_that_are_dropped_are_dropped_under_any_name() -> None:
    came = f'a{{namespace="vc",pod="{HOST_POD}"}} 1\nb{{namespace="vc",pod="{HOST_POD}"}} 1\n'
    assert _text(came, Policy(frozenset(), drop=("a",))) == 'b{namespace="default",pod="web-0"} 1\n'


def test_beside_plain_namespaces_and_node_series() -> None:
    came = (
        f'a{{namespace="team",pod="p"}} 1\na{{namespace="vc",pod="{HOST_POD}"}} 2\na{{namespace="default",pod="p"}} 3\n'
    )
    came += "machine_memory_bytes 5\n"
    assert _text(came, Policy(frozenset({"team", "default"}))) == (
        'a{namespace="team",pod="p"} 1\na{namespace="default",pod="web-0"} 2\na{namespace="default",pod="p"} 3\n'
        "machine_memory_bytes 5\n"
    )


def test_where_the_host_namespace_is_granted_too_each_pod_is_shown_once() -> None:
    came = f'a{{namespace="vc",pod="{HOST_POD}"}} 1\na{{namespace="vc",pod="alpha-0"}} 2\na{{namespace="vc"}} 3\n'
    assert _text(came, Policy(frozenset({"vc"}))) == (
        'a{namespace="default",pod="web-0"} 1\na{namespace="vc",pod="alpha-0"} 2\na{namespace="vc"} 3\n'
    )


MEETING = f'a{{namespace="default",pod="web-0"}} 1\na{{namespace="vc",pod="{HOST_POD}"}} 2\n'


@pytest.mark.parametrize("came", [MEETING, "\n".join(reversed(MEETING.splitlines()))])
def test_two_series_that_would_become_one_stop_the_answer(came: str) -> None:
    """A pod of a plainly granted namespace that came after the pod list was read."""
    with pytest.raises(BodyFault) as caught:
        _text(came, Policy(frozenset({"default"})))
    assert caught.value.reason == "text-names-meet"
    assert _text(came) == 'a{namespace="default",pod="web-0"} 2\n', "nothing meets what is not granted"


def test_a_virtual_namespace_may_be_called_like_the_host_namespace_that_is_granted_too() -> None:
    names = Names((replace(WEB, own=PodId("vc", "web-0", UID)),))
    ours, theirs = f'a{{namespace="vc",pod="{HOST_POD}"}} 1\n', 'a{namespace="vc",pod="web-0"} 2\n'
    assert _text(ours, Policy(frozenset({"vc"})), names) == 'a{namespace="vc",pod="web-0"} 1\n'
    with pytest.raises(BodyFault, match="two series to stay two"):
        _text(ours + theirs, Policy(frozenset({"vc"})), names)


def test_a_name_that_is_free_because_its_pod_goes_out_under_another_is_free() -> None:
    first = replace(WEB, own=PodId("vc", "web-1", UID), claims=())
    second = replace(WEB, host=PodId("vc", "web-1", "2" * 32), own=PodId("vc", "web-2", "3" * 32), claims=())
    came = f'a{{namespace="vc",pod="{HOST_POD}"}} 1\na{{namespace="vc",pod="web-1"}} 2\n'
    goes = 'a{namespace="vc",pod="web-1"} 1\na{namespace="vc",pod="web-2"} 2\n'
    assert _text(came, Policy(frozenset({"vc"})), Names((first, second))) == goes


def test_a_series_that_the_kubelet_gives_twice_is_not_ours_to_judge() -> None:
    line = f'a{{namespace="vc",pod="{HOST_POD}"}} 1\n'
    assert _text(line * 2) == 'a{namespace="default",pod="web-0"} 1\n' * 2


def _items(path: str, *items: dict[str, Any]) -> bytes:
    whole = {"kind": "PodList", "items": items} if path == "/pods" else {"node": {}, "pods": items}
    return json.dumps(whole).encode()


def _shown(path: str, item: dict[str, Any]) -> list[Any]:
    endpoint = BY_PATH[path]
    said = json.loads(answer_for(endpoint, scan(endpoint, _items(path, item)), NOTHING, NAMES).body)
    return list(said["items" if path == "/pods" else "pods"])


REF = {"name": HOST_POD, "namespace": "vc", "uid": HOST_UID}
OWN = {"name": "web-0", "namespace": "default", "uid": UID}
OTHERS = {
    "another uid: the pod before it": REF | {"uid": UID},
    "another name": REF | {"name": "web-0"},
    "another namespace": REF | {"namespace": "default"},
    "its own names": OWN,
    "no uid": {"name": HOST_POD, "namespace": "vc"},
    "a uid that is no text": REF | {"uid": 5},
    "a name in another case, which Go would take": REF | {"Name": "x"},
    "a uid in another case": REF | {"UID": "x"},
}


@pytest.mark.parametrize("reference", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("path", ["/pods", "/stats/summary"])
def test_an_item_is_a_pods_by_name_and_namespace_and_uid_or_invisible(path: str, reference: dict[str, Any]) -> None:
    member = "metadata" if path == "/pods" else "podRef"
    assert _shown(path, {member: REF}) == [{member: OWN}]
    assert _shown(path, {member: reference}) == []


def test_a_pods_claims_get_the_names_that_series_of_volumes_have() -> None:
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": CLAIM, "readOnly": True}},
        {"name": "x", "persistentVolumeClaim": {"claimName": "cut-0123456789"}},
        {"name": CLAIM, "secret": {"secretName": CLAIM}},
        {"name": "y", "persistentVolumeClaim": None},
        None,
    ]
    (item,) = _shown("/pods", {"metadata": REF, "spec": {"volumes": volumes}})
    volumes[0] = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0", "readOnly": True}}
    assert item["spec"]["volumes"] == volumes


VOLUMES = {
    "known": (
        {"name": "data", "pvcRef": {"name": CLAIM, "namespace": "vc"}, "usedBytes": 1},
        {"name": "data-web-0", "namespace": "default"},
    ),
    "not known": ({"name": "data", "pvcRef": {"name": "x", "namespace": "vc"}, "usedBytes": 1}, None),
    "not known, first": ({"pvcRef": {"name": "x", "namespace": "vc"}, "name": "data"}, None),
    "not known, last": ({"name": "data", "pvcRef": {"name": "x", "namespace": "vc"}}, None),
    "not known, alone": ({"pvcRef": {"name": "x", "namespace": "vc"}}, None),
    "another namespace": ({"name": "data", "pvcRef": {"name": CLAIM, "namespace": "other"}}, None),
    "no namespace": ({"name": "data", "pvcRef": {"name": CLAIM}}, None),
    "null": ({"name": "data", "pvcRef": None}, None),
}


@pytest.mark.parametrize(("volume", "own"), VOLUMES.values(), ids=VOLUMES.keys())
def test_a_volumes_claim_is_translated_or_taken_away(volume: dict[str, Any], own: dict[str, str] | None) -> None:
    (item,) = _shown("/stats/summary", {"podRef": REF, "volume": [{"name": "first"}, volume]})
    expected = {name: value for name, value in volume.items() if name != "pvcRef"}
    assert item == {"podRef": OWN, "volume": [{"name": "first"}, expected | ({"pvcRef": own} if own else {})]}


def test_a_claim_in_another_case_is_refused_whole() -> None:
    with pytest.raises(BodyFault, match="pvcRef"):
        _shown("/stats/summary", {"podRef": REF, "volume": [{"pvcRef": {}, "PVCRef": {}}]})


@pytest.mark.parametrize("path", ["/pods", "/stats/summary"])
@pytest.mark.parametrize("plain", [OWN | {"uid": "x"}, REF | {"uid": UID, "name": "y", "namespace": "default"}])
def test_two_pods_that_would_go_out_under_one_name_or_uid_stop_the_answer(path: str, plain: dict[str, str]) -> None:
    member, endpoint = ("metadata" if path == "/pods" else "podRef"), BY_PATH[path]
    whole = scan(endpoint, _items(path, {member: REF}, {member: plain}))
    with pytest.raises(BodyFault) as caught:
        answer_for(endpoint, whole, Policy(frozenset({"default"})), NAMES)
    assert caught.value.reason == "json-names-meet"


def _renamed(raw: bytes, cluster: VirtualCluster, path: str) -> bytes:
    """The truth on the stage's own spelling: each name replaced where it stands, by plain text."""
    quote = b'"%s":"%s"' if path != "/stats/summary" else b'"%s": "%s"'
    for host, own in zip(host_pods(NODE, cluster), own_pods(NODE, cluster), strict=True):
        if host.uid.encode() not in raw:
            continue
        claims = (("claimName", host.claim, own.claim),) if path == "/pods" else (("name", host.claim, own.claim),)
        for name, old, new in (("name", host.name, own.name), ("uid", host.uid, own.uid), *claims):
            raw = raw.replace(quote % (name.encode(), old.encode()), quote % (name.encode(), new.encode()), 1)
        count = 2 if path == "/stats/summary" and own.claim else 1
        spelled = quote % (b"namespace", HOST.encode())
        raw = raw.replace(spelled, quote % (b"namespace", own.namespace.encode()), count)
    return raw


@pytest.mark.parametrize("cluster", [A, B])
@pytest.mark.parametrize("path", ["/pods", "/runningpods/", "/stats/summary"])
def test_items_differ_from_what_came_by_those_names_alone(path: str, cluster: VirtualCluster) -> None:
    plain = answer(BY_PATH[path], scan(BY_PATH[path], body(path)), Policy(frozenset({HOST}))).body
    uids = [pod.uid.encode() for pod in host_pods(NODE, cluster)]
    separator = rb',(?=\{\s*"(?:metadata|podRef)")'
    name = b'"pods":[' if path == "/stats/summary" else b'"items":['
    head, _, rest = plain.partition(name)
    tail = b"]}" if path == "/stats/summary" else b"]}\n"
    items = re.split(separator, rest.removesuffix(tail))
    ours = [_renamed(item, cluster, path) for item in items if any(b'"' + uid + b'"' in item for uid in uids)]
    assert ours
    assert shown(path, cluster) == head + name + b",".join(ours) + tail


@pytest.mark.parametrize("cluster", [A, B])
@pytest.mark.parametrize("path", TEXTS)
def test_lines_differ_from_what_came_by_those_names_alone(path: str, cluster: VirtualCluster) -> None:
    pairs = list(zip(host_pods(NODE, cluster), own_pods(NODE, cluster), strict=True))
    lines = []
    for line in naive_filter(body(path), lambda _, namespace: namespace == HOST).decode().split("\n"):
        labels = parse_line(line)[1] if is_sample(line) else {}
        if not labels:
            lines.append(line)
        for host, own in pairs:
            claim = labels.get("persistentvolumeclaim", "")
            if labels.get("pod") == host.name or (claim and claim == host.claim):
                changes = (("pod", host.name, own.name), ("namespace", HOST, own.namespace), ("uid", host.uid, own.uid))
                for name, old, new in (*changes, ("persistentvolumeclaim", host.claim, own.claim)):
                    line = line.replace(f'{name}="{old}"', f'{name}="{new}"')
                lines.append(line)
    expected = naive_filter("\n".join(lines).encode(), lambda _, namespace: bool(namespace))
    assert expected or path == "/metrics/probes"
    policy, endpoint = Policy(frozenset(), NodeSeries.NONE), BY_PATH[path]
    assert answer_for(endpoint, scan(endpoint, body(path)), policy, learnt().names_for([cluster])).body == expected


@pytest.mark.parametrize("path", PLACES)
def test_a_caller_without_virtual_clusters_gets_the_same_bytes_as_ever(path: str) -> None:
    for namespaces in (frozenset[str](), frozenset({HOST}), frozenset({"sandbox", "tenant-b"})):
        plain = answer(BY_PATH[path], scan(BY_PATH[path], body(path)), Policy(namespaces)).body
        assert shown(path, namespaces=namespaces) == plain
        assert answer_for(BY_PATH[path], scan(BY_PATH[path], body(path)), Policy(namespaces), None).body == plain


def test_two_virtual_clusters_of_one_caller_never_meet_either() -> None:
    """Both have default/web-0: neither is shown, the others are; a plain pod of that name would be."""
    pods = json.loads(shown("/pods", A, B))["items"]
    assert {item["metadata"]["name"] for item in pods} == {
        own.name for own in (*own_pods(NODE, A), *own_pods(NODE, B))
    } - {"web-0"}
    assert b'"web-0"' not in shown("/metrics/cadvisor", A, B)


def test_a_body_of_health_is_as_ever() -> None:
    healthz = BY_PATH["/healthz"]
    assert answer_for(healthz, scan(healthz, b"ok"), NOTHING, NAMES).body == b"ok"


def test_every_text_answer_is_an_exposition() -> None:
    for path in TEXTS:
        read(shown(path, A, namespaces=frozenset({HOST, FOREIGN.namespace})))
