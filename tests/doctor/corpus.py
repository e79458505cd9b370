"""The labelled corpus: scenes, each with its one right first verdict. A near miss has none but what is for knowing."""

from __future__ import annotations

from dataclasses import replace

from kubesieve.doctor.evidence import Coding, Evidence, Source
from tests.doctor.changes import (
    ANONYMOUS,
    CADVISOR,
    HEALTHY,
    HTML,
    KUBELETS_TOKEN,
    MINE,
    NEW_403,
    NO_WAY,
    OLD_403,
    OTHERS_TOKEN,
    PODS,
    RESOURCE,
    SANDBOX,
    STATUS,
    STORY,
    SUMMARY,
    SYNCED,
    TOKEN_REFUSED,
    UNAUTHORIZED,
    VAULTS_TOKEN,
    back_in_time,
    bare_pods,
    doubled_type,
    drop_claims,
    each_pod,
    each_stats,
    everywhere,
    expired,
    frozen,
    fs_partial,
    gzip_look,
    mirror,
    mismatch,
    no_label,
    no_token,
    null_item,
    null_items,
    one_zero,
    only,
    other_nodes,
    other_uid,
    pod_rows_only,
    pods_of,
    proxied,
    rename_stats,
    reopened,
    restart,
    sandbox_in_virtual_cluster,
    set_limit,
    shifted,
    tokens,
    twice,
    unlimited,
    upstream,
    virtual_notes,
    without_pod,
    without_stats,
)
from tests.doctor.rewriters import REWRITERS
from tests.doctor.scenes import (
    ALL,
    Scene,
    body,
    edited,
    failed,
    framed,
    headed,
    replaced,
    status,
    tokenless,
    without_lines,
)

CORPUS: dict[str, tuple[str, Scene | Evidence]] = {
    **REWRITERS,
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
    "cadvisor fails now and then": (
        "KS0118",
        proxied(CADVISOR, lambda one: status(502, b"bad gateway")(one) if one.round == 1 else one),
    ),
    "connection closed": ("KS0101", Scene(spoil_proxy=everywhere(failed("upstream-disconnected", "x")))),
    "kubesieve knows no grant": (
        "KS0119",
        Scene(spoil_proxy=everywhere(status(403, b"kubesieve: no-grant: expected a grant for 'x'; there is none\n"))),
    ),
    "kubesieve's selector picks nothing": (
        "KS0119",
        Scene(spoil_proxy=everywhere(status(403, b"kubesieve: selector-picks-nothing: expected a namespace; none\n"))),
    ),
    "kubesieve does not know the token": (
        "KS0119",
        Scene(spoil_proxy=everywhere(status(401, b"kubesieve: token-refused: nobody knows the token\n"))),
    ),
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
    "401 with a token for another audience": (
        "KS0120",
        Scene(spoil_proxy=everywhere(UNAUTHORIZED), direct=False, more=tokens(VAULTS_TOKEN)),
    ),
    "a token for another audience at kubesieve": (
        "KS0120",
        Scene(spoil_proxy=everywhere(TOKEN_REFUSED), more=tokens(VAULTS_TOKEN, KUBELETS_TOKEN)),
    ),
    "401 with a token of another cluster": (
        "KS0121",
        Scene(spoil_proxy=everywhere(UNAUTHORIZED), more=tokens(OTHERS_TOKEN, KUBELETS_TOKEN)),
    ),
    "a token of another cluster at kubesieve": (
        "KS0121",
        Scene(spoil_proxy=everywhere(TOKEN_REFUSED), more=tokens(OTHERS_TOKEN, KUBELETS_TOKEN)),
    ),
    "an expired token at kubesieve": (
        "KS0113",
        Scene(spoil_proxy=everywhere(TOKEN_REFUSED), direct=False, more=expired(-3600)),
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
    "gzip on the pod list": ("KS0213", gzip_look(framed("gzip", Coding.GZIP), PODS)),
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
    "filtered in what metrics-server reads alone": (
        "KS0314",
        proxied(RESOURCE, without_lines(rb'namespace="sandbox"')),
    ),
    "filtered in what metrics-server reads alone, no direct view": (
        "KS0314",
        proxied(RESOURCE, without_lines(rb'namespace="sandbox"'), direct=False),
    ),
    "machine families dropped": ("KS0305", proxied(CADVISOR, without_lines(rb"machine_|cadvisor_version_info"))),
    "node families dropped, no direct view": ("KS0305", proxied(RESOURCE, without_lines(rb"node_"), direct=False)),
    "probes refused by the proxy": ("KS0306", proxied("/metrics/probes", status(404))),
    "cadvisor refused by the proxy": ("KS0306", proxied(CADVISOR, status(403, b"path not allowed\n"))),
    "a family filtered": ("KS0307", proxied(CADVISOR, without_lines(rb"^(# .* )?container_spec_memory_limit_bytes"))),
    "summary without its node's name": ("KS0308", proxied(SUMMARY, edited(drop_claims))),
    "nothing in cadvisor, nobody looked at the kubelet": (
        "KS0316",
        proxied(CADVISOR, body(lambda _: b""), direct=False, allowed=SANDBOX),
    ),
    "the label name gone, nobody looked at the kubelet": (
        "KS0316",
        proxied(CADVISOR, replaced(rb',name="[^"]*"', b""), direct=False, allowed=SANDBOX),
    ),
    "usage gone, nobody looked at the kubelet": (
        "KS0316",
        proxied(CADVISOR, without_lines(b"container_memory_usage_bytes"), direct=False, allowed=SANDBOX),
    ),
    "one container of a pod without rows": (
        "KS0316",
        proxied(
            CADVISOR,
            without_lines(rb'container="metrics",.*pod="two-containers"'),
            allowed=MINE,
            more={"expected": MINE},
        ),
    ),
    "one pod missing in the summary": (
        "KS0313",
        proxied(SUMMARY, edited(without_stats("pod-with-limits"))),
    ),
    "one pod missing in the pod list, one's own list at hand": (
        "KS0313",
        proxied(
            PODS,
            edited(without_pod("pod-with-limits")),
            direct=False,
            allowed=SANDBOX,
            more={"pods": pods_of(lambda d: only(d, "items", SANDBOX))},
        ),
    ),
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
        HEALTHY,
        Scene(allowed=STORY, more={"pods": pods_of(mirror), "expected": STORY}),
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
    "host names of a virtual cluster, and nobody says which are known": (
        HEALTHY,
        Scene(allowed=SANDBOX, direct=False, spoil_proxy=SYNCED),
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
