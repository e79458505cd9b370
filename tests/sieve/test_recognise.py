"""Which host pods are a virtual cluster's: the table of marks, each row with its real-world reason."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from kubesieve.kubelet.podlist import read_podlist
from kubesieve.sieve.naming import Learnt, PodId, Refused, learn
from kubesieve.sieve.virtual import marks
from kubesieve.tenancy.values import VirtualCluster

ALPHA = VirtualCluster("vc", "alpha")
UID = "11111111-1111-4111-8111-111111111111"
HOST_UID = "99999999-9999-4999-8999-999999999999"
PREFIX = "vcluster.loft.sh/"
LABELS = {PREFIX + "managed-by": "alpha", PREFIX + "namespace": "default"}
NOTES = {PREFIX + "object-name": "web-0", PREFIX + "object-namespace": "default", PREFIX + "object-uid": UID}
NEWER = {PREFIX + "object-host-name": "web-0-x-default-x-alpha", PREFIX + "object-host-namespace": "vc"}
SEEN = "seen"


def pod(
    labels: object = LABELS,
    notes: object = NOTES,
    *,
    name: str = "web-0-x-default-x-alpha",
    uid: str = HOST_UID,
    **more: Any,
) -> dict[str, Any]:
    """An item of the host's list; ``more``: deleted, phase, namespace, volumes."""
    metadata = {"name": name, "namespace": more.get("namespace", "vc"), "uid": uid}
    if more.get("deleted"):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {
        "metadata": {**metadata, "labels": labels, "annotations": notes},
        "spec": {"volumes": more.get("volumes", [])},
        "status": {"phase": more.get("phase", "Running")},
    }


def learnt(*pods: dict[str, Any]) -> Learnt:
    return learn(read_podlist(json.dumps({"kind": "PodList", "items": pods}).encode()))


