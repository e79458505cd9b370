"""Proxies that write anew what they pass on: a member, a label or a number is lost or made up on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.doctor.changes import CADVISOR, PODS, RESOURCE, SUMMARY, pods_of
from tests.doctor.scenes import Change, Scene, body, edited, kubelet_answer, replaced

OWN = frozenset({"sandbox", "tenant-a"})


def through(path: str, change: Change, **more: Any) -> Scene:
    return Scene(allowed=OWN, spoil_proxy={path: change}, more={"expected": OWN, **more})


def texts(change: Change) -> Scene:
    return Scene(allowed=OWN, spoil_proxy={CADVISOR: change, RESOURCE: change}, more={"expected": OWN})


def each(name: str, change: Callable[[Any], object]) -> Change:
    def apply(document: Any) -> None:
        for item in document[name]:
            change(item)

    return edited(apply)


def in_containers(change: Callable[[Any], object]) -> Change:
    return each("items", lambda item: [change(one) for one in item["spec"]["containers"]])


def in_statuses(change: Callable[[Any], object]) -> Change:
    return each("items", lambda item: [change(one) for one in item["status"].get("containerStatuses", [])])


def _only_namespaced(content: bytes) -> bytes:
    """As a filter by line does that keeps comments."""
    return b"".join(one for one in content.splitlines(True) if b'namespace="' in one or one.startswith(b"#"))


def _with_anothers_row(content: bytes) -> bytes:
    """A row of tenant-b under the name of tenant-a."""
    rows = kubelet_answer(CADVISOR, 1).body.splitlines(True)
    found = [one for one in rows if re.match(rb'container_memory_rss\{container="\w.*namespace="tenant-b"', one)]
    return content + b"".join(one.replace(b'namespace="tenant-b"', b'namespace="tenant-a"') for one in found)


def _once_only(change: Change) -> Change:
    return lambda one: change(one) if one.round == 2 else one


NO_LIMITS = in_containers(lambda one: one.pop("resources", None))
NO_STATUS = each("items", lambda item: item.pop("status"))

REWRITERS: dict[str, tuple[str, Scene]] = {
    "no sample of the node, its comments come": ("KS0305", texts(body(_only_namespaced))),
    "pods without a status": ("KS0317", through(PODS, NO_STATUS)),
    "pods without a status, nobody looked at the kubelet": (
        "KS0317",
        Scene(allowed=OWN, direct=False, spoil_proxy={PODS: NO_STATUS}),
    ),
    "limits cut from the pod list": ("KS0317", through(PODS, NO_LIMITS)),
    "limits cut from the pod list, the API server has them": (
        "KS0317",
        Scene(
            allowed=OWN,
            direct=False,
            spoil_proxy={PODS: NO_LIMITS},
            more={"pods": pods_of(lambda _: None), "expected": OWN},
        ),
    ),
    "container ids cut from the pod list": (
        "KS0317",
        through(PODS, in_statuses(lambda one: one.pop("containerID", None))),
    ),
    "uids cut from the pod list": ("KS0317", through(PODS, each("items", lambda one: one["metadata"].pop("uid")))),
    "stats without containers": ("KS0317", through(SUMMARY, each("pods", lambda one: one.pop("containers")))),
    "stats with containers null": ("KS0317", through(SUMMARY, each("pods", lambda one: one.update(containers=None)))),
    "stats without containers, nobody looked at the kubelet": (
        "KS0317",
        Scene(allowed=OWN, direct=False, spoil_proxy={SUMMARY: each("pods", lambda one: one.pop("containers"))}),
    ),
    "stats without uids": ("KS0317", through(SUMMARY, each("pods", lambda one: one["podRef"].pop("uid")))),
    "the label pod renamed": ("KS0310", texts(replaced(rb'([{,])pod="', rb'\1pod_name="'))),
    "the label container renamed": ("KS0310", texts(replaced(rb'([{,])container="', rb'\1container_name="'))),
    "the label namespace renamed": ("KS0310", texts(replaced(rb'([{,])namespace="', rb'\1kube_namespace="'))),
    "the label pod dropped": ("KS0310", texts(replaced(rb',pod="[^"]*"', b""))),
    "another's row under one's own namespace": ("KS0318", through(CADVISOR, body(_with_anothers_row))),
    "CPU totals at zero": (
        "KS0315",
        through(CADVISOR, replaced(rb"^(container_cpu_usage_seconds_total\{.*\}) \S+", rb"\1 0")),
    ),
    "memory in other numbers": (
        "KS0315",
        through(CADVISOR, replaced(rb"^(container_memory_usage_bytes\{.*\}) \S+", rb"\1 1")),
    ),
    "another's row in one look alone": (
        "KS0501",
        through(CADVISOR, _once_only(body(_with_anothers_row))),
    ),
}
"""The last is churn, as far as anybody can tell: the audit looks for more."""

BY_COMPARING = {name: scene for name, (_, scene) in REWRITERS.items() if scene.direct}
"""Those whose cause is told by what the kubelet says itself: it is the proxy's, and nobody else's."""

SAME_DIRECTLY = {
    name: Scene(allowed=OWN, spoil_direct=scene.spoil_proxy, spoil_proxy=scene.spoil_proxy, more=scene.more)
    for name, scene in BY_COMPARING.items()
    if name not in ("another's row under one's own namespace", "another's row in one look alone")
}
"""The same fault in the kubelet's own answers: never the proxy's."""
