"""What is done to a kubelet's or a proxy's answers: changes by name, and the values they are made with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from tests.doctor.scenes import (
    LOOK,
    Scene,
    edited,
    failed,
    kubelet_answer,
    replaced,
    status,
    tokenless,
)

CADVISOR, RESOURCE, PODS, SUMMARY = "/metrics/cadvisor", "/metrics/resource", "/pods", "/stats/summary"
PODS_BODY = kubelet_answer(PODS, 1).body
SANDBOX, MINE = frozenset({"sandbox"}), frozenset({"tenant-a"})
STORY = frozenset({"datadog", "kube-system"})
HEALTHY = "KS0501"  # pods without limits are everywhere: the dash by design comes first

AGENT = b"system:serviceaccount:datadog:agent"
OLD_403 = b"Forbidden (user=" + AGENT + b", verb=get, resource=nodes, subresource=metrics)"
NEW_403 = b"Forbidden (user=" + AGENT + b", verb=get, resource=nodes, subresource(s)=[pods proxy])\n"
ANONYMOUS = b"Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=stats)"
NO_WAY = (
    b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"error trying to reach service: '
    b'dial tcp 192.0.2.10:10250: connect: connection refused","code":500}'
)
HTML = b"<!DOCTYPE html><html><body>Sign in</body></html>\n"
STATUS = b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no"}'
LOG = "2026-11-25 DEBUG Metrics provider returned nil stats for container: sandbox/pod-with-limits/nginx\n"
X = re.compile


def everywhere(change: Callable[[Exchange], Exchange]) -> dict[str, Any]:
    return {"*": change}


def proxied(path: str, change: Callable[[Exchange], Exchange], **more: Any) -> Scene:
    return Scene(spoil_proxy={path: change}, **more)


def upstream(path: str, change: Callable[[Exchange], Exchange], **more: Any) -> Scene:
    """The kubelet's own fault, passed on."""
    return Scene(spoil_direct={path: change}, spoil_proxy={path: change}, **more)


def expired(seconds: float) -> dict[str, Any]:
    return {"doors": {Source.PROXY: Door("https://proxy.example:8443", True, LOOK + seconds)}}


def tokens(proxy: Door, direct: Door | None = None) -> dict[str, Any]:
    """By doors: what their tokens say of themselves, an hour before they expire."""
    doors = {Source.PROXY: proxy, Source.DIRECT: direct}
    return {"doors": {source: replace(door, token_expires=LOOK + 3600) for source, door in doors.items() if door}}


ISSUER, OTHER_ISSUER = "https://kubernetes.default.svc", "https://another.example"
GOOD_TOKEN = Door("https://proxy.example:8443", True, issuer=ISSUER, audiences=(ISSUER,))
VAULTS_TOKEN = replace(GOOD_TOKEN, audiences=("vault",))
OTHERS_TOKEN = replace(GOOD_TOKEN, issuer=OTHER_ISSUER, audiences=(OTHER_ISSUER,))
KUBELETS_TOKEN = replace(GOOD_TOKEN, url="https://192.0.2.10:10250")
UNAUTHORIZED = status(401, b"Unauthorized")
TOKEN_REFUSED = status(401, b"kubesieve: token-refused: nobody knows the token\n")


def pods_of(change: Callable[[Any], object]) -> bytes:
    document = json.loads(PODS_BODY)
    change(document)
    return json.dumps(document).encode()


def each_pod(namespace: str, change: Callable[[Any], object]) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        for item in document["items"]:
            if item["metadata"]["namespace"] == namespace:
                change(item)

    return apply


def each_stats(namespace: str, change: Callable[[Any], None]) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        for pod in document["pods"]:
            if pod["podRef"]["namespace"] == namespace:
                change(pod)

    return apply


def only(document: Any, name: str, namespaces: frozenset[str]) -> None:
    where = {"items": "metadata", "pods": "podRef"}[name]
    document[name] = [one for one in document[name] if one[where]["namespace"] in namespaces]


