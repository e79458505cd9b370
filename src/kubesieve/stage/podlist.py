"""/pods and /runningpods/: a PodList as the kubelet gives it, from its own cache."""

from __future__ import annotations

from collections.abc import Iterable

from kubesieve.stage import seeds
from kubesieve.stage.go_json import compact, rfc3339
from kubesieve.stage.model import Container, Node, Pod
from kubesieve.stage.podspec import pod_spec, probe_fields
from kubesieve.stage.podstatus import pod_status

Json = dict[str, object]


def pods(node: Node, now: float) -> bytes:
    """The body of /pods. The kubelet walks a map: the order means nothing, but is the same for a seed here."""
    shuffled = sorted(node.pods, key=lambda pod: seeds.fraction(node.seed, "order", pod.uid))
    return _list(_item(node, pod, now) for pod in shuffled)


def running_pods(node: Node) -> bytes:
    """The body of /runningpods/: pods with a sandbox, as the runtime knows them, with images by digest.

    A crash-looping pod between two starts has `containers: null` (as recorded).
    """
    return _list(_running(pod) for pod in node.pods if not pod.completed)


def _list(items: Iterable[Json]) -> bytes:
    return compact({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": list(items)})


def _item(node: Node, pod: Pod, now: float) -> Json:
    return {"metadata": _metadata(node, pod), "spec": pod_spec(node, pod), "status": pod_status(node, pod, now)}


def _running(pod: Pod) -> Json:
    containers = [{"name": c.name, "image": image_digest(c), "resources": {}} for c in pod.running]
    metadata = {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid, "creationTimestamp": None}
    return {"metadata": metadata, "spec": {"containers": containers or None}, "status": {}}


def image_digest(container: Container) -> str:
    """The image as runtimes name it."""
    return f"sha256:{seeds.hex_id('image', container.image)}"


def _metadata(node: Node, pod: Pod) -> Json:
    """A static pod has no resourceVersion, no managedFields and no creation time: the apiserver never saw it."""
    if pod.static:
        return _static_metadata(node, pod)
    created = rfc3339(node.started(pod))
    return {
        "name": pod.name,
        "namespace": pod.namespace,
        "uid": pod.uid,
        "resourceVersion": str(300 + int(pod.started)),
        "creationTimestamp": created,
        "labels": dict(pod.labels),
        "annotations": _annotations(pod, created, "api"),
        "managedFields": [_managed_fields(pod, created)],
    }


def _static_metadata(node: Node, pod: Pod) -> Json:
    seen = rfc3339(node.started(pod))
    return {
        "name": pod.name,
        "namespace": pod.namespace,
        "selfLink": f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}",
        "uid": pod.uid,
        "creationTimestamp": None,
        "labels": dict(pod.labels),
        "annotations": {"kubernetes.io/config.hash": pod.uid, **_annotations(pod, seen, "file")},
    }


def _annotations(pod: Pod, seen: str, source: str) -> dict[str, str]:
    own = dict(pod.annotations)
    extra = {"kubernetes.io/config.seen": seen[:-1] + ".404493664Z", "kubernetes.io/config.source": source}
    if source == "api":
        extra["kubectl.kubernetes.io/last-applied-configuration"] = _applied(pod)
    return dict(sorted({**own, **extra}.items()))


def _applied(pod: Pod) -> str:
    """What kubectl keeps of a manifest: JSON inside a JSON string, with the namespace in it."""
    containers = [{"env": _env(c), "image": c.image, "name": c.name} for c in pod.containers]
    metadata = {
        "annotations": dict(pod.annotations),
        "labels": dict(pod.labels),
        "name": pod.name,
        "namespace": pod.namespace,
    }
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}
    return compact(manifest).decode()


def _env(container: Container) -> list[Json]:
    return [{"name": name, "value": value} for name, value in container.env]


def _managed_fields(pod: Pod, created: str) -> Json:
    return {
        "manager": "kubectl-client-side-apply",
        "operation": "Update",
        "apiVersion": "v1",
        "time": created,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": _owned_metadata(pod), "f:spec": _owned_spec(pod)},
    }


def _owned_metadata(pod: Pod) -> Json:
    annotations: Json = {f"f:{name}": {} for name, _ in pod.annotations}
    return {
        "f:annotations": {".": {}, **annotations, "f:kubectl.kubernetes.io/last-applied-configuration": {}},
        "f:labels": {".": {}, **{f"f:{name}": {} for name, _ in pod.labels}},
    }


def _owned_spec(pod: Pod) -> Json:
    names = ("dnsPolicy", "enableServiceLinks", "nodeName", "restartPolicy", "schedulerName", "securityContext")
    containers = {f'k:{{"name":"{c.name}"}}': _owned_container(c) for c in pod.containers}
    return {"f:containers": containers, **{f"f:{name}": {} for name in names}}


def _owned_container(container: Container) -> Json:
    owned: Json = {".": {}, "f:image": {}, "f:name": {}, "f:resources": {}, "f:terminationMessagePath": {}}
    for probe in container.probes:
        owned[f"f:{probe.type.lower()}Probe"] = {f"f:{field}": {} for field in probe_fields(probe)}
    return owned
