"""What each route of the kubelet answers: a call in, an answer out; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.go_json import compact
from kubesieve.stage.http_values import NOSNIFF, Answer, Request, Target
from kubesieve.stage.logs import log_lines
from kubesieve.stage.model import Container, Node, Pod
from kubesieve.stage.negotiation import metrics_answer
from kubesieve.stage.own_metrics import own_metrics
from kubesieve.stage.podlist import pods, running_pods
from kubesieve.stage.resource import probes, resource, slis
from kubesieve.stage.summary import summary

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed: the node it is about, the time, and the parts of the path."""

    node: Node
    now: float
    request: Request
    target: Target
    parts: tuple[str, ...] = ()


def healthz(_call: Call) -> Answer:
    return Answer(200, b"ok", headers=NOSNIFF)


def one_check(_call: Call) -> Answer:
    return Answer(200, b"ok")


def get_pods(call: Call) -> Answer:
    return Answer(200, pods(call.node, call.now), JSON)


def get_running_pods(call: Call) -> Answer:
    return Answer(200, running_pods(call.node), JSON)


def get_summary(call: Call) -> Answer:
    reduced = call.target.values.get("only_cpu_and_memory") == "true"
    return Answer(200, summary(call.node, call.now, only_cpu_and_memory=reduced), JSON)


def get_metrics(call: Call) -> Answer:
    return metrics_answer(call.request, own_metrics(call.node, call.now))


def get_cadvisor(call: Call) -> Answer:
    return metrics_answer(call.request, cadvisor(call.node, call.now))


def get_resource(call: Call) -> Answer:
    return metrics_answer(call.request, resource(call.node, call.now))


def get_probes(call: Call) -> Answer:
    return metrics_answer(call.request, probes(call.node, call.now))


def get_slis(call: Call) -> Answer:
    return metrics_answer(call.request, slis(call.node, call.now))


def get_configz(call: Call) -> Answer:
    """A kubelet's configuration, cut down; long enough to go out in chunks as the real one does."""
    eviction = dict.fromkeys(("imagefs.available", "memory.available", "nodefs.available"), "5%")
    config = {
        "enableServer": True,
        "address": call.node.ip,
        "port": 10250,
        "authentication": {"webhook": {"enabled": True, "cacheTTL": "2m0s"}, "anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
        "clusterDNS": ["10.96.0.10"],
        "evictionHard": eviction,
        "featureGates": {f"StageFeature{n:02d}": n % 2 == 0 for n in range(80)},
    }
    return Answer(200, compact({"kubeletconfig": config}).strip(), JSON, NOSNIFF)


def get_flags(_call: Call) -> Answer:
    return Answer(406, b"unsupported http method\n", "text/plain", NOSNIFF)


def get_log_folder(call: Call) -> Answer:
    """/logs/ as Go's file server lists a folder; there are no files behind it."""
    if call.parts and call.parts[-1]:
        return not_found()
    names = ("README", "containers/", "pods/")
    listing = "<pre>\n" + "".join(f'<a href="{name}">{name}</a>\n' for name in names) + "</pre>\n"
    return Answer(200, listing.encode(), "text/html; charset=utf-8")


def get_container_log(call: Call) -> Answer:
    """A container's log, with the kubelet's own words where there is none."""
    namespace, name, box = call.parts
    pod = call.node.pod(namespace, name)
    if pod is None:
        return Answer(404, f'pod "{name}" does not exist'.encode())
    container = next((c for c in (*pod.containers, *pod.init) if c.name == box), None)
    if container is None:
        return Answer(404, f'container "{box}" not found in pod "{name}"'.encode())
    return _log(call, pod, container)


def _log(call: Call, pod: Pod, container: Container) -> Answer:
    """Logs go out in chunks and without a content type; so does the 400 for a start before that never was."""
    asked = call.target.values
    tail = asked.get("tailLines", "")
    if tail and not tail.isdigit():
        return Answer(400, b'{"message": "Unable to decode query."}')
    if asked.get("previous") == "true" and not container.restarts:
        text = f'previous terminated container "{container.name}" in pod "{pod.name}" not found'
        return Answer(400, text.encode(), None, framing="chunked")
    lines = log_lines(call.node, pod, container, call.now)
    shown = [f"{at} {line}\n" if asked.get("timestamps") == "true" else f"{line}\n" for at, line in lines]
    kept = shown[len(shown) - min(int(tail), len(shown)) :] if tail else shown
    return Answer(200, "".join(kept).encode(), None, framing="chunked")


def trap(call: Call) -> Answer:
    """exec, attach, run and port forwarding: nothing runs; that a request came this far is what tests look at.

    A WebSocket handshake is answered 101 and the connection closed: what a kubelet would have opened a shell for.
    """
    if call.request.header("Upgrade").lower() in ("websocket", "spdy/3.1"):
        upgrade = (("Connection", "Upgrade"), ("Upgrade", call.request.header("Upgrade")))
        return Answer(101, content_type=None, headers=upgrade, trap=True)
    return Answer(400, b"you must specify at least 1 of stdin, stdout, stderr", trap=True)


def not_found() -> Answer:
    """Go's own 404, which the kubelet gives before it asks who is calling."""
    return Answer(404, b"404 page not found\n", headers=NOSNIFF)


def service_error(status: int, phrase: str) -> Answer:
    """An error of the kubelet's REST layer: after authentication, no newline."""
    return Answer(status, f"{status}: {phrase}".encode())


def unauthorized() -> Answer:
    return Answer(401, b"Unauthorized")


def forbidden(user: str, verb: str, subresource: str) -> Answer:
    text = f"Forbidden (user={user}, verb={verb}, resource=nodes, subresource={subresource})"
    return Answer(403, text.encode())


def json_status(code: int, reason: str, message: str) -> bytes:
    """A Kubernetes Status, as apiservers answer with."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return json.dumps({**status, "message": message, "reason": reason, "code": code}).encode()