def restart(pod: Any) -> None:
    for one in pod["status"]["containerStatuses"]:
        one["containerID"] = "containerd://" + "b" * 64


def set_limit(value: str) -> Callable[[Any], None]:
    def apply(pod: Any) -> None:
        for one in pod["spec"]["containers"]:
            if "limits" in one.get("resources", {}):
                one["resources"]["limits"]["memory"] = value

    return apply


def no_ids(pod: Any) -> None:
    pod["status"].pop("containerStatuses", None)
    pod["status"]["phase"] = "Pending"


def other_nodes(document: Any) -> None:
    """As ``kubectl get pods -A``: the same pods on another node as well, and one that waits for a node."""
    elsewhere = json.loads(json.dumps(document["items"]))
    for item in elsewhere:
        item["metadata"]["name"] += "-elsewhere"
        item["spec"]["nodeName"] = "another-node"
    waiting = json.loads(json.dumps(elsewhere[0]))
    del waiting["spec"]["nodeName"]
    waiting["metadata"]["namespace"], waiting["status"] = "tenant-a", {"phase": "Pending"}
    document["items"] += [*elsewhere, waiting]


def without_pod(name: str) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        document["items"] = [one for one in document["items"] if one["metadata"]["name"] != name]

    return apply


def without_stats(name: str) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        document["pods"] = [one for one in document["pods"] if one["podRef"]["name"] != name]

    return apply


def mirror(document: Any) -> None:
    """Static pods as the API server knows them: another uid, the kubelet's as an annotation."""
    for item in document["items"]:
        if len(item["metadata"]["uid"].replace("-", "")) == 32 and "-" not in item["metadata"]["uid"]:
            item["metadata"].setdefault("annotations", {})["kubernetes.io/config.hash"] = item["metadata"]["uid"]
            item["metadata"]["uid"] = "44444444-dddd-4ddd-8ddd-000000000004"


def virtual_notes(pod: Any) -> None:
    notes = pod["metadata"].setdefault("annotations", {})
    notes["vcluster.loft.sh/object-name"] = pod["metadata"]["name"].removeprefix("host-")
    notes["vcluster.loft.sh/object-namespace"] = "default"


def sandbox_in_virtual_cluster(document: Any) -> None:
    only(document, "items", SANDBOX)
    for item in document["items"]:
        item["metadata"]["namespace"] = "default"


def rename_stats(pod: Any) -> None:
    for one in pod["containers"]:
        one["name"] = "other-" + one["name"]


def other_uid(pod: Any) -> None:
    pod["podRef"]["uid"] = "00000000-0000-4000-8000-000000000000"


def young(pod: Any) -> None:
    for one in pod["status"]["containerStatuses"]:
        one["state"] = {"running": {"startedAt": "2025-11-24T17:00:00Z"}}


def drop_claims(document: Any) -> None:
    document["node"].pop("nodeName")


def fs_partial(document: Any) -> None:
    document["node"]["fs"] = {"capacityBytes": 100}


def null_item(document: Any) -> None:
    document["items"].insert(0, None)


def null_items(name: str) -> Callable[[Any], None]:
    return lambda document: document.update({name: None})


ROWS_OF_APPS = rb'container="[^"]'


def pod_rows_only(pattern: bytes) -> Callable[[bytes], bytes]:
    """Rows of containers are gone for what matches; those of pods and sandboxes stay."""
    return lambda content: b"".join(
        line
        for line in content.splitlines(True)
        if not (re.search(ROWS_OF_APPS, line) and re.search(pattern, line) and not line.startswith(b"#"))
    )


