"""The `status` of a pod in /pods."""

from __future__ import annotations

from kubesieve.stage import seeds
from kubesieve.stage.go_json import rfc3339
from kubesieve.stage.model import Container, Node, Pod

Json = dict[str, object]


def pod_status(node: Node, pod: Pod, now: float) -> Json:
    """A pod's status: phase, conditions, addresses, containers' states and the quality of service."""
    start = node.started(pod)
    ip = node.ip if pod.host_network else pod.ip
    status: Json = {
        "phase": "Succeeded" if pod.completed else "Running",
        "conditions": _conditions(pod, start),
        "hostIP": node.ip,
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": rfc3339(start),
    }
    if pod.init:
        status["initContainerStatuses"] = [_container(node, pod, c, now) for c in pod.init]
    status["containerStatuses"] = [_container(node, pod, c, now) for c in pod.containers]
    return {**status, "qosClass": pod.qos}


def _conditions(pod: Pod, start: float) -> list[Json]:
    waiting = [c.name for c in pod.containers if c.state == "waiting"]
    why: Json = {}
    if pod.completed:
        why = {"reason": "PodCompleted"}
    elif waiting:
        message = f"containers with unready status: [{' '.join(waiting)}]"
        why = {"reason": "ContainersNotReady", "message": message}
    ready = _condition("Ready", not why, start + 2) | why
    done = {"reason": "PodCompleted"} if pod.completed else {}
    return [
        _condition("Initialized", True, start) | done,
        ready,
        {**ready, "type": "ContainersReady"},
        _condition("PodScheduled", True, start),
    ]


def _condition(kind: str, true: bool, at: float) -> Json:
    since = rfc3339(at)
    return {"type": kind, "status": str(true), "lastProbeTime": None, "lastTransitionTime": since}


def _container(node: Node, pod: Pod, container: Container, now: float) -> Json:
    """One entry of containerStatuses; init containers have no `started`."""
    full_id = f"{node.runtime}://{container.id}"
    init = container in pod.init
    status: Json = {
        "name": container.name,
        "state": _state(node, pod, container, now),
        "lastState": {"terminated": _ended(node, pod, container, 1)} if container.restarts else {},
        "ready": container.state == "running" or init,
        "restartCount": container.restarts,
        "image": container.image,
        "imageID": f"sha256:{seeds.hex_id('image', container.image)}",
        "containerID": full_id,
    }
    return status if init else {**status, "started": container.state == "running"}


def _state(node: Node, pod: Pod, container: Container, now: float) -> Json:
    if container.state == "completed":
        return {"terminated": _ended(node, pod, container, 0)}
    if container.state == "waiting":
        return {"waiting": {"reason": "CrashLoopBackOff", "message": _back_off(pod, container)}}
    return {"running": {"startedAt": rfc3339(min(node.started(pod) + 1.5, now))}}


def _back_off(pod: Pod, container: Container) -> str:
    """The kubelet's own sentence: it names the pod, its namespace and its uid."""
    who = f"container={container.name} pod={pod.name}_{pod.namespace}({pod.uid})"
    return f"back-off 2m40s restarting failed {who}"


def _ended(node: Node, pod: Pod, container: Container, code: int) -> Json:
    start = node.started(pod) + 1.5
    return {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": rfc3339(start),
        "finishedAt": rfc3339(start + 5),
        "containerID": f"{node.runtime}://{container.id}",
    }
