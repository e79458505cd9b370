"""The labelled corpus: scenes, each with its one right first verdict. A near miss has none but what is for knowing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kubesieve.doctor.evidence import Coding, Door, Evidence, Exchange, Source
from tests.doctor.scenes import (
    ALL,
    LOOK,
    Scene,
    body,
    edited,
    failed,
    framed,
    headed,
    kubelet_answer,
    replaced,
    status,
    tokenless,
    without_lines,
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


def gzip_look(change: Callable[[Exchange], Exchange]) -> Evidence:
    """One more request through the proxy, with gzip offered."""
    evidence = Scene().evidence()
    one = next(one for one in evidence.exchanges if one.source is Source.PROXY and one.path == CADVISOR)
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

CORPUS: dict[str, tuple[str, Scene | Evidence]] = {
    # 01xx
    "connection refused": (
        "KS0101",
        Scene(spoil_proxy=everywhere(failed("upstream-unreachable", "x; got no connection"))),
    ),
    "kubelet refuses connections": (
        "KS0101",
        Scene(spoil_direct=everywhere(failed("upstream-unreachable", "x; got no connection")), allowed=None),
    ),
    "the API server cannot reach the kubelet": (
        "KS0101",
        Scene(None, spoil_direct=everywhere(status(500, NO_WAY, "application/json"))),
    ),
    "a body without end": ("KS0117", proxied(PODS, failed("upstream-too-large", "expected 9 bytes; got more"))),
    "connection closed": ("KS0101", Scene(spoil_proxy=everywhere(failed("upstream-disconnected", "x")))),
    "unknown CA": ("KS0102", Scene(spoil_proxy=everywhere(failed("upstream-tls", "x; got self-signed certificate")))),
    "expired certificate, right name": (
        "KS0102",
        Scene(spoil_proxy=everywhere(failed("upstream-tls", "x; got expired", "DNS:proxy.example"))),
    ),
    "no SAN for the host": ("KS0103", Scene(spoil_proxy=everywhere(mismatch))),
    "401 everywhere": ("KS0104", Scene(spoil_proxy=everywhere(status(401, b"Unauthorized")))),
    "401 with a token that is still good": (
        "KS0104",
        Scene(spoil_proxy=everywhere(status(401, b"Unauthorized")), direct=False, more=expired(3600)),
    ),
    "401 with an expired token": (
        "KS0113",
        Scene(spoil_proxy=everywhere(status(401, b"Unauthorized")), direct=False, more=expired(-3600)),
    ),
    "403, older words": ("KS0105", upstream(CADVISOR, status(403, OLD_403))),
    "403, newer words": ("KS0105", upstream(PODS, status(403, NEW_403))),
    "403 of the summary alone": ("KS0105", upstream(SUMMARY, status(403, OLD_403.replace(b"metrics", b"stats")))),
    "anonymous": ("KS0106", Scene(spoil_proxy=everywhere(status(403, ANONYMOUS)))),
    "plain http proxy, no token sent": (
        "KS0107",
        Scene(spoil_proxy=everywhere(no_token), proxy_url="http://proxy.example:8080"),
    ),
    "plain http proxy with a token of its own": (
        HEALTHY,
        Scene(spoil_proxy=everywhere(tokenless(lambda one: one)), proxy_url="http://proxy.example:8080"),
    ),
    "no kubelet": ("KS0108", Scene(spoil_proxy=everywhere(status(404, b"404 page not found\n")), direct=False)),
    "http on a TLS port": (
        "KS0109",
        Scene(
            spoil_proxy=everywhere(status(400, b"Client sent an HTTP request to an HTTPS server.\n")),
            proxy_url="http://proxy.example:10250",
        ),
    ),
    "TLS on an http port": (
        "KS0110",
        Scene(spoil_proxy=everywhere(failed("upstream-tls", "x; got no TLS (is it a plain http port?)"))),
    ),
    "cadvisor 500 from the kubelet": ("KS0111", upstream(CADVISOR, status(500, b"Internal Error"))),
    "cadvisor 500 from the proxy": ("KS0111", proxied(CADVISOR, status(500, b"oops"))),
    "everything 503": ("KS0111", Scene(spoil_proxy=everywhere(status(503)))),
    "too many requests": ("KS0111", proxied(CADVISOR, status(429))),
    "stuck": ("KS0112", Scene(spoil_proxy=everywhere(failed("upstream-timeout", "expected an answer within 10 s")))),
    "login redirect": ("KS0114", Scene(spoil_proxy=everywhere(status(302)))),
    # 02xx
    "bad escape": ("KS0201", proxied(CADVISOR, replaced(rb'image="', rb'image="\\x', 1))),
    "not UTF-8": ("KS0201", proxied(CADVISOR, replaced(rb'image="', b'image="\xff', 1))),
    "bad exposition of the kubelet": ("KS0201", upstream(CADVISOR, replaced(rb'image="', rb'image="\\x', 1))),
    "cut by the connection": (
        "KS0202",
        proxied(CADVISOR, lambda one: replace(one, failure=failed("upstream-truncated", "x")(one).failure)),
    ),
    "cut by length": ("KS0202", proxied(CADVISOR, framed(announced=99_999_999))),
    "no final line feed": ("KS0203", proxied(CADVISOR, body(lambda content: content.rstrip(b"\n")))),
    "TYPE lines gone": ("KS0204", proxied(CADVISOR, without_lines(rb"^# TYPE"))),
    "text as octets": ("KS0205", proxied(CADVISOR, headed("application/octet-stream"))),
    "pods as text": ("KS0205", proxied(PODS, headed("text/plain"))),
    "text format 1.0.0": (HEALTHY, proxied(CADVISOR, headed("text/plain; version=1.0.0; charset=utf-8"))),
    "empty pods": ("KS0206", proxied(PODS, body(lambda _: b""))),
    "empty probes": (HEALTHY, upstream("/metrics/probes", body(lambda _: b""))),
    "gzip without saying so": ("KS0207", proxied(CADVISOR, framed("", Coding.GZIP))),
    "said to be gzip": ("KS0207", proxied(CADVISOR, framed("gzip", Coding.PLAIN))),
    "gzip edited as text": ("KS0207", gzip_look(framed("gzip", Coding.MANGLED))),
    "gzip that decodes": (HEALTHY, gzip_look(framed("gzip", Coding.GZIP))),
    "items null": ("KS0208", proxied(PODS, edited(null_items("items")))),
    "a null item": ("KS0208", proxied(PODS, edited(null_item))),
    "pods null": ("KS0208", proxied(SUMMARY, edited(null_items("pods")))),
    "HTML with 200": ("KS0209", proxied(CADVISOR, lambda one: headed("text/html")(body(lambda _: HTML)(one)))),
    "Status with 200": ("KS0209", proxied(PODS, body(lambda _: STATUS))),
    "TYPE twice": ("KS0210", proxied(CADVISOR, body(doubled_type))),
    "family in two places": ("KS0210", proxied(CADVISOR, body(reopened))),
    "pods no JSON": ("KS0211", proxied(PODS, body(lambda content: content[:-100]))),
    "pods null as a whole": ("KS0211", proxied(PODS, body(lambda _: b"null"))),
    "OpenMetrics": ("KS0212", proxied(CADVISOR, headed("application/openmetrics-text; version=1.0.0"))),
    "fs without usage": ("KS0214", upstream(SUMMARY, edited(fs_partial))),
    # 03xx
    "the story: sandbox filtered everywhere": ("KS0301", Scene(allowed=STORY)),
    "one namespace filtered everywhere": ("KS0301", Scene(allowed=ALL - SANDBOX)),
    "filtered, and the tenant's own list of pods": (
        "KS0301",
        Scene(allowed=STORY, direct=False, more={"pods": pods_of(lambda d: only(d, "items", SANDBOX))}),
    ),
    "not one's own": (HEALTHY, Scene(allowed=STORY, more={"expected": frozenset({"datadog", "kube-system"})})),
    "summary filtered alone": ("KS0302", proxied(SUMMARY, edited(lambda d: only(d, "pods", STORY)))),
    "series filtered alone, as naive proxies do": (
        "KS0303",
        proxied(CADVISOR, without_lines(rb'namespace="sandbox"')),
    ),
    "series filtered alone, no direct view": (
        "KS0303",
        proxied(CADVISOR, without_lines(rb'namespace="sandbox"'), direct=False),
    ),
    "pods filtered alone": ("KS0304", proxied(PODS, edited(lambda d: only(d, "items", ALL - SANDBOX)))),
    "machine families dropped": ("KS0305", proxied(CADVISOR, without_lines(rb"machine_|cadvisor_version_info"))),
    "node families dropped, no direct view": ("KS0305", proxied(RESOURCE, without_lines(rb"node_"), direct=False)),
    "probes refused by the proxy": ("KS0306", proxied("/metrics/probes", status(404))),
    "cadvisor refused by the proxy": ("KS0306", proxied(CADVISOR, status(403, b"path not allowed\n"))),
    "a family filtered": ("KS0307", proxied(CADVISOR, without_lines(rb"^(# .* )?container_spec_memory_limit_bytes"))),
    "summary without its node's name": ("KS0308", proxied(SUMMARY, edited(drop_claims))),
    "slis in error, where the kubelet has none": (
        "KS0309",
        Scene(spoil_direct={"/metrics/slis": status(404)}, spoil_proxy={"/metrics/slis": status(500)}),
    ),
    "spec forbidden": ("KS0309", proxied("/spec/", status(403, b"no\n"))),
    "image label dropped": ("KS0310", proxied(CADVISOR, no_label)),
    "label added": (
        "KS0311",
        proxied(CADVISOR, replaced(rb'(container_\w+\{)container="', rb'\1cluster="x",container="')),
    ),
    "series twice": ("KS0312", proxied(CADVISOR, body(twice))),
    "one pod filtered": (
        "KS0313",
        proxied(
            PODS,
            edited(lambda d: d["items"].remove(next(i for i in d["items"] if i["metadata"]["name"] == "with-init"))),
        ),
    ),
    # 05xx
    "all as it should be": (HEALTHY, Scene()),
    "direct alone": (HEALTHY, Scene(allowed=None)),
    "only a memory limit": ("KS0503", Scene(allowed=frozenset({"kubelet-proxy"}), direct=False)),
    "both limits": ("KS0901", Scene(allowed=frozenset({"datadog"}), direct=False)),
    "only a CPU limit": (
        "KS0502",
        Scene(
            allowed=frozenset({"datadog"}),
            direct=False,
            spoil_proxy={
                PODS: edited(
                    each_pod(
                        "datadog", lambda p: [c["resources"]["limits"].pop("memory") for c in p["spec"]["containers"]]
                    )
                )
            },
        ),
    ),
    "limits, no usage": ("KS0504", upstream(CADVISOR, without_lines(rb'pod="two-containers"|pod="pod-with-limits"'))),
    "limit not in the series": ("KS0505", upstream(CADVISOR, unlimited)),
    "limit no quantity": ("KS0506", upstream(PODS, edited(each_pod("datadog", set_limit("lots"))))),
    # 06xx
    "another uid in the summary": ("KS0601", proxied(SUMMARY, edited(each_stats("sandbox", other_uid)))),
    "mirror pods": (
        "KS0602",
        Scene(allowed=frozenset({"datadog"}), more={"pods": pods_of(mirror), "expected": frozenset({"datadog"})}),
    ),
    "pods renamed in the series": (
        "KS0603",
        proxied(CADVISOR, replaced(rb'pod="pod-with-limits"', rb'pod="pod-with-limits-x-vc"'), direct=False),
    ),
    "containers renamed in the summary": ("KS0604", proxied(SUMMARY, edited(each_stats("sandbox", rename_stats)))),
    "another id": ("KS0605", proxied(PODS, edited(each_pod("sandbox", restart)))),
    "host names of a virtual cluster": (
        "KS0606",
        Scene(
            allowed=SANDBOX,
            direct=False,
            spoil_proxy={PODS: edited(each_pod("sandbox", virtual_notes))},
            more={"pods": pods_of(sandbox_in_virtual_cluster)},
        ),
    ),
    "no container ids": ("KS0607", Scene(spoil_direct=bare_pods, spoil_proxy=bare_pods)),
    "some pods without container rows": ("KS0608", upstream(CADVISOR, body(pod_rows_only(rb'namespace="sandbox"')))),
    "no pod with container rows": ("KS0609", upstream(CADVISOR, body(pod_rows_only(rb"")))),
    # 07xx
    "ten minutes old": ("KS0701", upstream(CADVISOR, body(shifted(-600_000)))),
    "stuck proxy": ("KS0702", frozen(Scene(), Source.PROXY)),
    "back in time": ("KS0704", back_in_time()),
    # 08xx
    "no pod on this node": ("KS0801", Scene(allowed=frozenset({"elsewhere"}), direct=False)),
    "pods of other nodes in the list": (
        HEALTHY,
        Scene(allowed=frozenset({"tenant-a"}), direct=False, more={"pods": pods_of(other_nodes), "expected": MINE}),
    ),
    "slis in error, nobody looked at the kubelet": (
        "KS0303",
        Scene(
            direct=False,
            spoil_proxy={"/metrics/slis": status(500), CADVISOR: without_lines(rb'namespace="sandbox"')},
        ),
    ),
    "another port in the log": (
        "KS0802",
        Scene(more={"agent_log": "dial tcp 10.0.0.7:10255: connect: connection refused\n"}),
    ),
    "the port that was looked at": (
        HEALTHY,
        Scene(more={"agent_log": "dial tcp 10.0.0.7:8443: connect: connection refused\n"}),
    ),
    "excluded by the agent": ("KS0803", Scene(more={"agent_log": "DD_CONTAINER_EXCLUDE=kube_namespace:sandbox\n"})),
    "one container at zero": ("KS0805", upstream(RESOURCE, body(one_zero))),
    "label misread by metrics-server": (
        "KS0806",
        proxied(RESOURCE, replaced(rb'(container_\w+\{)container="', rb'\1a_namespace="x",container="'), direct=False),
    ),
}

NEAR_MISSES = frozenset(name for name, (code, _) in CORPUS.items() if code in (HEALTHY, "KS0901"))