def old_rows(content: bytes) -> bytes:
    """A dead container's rows beside the new ones: other id and name."""
    lines = []
    for line in content.splitlines(True):
        lines.append(line)
        if line.startswith(b"container_cpu_usage_seconds_total") and b'container="nginx"' in line:
            lines.append(re.sub(rb'(,name="|-)[0-9a-f]{64}', rb"\g<1>" + b"c" * 64, line))
    return b"".join(lines)


def shifted(milliseconds: int) -> Callable[[bytes], bytes]:
    """Every timestamp, moved."""
    return lambda content: re.sub(
        rb" (\d{13})$", lambda match: b" %d" % (int(match[1]) + milliseconds), content, flags=re.MULTILINE
    )


def frozen(scene: Scene, source: Source) -> Evidence:
    """The second look gave the very bytes of the first."""
    evidence = scene.evidence()
    first = {(one.source, one.path): one.body for one in evidence.exchanges if one.round == 1}
    return replace(
        evidence,
        exchanges=tuple(
            replace(one, body=first[one.source, one.path]) if one.source is source and one.path == CADVISOR else one
            for one in evidence.exchanges
        ),
    )


def back_in_time() -> Evidence:
    evidence = Scene().evidence()
    return replace(
        evidence,
        exchanges=tuple(
            replace(one, body=shifted(-40_000)(one.body))
            if (one.source, one.path, one.round) == (Source.PROXY, CADVISOR, 2)
            else one
            for one in evidence.exchanges
        ),
    )


def gzip_look(change: Callable[[Exchange], Exchange], path: str = CADVISOR) -> Evidence:
    """One more request through the proxy, with gzip offered."""
    evidence = Scene().evidence()
    one = next(one for one in evidence.exchanges if one.source is Source.PROXY and one.path == path)
    return replace(evidence, exchanges=(*evidence.exchanges, change(replace(one, sent_gzip=True))))


def one_zero(content: bytes) -> bytes:
    pattern = rb'(container_cpu_usage_seconds_total\{container="metrics",namespace="tenant-a"[^}]*\}) \S+'
    return re.sub(pattern, rb"\1 0", content)


def doubled_type(content: bytes) -> bytes:
    line = b"# TYPE container_cpu_usage_seconds_total counter\n"
    return content.replace(line, line + line, 1)


def reopened(content: bytes) -> bytes:
    """The first sample of the CPU family moved to the end."""
    lines = content.splitlines(True)
    first = next(one for one in lines if one.startswith(b"container_cpu_usage_seconds_total"))
    lines.remove(first)
    return b"".join([*lines, first])


def twice(content: bytes) -> bytes:
    """The last sample of the CPU family given again, at once."""
    lines = content.splitlines(True)
    at = max(number for number, one in enumerate(lines) if one.startswith(b"container_cpu_usage_seconds_total"))
    return b"".join([*lines[: at + 1], lines[at], *lines[at + 1 :]])


no_label = replaced(rb'image="[^"]*",', b"")
mismatch = failed("upstream-tls", "expected …; got a certificate that is not trusted: mismatch", "DNS:node-1")
no_token = tokenless(status(500, b"HTTP Error 401: Unauthorized"))
unlimited = replaced(rb"^(container_spec_memory_limit_bytes\{.*\}) \S+", rb"\1 0")
bare_pods = {PODS: edited(each_pod("tenant-a", no_ids))}


def synced(pod: Any) -> None:
    """A host pod as vcluster's syncer makes and marks it."""
    virtual_notes(pod)
    pod["metadata"].setdefault("labels", {})["vcluster.loft.sh/managed-by"] = "alpha"
    pod["metadata"]["name"] += "-x-default-x-alpha"


def synced_stats(pod: Any) -> None:
    pod["podRef"]["name"] += "-x-default-x-alpha"


SYNCED = {
    PODS: edited(each_pod("sandbox", synced)),
    SUMMARY: edited(each_stats("sandbox", synced_stats)),
    "*": replaced(rb'\b(pod="[a-z-]+)"', rb'\1-x-default-x-alpha"'),
}