def without(marks: dict[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in marks.items() if key != PREFIX + name}


def changed(marks: dict[str, str], name: str, text: object) -> dict[str, Any]:
    return {**marks, PREFIX + name: text}


TABLE = {
    "all marks, an older syncer": (pod(), SEEN),
    "all marks, a newer syncer": (pod(notes=NOTES | NEWER), SEEN),
    "no namespace label: the oldest syncers": (pod(without(LABELS, "namespace")), SEEN),
    "a static pod's uid": (pod(notes=changed(NOTES, "object-uid", "0f" * 16)), SEEN),
    "a name cut with a hash": (
        pod(
            name="a-name-that-is-quite-long-for-a-stateful-set-of-some-a6b03dae1c",
            notes=changed(NOTES, "object-name", "a-name-that-is-quite-long-for-a-stateful-set-of-some-base-0"),
        ),
        SEEN,
    ),
    "the virtual cluster's control plane": (pod({"app": "vcluster", "release": "alpha"}, {}), None),
    "a plain pod": (pod({}, {}), None),
    "no labels at all": (pod(None, None), None),
    "marks, but no label: a copy for debugging": (pod({}, NOTES), None),
    "a label that is no text": (pod(changed(LABELS, "managed-by", 1)), None),
    "another virtual cluster's": (
        pod(changed(LABELS, "managed-by", "beta"), name="web-0-x-default-x-beta"),
        None,
    ),
    "another host namespace": (pod(namespace="vc2"), None),
    "no name": (pod(notes=without(NOTES, "object-name")), Refused.INCOMPLETE),
    "no namespace": (pod(notes=without(NOTES, "object-namespace")), Refused.INCOMPLETE),
    "no uid": (pod(notes=without(NOTES, "object-uid")), Refused.INCOMPLETE),
    "an empty uid": (pod(notes=changed(NOTES, "object-uid", "")), Refused.INCOMPLETE),
    "a uid that is no text": (pod(notes=changed(NOTES, "object-uid", 7)), Refused.INCOMPLETE),
    "annotations that are null": (pod(notes=None), Refused.INCOMPLETE),
    "a name with a quote": (pod(notes=changed(NOTES, "object-name", 'web"0')), Refused.MALFORMED),
    "a name with a line feed behind": (pod(notes=changed(NOTES, "object-name", "web-0\n")), Refused.MALFORMED),
    "a namespace with a dot": (pod(notes=changed(NOTES, "object-namespace", "a.b")), Refused.MALFORMED),
    "a namespace too long": (pod(notes=changed(NOTES, "object-namespace", "a" * 64)), Refused.MALFORMED),
    "a name too long": (pod(notes=changed(NOTES, "object-name", "a" * 254)), Refused.MALFORMED),
    "a uid that is none": (pod(notes=changed(NOTES, "object-uid", "logical-generation")), Refused.MALFORMED),
    "a uid in capitals": (pod(notes=changed(NOTES, "object-uid", "AB" * 16)), Refused.MALFORMED),
    "a pod without a uid of its own": (pod(uid=""), Refused.MALFORMED),
    "the label says another namespace": (pod(changed(LABELS, "namespace", "prod")), Refused.CONTRADICTED),
    "a copy under another name": (pod(name="web-0-copy"), Refused.CONTRADICTED),
    "a copy that kept all marks": (pod(name="web-0-copy", notes=NOTES | NEWER), Refused.CONTRADICTED),
    "a copy that says its host name was chosen": (
        pod(name="another", notes=NOTES | NEWER | {PREFIX + "object-host-name": "another"}),
        Refused.CONTRADICTED,
    ),
    "the right host name, and an annotation that says otherwise": (
        pod(notes=NOTES | NEWER | {PREFIX + "object-host-name": "another"}),
        Refused.CONTRADICTED,
    ),
    "a copy in another namespace": (
        pod(notes=changed(NOTES | NEWER, "object-host-namespace", "elsewhere")),
        Refused.CONTRADICTED,
    ),
    "an object name that makes another host name": (
        pod(notes=changed(NOTES, "object-name", "web-1")),
        Refused.CONTRADICTED,
    ),
}


@pytest.mark.parametrize(("item", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_host_pod_is_a_virtual_clusters_by_all_its_marks_or_not_at_all(
    item: dict[str, Any], expected: str | Refused | None
) -> None:
    found = learnt(item)
    names = found.names_for([ALPHA])
    assert len(names.pods) == (expected is SEEN)
    assert dict(found.refused) == ({expected: 1} if isinstance(expected, Refused) else {})
    if expected is SEEN:
        notes = item["metadata"]["annotations"]
        assert names.pods[0].own == tuple(
            notes[PREFIX + key] for key in ("object-namespace", "object-name", "object-uid")
        )


def test_a_member_that_go_could_take_for_another_makes_a_pod_nobodys() -> None:
    text = json.dumps({"kind": "PodList", "items": [pod()]})
    for name in ("labels", "annotations", "name", "uid"):
        changed = text.replace('{"metadata": {', f'{{"metadata": {{"{name.upper()}": "x", ')
        assert learn(read_podlist(changed.encode())).pods == (), name


OLD, NEW = pod(uid="a" * 32, deleted=True), pod(uid="b" * 32)
OTHER_UID = changed(NOTES, "object-uid", "22222222-2222-4222-8222-222222222222")
TWO = {
    "one is being deleted": ((OLD, NEW), "b" * 32),
    "one is being deleted, the other way round": ((NEW, OLD), "b" * 32),
    "one has failed": ((pod(uid="a" * 32, phase="Failed"), NEW), "b" * 32),
    "one has ended, one is being deleted": (
        (pod(uid="a" * 32, phase="Succeeded"), pod(uid="b" * 32, deleted=True)),
        "a" * 32,
    ),
    "both live": ((pod(uid="a" * 32), NEW), None),
    "both live, with uids of their own": ((pod(notes=OTHER_UID, uid="a" * 32), NEW), None),
    "both have ended": ((pod(uid="a" * 32, phase="Failed"), pod(uid="b" * 32, phase="Succeeded")), None),
    "both are being deleted": ((OLD, pod(uid="b" * 32, deleted=True)), None),
    "a host name that a stranger has too": ((NEW, pod({}, {}, uid="a" * 32)), None),
    "a host name that a stranger had": ((NEW, pod({}, {}, uid="a" * 32, deleted=True)), None),
}


@pytest.mark.parametrize(("pods", "uid"), TWO.values(), ids=TWO.keys())
def test_of_two_pods_under_one_name_the_one_further_from_its_end_is_meant_or_none(
    pods: tuple[dict[str, Any], ...], uid: str | None
) -> None:
    found = learnt(*pods)
    assert [one.host.uid for one in found.pods] == ([uid] if uid else [])
    marked = sum(bool(one["metadata"]["labels"]) for one in pods)
    assert dict(found.refused) == {Refused.AMBIGUOUS: marked - len(found.pods)}


def test_a_pod_that_has_ended_is_seen_where_it_is_alone() -> None:
    assert len(learnt(pod(phase="Succeeded")).pods) == 1
    assert len(learnt(pod(deleted=True)).pods) == 1


def _claim(host: str, volume: str = "data") -> dict[str, Any]:
    return {"name": volume, "persistentVolumeClaim": {"claimName": host}}


LONG = "a" * 50
CLAIMS = {
    "the suffix is taken off": (_claim("data-web-0-x-default-x-alpha"), "data-web-0"),
    "an x between dashes, which a namespace or another virtual cluster could begin with": (
        _claim("a-x-b-x-default-x-alpha"),
        None,
    ),
    "another virtual cluster's": (_claim("data-web-0-x-default-x-beta"), None),
    "another namespace": (_claim("data-web-0-x-prod-x-alpha"), None),
    "no name before the suffix": (_claim("-x-default-x-alpha"), None),
    "no text": (_claim(7), None),  # type: ignore[arg-type]
    "cut, and named as a stateful set does": (_claim(f"{LONG}-w-26ce37fb56", LONG), f"{LONG}-web-0"),
    "cut, and any name": (_claim(f"{LONG}-w-0000000000", LONG), None),
    "cut, and an x between dashes": (_claim(marks.host_name(f"{LONG}-x-a", "default", "alpha"), f"{LONG}-x-a"), None),
    "an ephemeral volume, called as another pod's may be": ({"name": "tmp", "ephemeral": {}}, None),
    "an ephemeral volume that the syncer has turned into a claim": (
        _claim("web-0-tmp-x-default-x-alpha", "tmp"),
        "web-0-tmp",
    ),
    "a volume without a claim": ({"name": "x", "emptyDir": {}}, None),
    "a volume that is no object": ("x", None),
}


@pytest.mark.parametrize(("volume", "own"), CLAIMS.values(), ids=CLAIMS.keys())
def test_a_claims_own_name_is_known_where_it_is_certain(volume: Any, own: str | None) -> None:
    (found,) = learnt(pod(volumes=[volume])).pods
    assert [name for _, name in found.claims] == ([own] if own else [])


def test_a_claim_that_two_pods_could_call_differently_has_no_own_name_though_only_one_is_there() -> None:
    """c-x-a in b, or c in a-x-b: were it named for one, the other would hide its series by coming."""
    first = pod(changed(LABELS, "namespace", "b"), changed(NOTES, "object-namespace", "b"), name="web-0-x-b-x-alpha")
    second = pod(
        changed(LABELS, "namespace", "a-x-b"), changed(NOTES, "object-namespace", "a-x-b"), name="web-0-x-a-x-b-x-alpha"
    )
    for item in (first, second):
        item["spec"]["volumes"] = [_claim("c-x-a-x-b-x-alpha")]
        assert [one.claims for one in learnt(item).pods] == [()]


HOST_NAMES = {
    ("web-0", "default", "alpha"): "web-0-x-default-x-alpha",
    ("a" * 45, "default", "a" * 5): "a" * 45 + "-x-default-x-" + "a" * 5,
    ("a" * 45, "default", "a" * 6): "a" * 45 + "-x-defa-" + "HASH",
    ("a" * 51 + ".b", "default", "alpha"): "a" * 51 + "-" + "HASH",
}


@pytest.mark.parametrize(("own", "host"), HOST_NAMES.items())
def test_host_names_are_joined_and_cut_to_63_bytes_with_a_hash(own: tuple[str, str, str], host: str) -> None:
    digest = hashlib.sha256("{}-x-{}-x-{}".format(*own).encode()).hexdigest()[:10]
    assert marks.host_name(*own) == host.replace("HASH", digest)
    assert marks.own_name(marks.host_name(*own), *own[1:]) == (own[0] if "HASH" not in host else None)
    assert len(marks.host_name(*own)) <= 63


PLAIN_UID = pod({}, {}, name="plain", uid=UID, namespace="team")
BETA_UID = pod(
    changed(LABELS, "managed-by", "beta") | {PREFIX + "namespace": "prod"},
    changed(NOTES, "object-namespace", "prod"),
    name="web-0-x-prod-x-beta",
    uid="b" * 32,
)
IN_VC = NOTES | {PREFIX + "object-namespace": "vc"}
MEETINGS = {
    "alone": ((pod(),), 1, 0),
    "a plain pod of that name": ((pod(), pod({}, {}, name="web-0", namespace="default", uid="c" * 32)), 0, 1),
    "a plain pod of that uid": ((pod(), PLAIN_UID), 0, 1),
    "a plain pod of that name, not granted": ((pod(), pod({}, {}, name="web-0", namespace="x", uid="c" * 32)), 1, 0),
    "another virtual cluster's of that uid": ((pod(), BETA_UID), 0, 2),
    "a namespace called as the host's": (
        (pod({PREFIX + "managed-by": "alpha"}, IN_VC, name="web-0-x-vc-x-alpha"),),
        1,
        0,
    ),
}


@pytest.mark.parametrize(("pods", "shown", "hidden"), MEETINGS.values(), ids=MEETINGS.keys())
def test_within_a_grant_pods_that_would_meet_are_hidden(
    pods: tuple[dict[str, Any], ...], shown: int, hidden: int
) -> None:
    """The plain one stays; of two virtual ones neither does."""
    granted = frozenset({"default", "team", "vc"})
    names = learnt(*pods).names_for([ALPHA, VirtualCluster("vc", "beta")], granted)
    assert (len(names.pods), names.hidden) == (shown, hidden)


def test_the_way_back_for_logs() -> None:
    names = learnt(pod()).names_for([ALPHA])
    assert names.host_of(ALPHA, "default", "web-0") == PodId("vc", "web-0-x-default-x-alpha", HOST_UID)
    assert names.host_of(ALPHA, "default", "web-1") is None
    assert names.host_of(ALPHA, "vc", "web-0-x-default-x-alpha") is None
    assert names.host_of(VirtualCluster("vc", "beta"), "default", "web-0") is None


def test_the_order_of_the_list_means_nothing() -> None:
    pods = [pod(), pod(changed(LABELS, "managed-by", "beta"), name="web-0-x-default-x-beta", uid="b" * 32), OLD]
    assert learnt(*pods) == learnt(*reversed(pods)) == learnt(*pods)
