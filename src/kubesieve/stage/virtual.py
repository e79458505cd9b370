"""Virtual clusters on the node: their pods as a host runs them, renamed and marked as vcluster's syncer does.

Host names are ``NAME-x-NAMESPACE-x-VCLUSTER``, cut with a hash where longer than 63 bytes. The tenant's own names and
uids are in annotations; its own labels get other keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from kubesieve.stage import seeds
from kubesieve.stage.model import Node, Pod
from kubesieve.stage.story import bare_pod, box, settled

_PREFIX = "vcluster.loft.sh"


def with_virtual_cluster(node: Node, namespace: str, name: str, pods: Iterable[Pod]) -> Node:
    """The node with a virtual cluster in a host namespace: its control plane, and ``pods`` under host names.

    The pods are given as the tenant knows them: with its own names, uids and claims (see ``own_pod``).
    """
    plane = replace(bare_pod(namespace, f"{name}-0", box("syncer")), labels=(("app", "vcluster"), ("release", name)))
    host = (host_pod(node, namespace, name, pod) for pod in pods)
    return with_pods(node, settled(plane, node.seed, node.runtime, len(node.pods)), *host)


def with_pods(node: Node, *pods: Pod) -> Node:
    """The node with more pods, whole ones."""
    return replace(node, pods=(*node.pods, *pods))


def own_pod(node: Node, pod: Pod, *, of: str) -> Pod:
    """A pod as its virtual cluster ``of`` knows it: two clusters' pods of one name have uids and ids of their own."""
    index = int(8 + 200 * seeds.fraction(node.seed, of, pod.namespace, pod.name))
    other = settled(replace(pod, namespace=f"{of}/{pod.namespace}"), node.seed, node.runtime, index)
    return replace(other, namespace=pod.namespace)


def host_pod(node: Node, namespace: str, name: str, pod: Pod) -> Pod:
    """The pod as the host has it: the same containers, addresses and times under another name and uid."""
    called = host_name(pod.name, pod.namespace, name)
    return replace(
        pod,
        namespace=namespace,
        name=called,
        uid=seeds.uuid("host uid", node.seed, namespace, called, pod.uid),
        claim=host_name(pod.claim, pod.namespace, name) if pod.claim else "",
        labels=tuple(_labels(name, pod)),
        annotations=(*pod.annotations, *_marks(namespace, called, pod)),
    )


def host_name(name: str, namespace: str, vcluster: str) -> str:
    """What the syncer calls an object on the host."""
    parts = "-".join((name, "x", namespace, "x", vcluster))
    if len(parts) > 63:
        parts = (parts[:52] + "-" + hashlib.sha256(parts.encode()).hexdigest()[:10]).replace(".-", "-")
    return parts


def _marks(namespace: str, called: str, pod: Pod) -> tuple[tuple[str, str], ...]:
    return (
        (f"{_PREFIX}/name", pod.name),
        (f"{_PREFIX}/namespace", pod.namespace),
        (f"{_PREFIX}/object-host-name", called),
        (f"{_PREFIX}/object-host-namespace", namespace),
        (f"{_PREFIX}/object-kind", "/v1, Kind=Pod"),
        (f"{_PREFIX}/object-name", pod.name),
        (f"{_PREFIX}/object-namespace", pod.namespace),
        (f"{_PREFIX}/object-uid", pod.uid),
        (f"{_PREFIX}/service-account-name", "default"),
        (f"{_PREFIX}/uid", pod.uid),
    )


def _labels(name: str, pod: Pod) -> Iterable[tuple[str, str]]:
    yield from ((f"{_PREFIX}/label-{name}-x-{_short(key)}", text) for key, text in pod.labels)
    yield f"{_PREFIX}/managed-by", name
    yield f"{_PREFIX}/namespace", pod.namespace


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
