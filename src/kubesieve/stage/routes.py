"""The kubelet's routes as data, and the order in which it decides: path, caller, right, method, accepted type.

Go's ServeMux comes first: a path it does not know is a 404 before anybody is asked who they are; a path that is not
clean is a 301. Then authentication and authorization, then the REST layer with its own 404, 405 and 406. (As recorded.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kubesieve.stage import handlers
from kubesieve.stage.handlers import Call
from kubesieve.stage.http_values import Answer, Request

Handler = Callable[[Call], Answer]

VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

# Which part of nodes/… a path needs; all others need nodes/proxy.
SUBRESOURCES = (("/stats", "stats"), ("/metrics", "metrics"), ("/logs", "log"), ("/spec", "spec"))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a REST service: path below its root, methods, and whether only JSON comes out of it."""

    path: str
    methods: tuple[str, ...]
    handler: Handler
    json_only: bool = False


# Handlers of their own: exact path, any method.
EXACT: dict[str, Handler] = {
    "/healthz": handlers.healthz,
    "/healthz/log": handlers.one_check,
    "/healthz/ping": handlers.one_check,
    "/healthz/syncloop": handlers.one_check,
    "/metrics": handlers.get_metrics,
    "/metrics/cadvisor": handlers.get_cadvisor,
    "/metrics/resource": handlers.get_resource,
    "/metrics/probes": handlers.get_probes,
    "/metrics/slis": handlers.get_slis,
    "/configz": handlers.get_configz,
    "/debug/flags/v": handlers.get_flags,
}

_THREE = r"/([^/]+)/([^/]+)/([^/]+)"
_ANY = r"/([^/]+)/([^/]+)(?:/([^/]+))?(?:/([^/]+))?"

# REST services: a root with a last slash is not known without it (301).
SERVICES: dict[str, tuple[Operation, ...]] = {
    "/pods": (Operation("", ("GET",), handlers.get_pods, json_only=True),),
    "/runningpods/": (Operation("", ("GET",), handlers.get_running_pods, json_only=True),),
    "/stats/": (Operation("/summary", ("GET", "POST"), handlers.get_summary, json_only=True),),
    "/logs/": (Operation("(?:/(.*))?", ("GET",), handlers.get_log_folder),),
    "/containerLogs": (Operation(_THREE, ("GET",), handlers.get_container_log),),
    "/exec": (Operation(_ANY, ("GET", "POST"), handlers.trap),),
    "/attach": (Operation(_ANY, ("GET", "POST"), handlers.trap),),
    "/portForward": (Operation(_ANY, ("GET", "POST"), handlers.trap),),
    "/run": (Operation(_ANY, ("POST",), handlers.trap),),
    "/cri/": (Operation("/(.*)", ("GET", "POST"), handlers.trap),),
    "/debug/pprof": (),
}


def subresource(path: str) -> str:
    """The sub-resource of nodes a path needs a right to."""
    below = (name for root, name in SUBRESOURCES if path == root or path.startswith(root + "/"))
    return next(below, "proxy")


def service_root(path: str) -> str | None:
    """The service a path belongs to, or None."""
    for root in SERVICES:
        bare = root.rstrip("/")
        if path.startswith(bare + "/") or (path == bare and not root.endswith("/")):
            return root
    return None


def redirect(path: str) -> str | None:
    """Where a path should have gone: a service known only with its last slash."""
    return path + "/" if path + "/" in SERVICES else None


def serve(root: str, call: Call) -> Answer:
    """What the REST layer does: no such operation 404, not this method 405, not this type 406."""
    rest = call.target.path.removeprefix(root.rstrip("/")).removesuffix("/")
    matches = [(op, found) for op in SERVICES[root] if (found := re.fullmatch(op.path, rest))]
    if not matches:
        return handlers.service_error(404, "Page Not Found")
    operation, found = matches[0]
    if call.request.method not in operation.methods:
        return handlers.service_error(405, "Method Not Allowed")
    if operation.json_only and not _accepts_json(call.request):
        return handlers.service_error(406, "Not Acceptable")
    parts = tuple(part or "" for part in found.groups())
    return operation.handler(Call(call.node, call.now, call.request, call.target, parts))


def _accepts_json(request: Request) -> bool:
    accept = request.header("Accept") or "*/*"
    kinds = [clause.split(";")[0].strip() for clause in accept.split(",")]
    return any(kind in ("*/*", "application/*", "application/json") for kind in kinds)
