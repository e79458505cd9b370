"""Hostile tenants in a shared host namespace: whatever they choose, what is another's is not read, hidden or renamed.

A model of the syncer makes host pods of what tenants write; as in Kubernetes a name is unique in the host namespace,
and who comes second does not come in. Beside it somebody makes host pods himself: without rights on the label, or with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.kubelet.podlist import read_podlist
from kubesieve.sieve import NodeSeries, Policy, scan
from kubesieve.sieve.naming import Learnt, Names, answer_for, learn
from kubesieve.stage.virtual import host_name
from kubesieve.tenancy.values import VirtualCluster

HOST, PREFIX = "vc", "vcluster.loft.sh/"
LONG = "a-name-that-is-quite-long-for-a-stateful-set-of-some-database"
CLUSTERS = ("alpha", "b-x-alpha", "default-x-alpha", "beta")
_parts = st.sampled_from(["a", "b", "x", "web-0", "data", "default", "web-0-x-default", "a-x-b", "x-x", "v-x-q", LONG])
_names = st.one_of(_parts, st.tuples(_parts, _parts).map("-".join), st.tuples(_parts, _parts).map("-x-".join))
_namespaces = _names.filter(lambda name: len(name) <= 63)
_texts = st.one_of(_names, st.sampled_from([*CLUSTERS, HOST, "web-0-x-default-x-alpha", "data-x-default-x-alpha"]))
_marks = st.dictionaries(
    st.sampled_from([PREFIX + name for name in ("object-name", "object-namespace", "object-uid", "object-host-name",
                                                "object-host-namespace", "namespace", "managed-by")]),
    _texts,
)  # fmt: skip


@dataclass(frozen=True)
class Virtual:
    """A pod as a tenant writes it. ``claims`` and ``ephemeral``: of its volumes, by a volume's name."""

    name: str
    namespace: str
    marks: tuple[tuple[str, str], ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    ephemeral: tuple[str, ...] = ()


_pairs = st.lists(st.tuples(_names, _names), max_size=2).map(tuple)
_virtual = st.builds(
    Virtual, _names, _namespaces, _marks.map(lambda marks: tuple(marks.items())), _pairs, st.lists(_names, max_size=1)
)
VICTIMS = (
    Virtual("web-0", "default", claims=(("data", "data-web-0"), ("v", "data"))),
    Virtual("a", "default", ephemeral=("b-c",)),
    Virtual("a-b", "a-x-b", claims=(("c", "c"),), ephemeral=("c",)),
    Virtual("n", "m", claims=(("v", "v"), (LONG, f"{LONG}-n"))),
)


def uid(*of: str) -> str:
    return hashlib.md5("/".join(of).encode(), usedforsecurity=False).hexdigest()


def synced(cluster: str, pod: Virtual) -> dict[str, Any]:
    """What the syncer makes of it: the tenant's own labels and annotations first, its marks over them."""
    called, own = host_name(pod.name, pod.namespace, cluster), uid(cluster, pod.namespace, pod.name)
    marks = {PREFIX + "object-name": pod.name, PREFIX + "object-namespace": pod.namespace, PREFIX + "object-uid": own,
             PREFIX + "object-host-name": called, PREFIX + "object-host-namespace": HOST}  # fmt: skip
    labels = {PREFIX + "managed-by": cluster, PREFIX + "namespace": pod.namespace}
    claims = [(volume, host_name(claim, pod.namespace, cluster)) for volume, claim in pod.claims]
    return item(called, {**dict(pod.marks), **labels}, {**dict(pod.marks), **marks}, claims, pod.ephemeral)


def item(
    name: str,
    labels: dict[str, str],
    notes: dict[str, str],
    claims: Iterable[tuple[str, str]] = (),
    ephemeral: Iterable[str] = (),
    born: str = "2026-01-01T00:00:00Z",
) -> dict[str, Any]:
    """A pod of the host's list."""
    mounted = [{"name": volume, "persistentVolumeClaim": {"claimName": claim}} for volume, claim in claims]
    made = [{"name": volume, "ephemeral": {"volumeClaimTemplate": {}}} for volume in ephemeral]
    metadata = {"name": name, "namespace": HOST, "uid": uid(name), "creationTimestamp": born}
    return {
        "metadata": {**metadata, "labels": labels, "annotations": notes},
        "spec": {"volumes": [*mounted, *made]},
        "status": {"phase": "Running"},
    }


def host_claims(pod: dict[str, Any]) -> set[str]:
    """The claims in the host namespace that a pod mounts."""
    volumes = pod["spec"]["volumes"]
    made = {f"{pod['metadata']['name']}-{volume['name']}" for volume in volumes if "ephemeral" in volume}
    return made | {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "ephemeral" not in volume}


def known(*pods: dict[str, Any]) -> Learnt:
    """Of a host where names are unique: the first that asked for a name has it."""
    sole = {pod["metadata"]["name"]: pod for pod in reversed(pods)}
    return learn(read_podlist(json.dumps({"kind": "PodList", "items": list(sole.values())}).encode()))


def of(learnt: Learnt, cluster: str, namespaces: frozenset[str] = frozenset()) -> Names:
    return learnt.names_for([VirtualCluster(HOST, cluster)], namespaces)


def volumes_of(names: Names, claims: Iterable[str]) -> bytes:
    """What a caller with these names reads in the series of volumes of these claims."""
    line = 'kubelet_volume_stats_used_bytes{namespace="%s",persistentvolumeclaim="%s"} 1\n'
    endpoint, text = BY_PATH["/metrics"], "".join(line % (HOST, claim) for claim in sorted(claims))
    return answer_for(endpoint, scan(endpoint, text.encode()), Policy(frozenset(), NodeSeries.NONE), names).body


_plain = st.builds(item, _texts, _marks.map(lambda marks: {key: marks[key] for key in marks if "managed" not in key}),
                   _marks, _pairs, st.lists(_names, max_size=1))  # fmt: skip
_forged = st.builds(
    lambda cluster, name, labels, notes, claims, ephemeral: item(
        name, {**labels, PREFIX + "managed-by": cluster}, notes, claims, ephemeral, "2026-01-01T00:00:01Z"
    ),
    st.sampled_from(CLUSTERS), _texts, _marks, _marks, _pairs, st.lists(_names, max_size=1),
)  # fmt: skip


@given(st.permutations(CLUSTERS), st.lists(_virtual, max_size=4), st.lists(_plain, max_size=3))
@example(["alpha", "beta", *CLUSTERS[1:3]], [Virtual("a", "default", ephemeral=("b-c",))], [])
@example(["b-x-alpha", "alpha"], [Virtual("p", "b", claims=(("v", "v-x-m"),))], [])
@example(["alpha", "b-x-alpha"], [Virtual("p", "b", claims=(("v", "v-x-m"),))], [])
def test_of_what_is_anothers_a_tenant_reads_hides_and_renames_nothing(
    clusters: list[str], hostile: list[Virtual], plain: list[dict[str, Any]]
) -> None:
    """Neither by what he writes into his virtual cluster, nor by host pods that he may not label."""
    victim, attacker = clusters[0], clusters[1]
    mine = [synced(victim, pod) for pod in VICTIMS]
    whole = known(*mine, *(synced(attacker, pod) for pod in hostile), *plain)
    assert of(whole, victim) == of(known(*mine), victim)
    assert len(of(whole, victim).pods) == len(VICTIMS)
    claims = {claim for pod in mine for claim in host_claims(pod)}
    theirs = of(whole, attacker)
    assert {pod.host.uid for pod in theirs.pods}.isdisjoint(pod["metadata"]["uid"] for pod in mine)
    assert volumes_of(theirs, claims) == b""


@given(st.permutations(CLUSTERS), st.lists(_forged, max_size=4))
def test_who_makes_labelled_host_pods_can_forge_pods_but_hides_and_reads_nothing(
    clusters: list[str], forged: list[dict[str, Any]]
) -> None:
    victim, attacker = clusters[0], clusters[1]
    mine = [synced(victim, pod) for pod in VICTIMS]
    whole = known(*mine, *forged)
    assert set(of(whole, victim).pods) >= set(of(known(*mine), victim).pods)
    claims = {claim for pod in mine for claim in host_claims(pod)}
    assert volumes_of(of(whole, attacker), claims) == b""


def _forgery(name: str = "web-9-x-default-x-alpha", born: str = "2026-01-01T00:00:01Z", **marks: str) -> dict[str, Any]:
    """Another host pod of alpha's that says it is one of alpha's pods."""
    true = synced("alpha", Virtual("web-9", "default"))["metadata"]
    said = {PREFIX + key.replace("_", "-"): text for key, text in marks.items()}
    return item(name, true["labels"], true["annotations"] | said, born=born)


OWN_UID = uid("alpha", "default", "web-0")
WEB = ("default", "web-0", OWN_UID)
FORGERIES = {
    "a name of its own": (_forgery(), [WEB, ("default", "web-9", uid("alpha", "default", "web-9"))]),
    "the victim's name, by another host name": (_forgery(object_name="web-0"), [WEB]),
    "and an annotation that agrees": (
        _forgery(name="z", object_name="web-0", object_host_name="z", object_uid=OWN_UID),
        [WEB],
    ),
    "the victim's uid": (_forgery(object_uid=OWN_UID), [WEB]),
    "the victim's uid, in the same second": (
        _forgery(object_uid=OWN_UID, born="2026-01-01T00:00:00Z"),
        [WEB, ("default", "web-9", OWN_UID)],
    ),
}


@pytest.mark.parametrize(("forged", "shown"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_pod_stands_beside_the_true_one_or_nowhere(
    forged: dict[str, Any], shown: list[tuple[str, str, str]]
) -> None:
    for pods in ([synced("alpha", VICTIMS[0]), forged], [forged, synced("alpha", VICTIMS[0])]):
        assert [tuple(pod.own) for pod in of(known(*pods), "alpha").pods] == shown


def test_a_claim_of_one_name_in_two_virtual_clusters_of_a_caller_is_neithers_and_stops_no_answer() -> None:
    """Pods of deployments have names of their own; the claim that both mount is called alike."""
    pods = [synced(name, Virtual(f"web-{name}", "default", claims=(("v", "data"),))) for name in ("alpha", "beta")]
    names = known(*pods).names_for([VirtualCluster(HOST, "alpha"), VirtualCluster(HOST, "beta")])
    assert len(names.pods) == 2
    assert volumes_of(names, {claim for pod in pods for claim in host_claims(pod)}) == b""


@pytest.mark.parametrize("volume", [{"persistentVolumeClaim": {"claimName": "web-data"}}, {"ephemeral": {}}])
def test_a_claim_of_a_plainly_granted_namespace_is_shown_and_a_virtual_one_of_that_name_is_not(
    volume: dict[str, Any],
) -> None:
    ours = synced("alpha", Virtual("web-0", "team", claims=(("v", "web-data"),)))
    plain = item("web", {}, {})
    plain["metadata"]["namespace"] = "team"
    plain["spec"]["volumes"] = [{"name": "data"} | volume]
    names = of(known(ours, plain), "alpha", frozenset({"team"}))
    assert [pod.claims for pod in names.pods] == [()]
    assert of(known(ours, plain), "alpha").pods[0].claims == (("web-data-x-team-x-alpha", "web-data"),)
