"""Scenes beside the corpus: what fires the codes that come second at best, and what comes close to firing a code.

Most close calls are the words of a verdict's ``unless``, made into evidence. Lean ones: one look, or one source.
"""

from __future__ import annotations

from kubesieve.doctor.evidence import Evidence
from tests.doctor.changes import (
    CADVISOR,
    GOOD_TOKEN,
    HTML,
    KUBELETS_TOKEN,
    LOG,
    OTHERS_TOKEN,
    PODS,
    RESOURCE,
    SANDBOX,
    SUMMARY,
    SYNCED,
    UNAUTHORIZED,
    each_pod,
    each_stats,
    everywhere,
    mirror,
    no_ids,
    old_rows,
    pods_of,
    set_limit,
    shifted,
    synced,
    tokens,
    upstream,
    virtual_notes,
)
from tests.doctor.rules.spoilt import (
    CPU_OF_AGENT,
    DATADOG,
    SLIS,
    both,
    both_of,
    came_between,
    ended_between,
    in_round,
    made,
    new_id,
    no_fs,
    no_numbers,
    node_name_alone,
    one_look,
    other_uids,
    restarted,
    start_time,
    started,
    stats_without,
    tenant,
    waiting,
    whole_but_machines,
    with_init_stats,
    within,
    without_pod,
)
from tests.doctor.scenes import (
    ALL,
    Scene,
    body,
    edited,
    failed,
    framed,
    replaced,
    status,
    without_lines,
)

JUST_MADE = {PODS: edited(each_pod("tenant-a", both_of(no_ids, made("2025-11-24T16:59:50Z"))))}
HISTOGRAM = (
    b"# TYPE took histogram\n"
    b'took_bucket{le="1"} 1\ntook_bucket{le="+Inf"} 2\ntook_sum 3\ntook_count 2\n'
    b"# TYPE took_counts counter\ntook_counts 1\n"
)
SLOW_START = edited(each_pod("datadog", started("2025-11-24T16:59:55Z")))

CLOSE: dict[str, Scene | Evidence] = {
    # what fires
    "old rows beside the new": tenant(CADVISOR, body(old_rows), allowed=SANDBOX),
    "seen once": tenant(PODS),
    "started five seconds ago": Scene(
        allowed=DATADOG,
        direct=False,
        spoil_proxy={PODS: SLOW_START, CADVISOR: in_round(1, without_lines(rb'container="agent"'))},
    ),
    "a counter that went back": tenant(CADVISOR, in_round(2, replaced(CPU_OF_AGENT, rb"\1 2")), rounds=2),
    "yesterday's log": Scene(allowed=DATADOG, direct=False, more={"agent_log": LOG}),
    "an init container that ended": tenant(SUMMARY, edited(with_init_stats), allowed=frozenset({"tenant-a"})),
    "no usageBytes": tenant(
        SUMMARY, edited(each_stats("datadog", lambda p: p["containers"][0]["memory"].pop("usageBytes")))
    ),
    "slis 404 for good": upstream(SLIS, status(404, b"404 page not found\n"), rounds=1),
    "a pod that started before the proxied look": Scene(
        spoil_direct={"*": in_round(1, without_pod("with-init"))}, spoil_proxy={"*": without_pod("with-init")}
    ),
    "a pod that ended before the proxied look": Scene(spoil_proxy={"*": in_round(2, without_pod("with-init"))}),
    "startTime null": tenant(SUMMARY, edited(each_stats("datadog", start_time(None)))),
    "startTime in year 1": tenant(SUMMARY, edited(each_stats("datadog", start_time("0001-01-01T00:00:00Z")))),
    # 01xx
    "a name that ends in a dot": one_look(
        direct=False,
        spoil_proxy=everywhere(failed("upstream-tls", "x; got expired", "DNS:proxy.example")),
        proxy_url="https://proxy.example.:8443",
    ),
    "another protocol on the port": one_look(
        direct=False, spoil_proxy=everywhere(failed("upstream-malformed", "x; got one that is not HTTP"))
    ),
    "a kubelet's 403 that kubesieve passes on": one_look(
        direct=False,
        spoil_proxy=everywhere(status(403, b"kubesieve: upstream-forbidden: the kubelet refuses\n")),
    ),
    "400 with other words": one_look(direct=False, spoil_proxy=everywhere(status(400, b"bad request"))),
    # 02xx
    "short, and as long as announced": one_look(
        spoil_proxy={CADVISOR: lambda one: framed(announced=len(one.body))(one)}
    ),
    "an empty exposition": tenant("/metrics/probes", body(lambda _: b"")),
    "a family no agent reads, untyped": tenant(CADVISOR, without_lines(rb"^# TYPE container_last_seen")),
    "a 404 page": one_look(spoil_proxy={CADVISOR: status(404, HTML, "text/html")}),
    "a histogram and what else begins with its name": tenant("/metrics", body(lambda content: content + HISTOGRAM)),
    "# EOF as a comment": tenant(CADVISOR, body(lambda content: content + b"# EOF\n")),
    "no fs at all": tenant(SUMMARY, edited(no_fs)),
    # 03xx
    "a pod that the summary has not measured yet": came_between(),
    "a pod that ended between /pods and /metrics/cadvisor": ended_between(),
    "nodeName alone": one_look(spoil_proxy={SUMMARY: edited(node_name_alone)}),
    "slis 500 from the kubelet itself": upstream(SLIS, status(500), rounds=1),
    "the kubelet lacks the label too": upstream(CADVISOR, replaced(rb'image="[^"]*",', b""), rounds=1),
    "the kubelet renames the label too": upstream(
        CADVISOR, replaced(rb'([{,])pod="', rb'\1pod_name="'), allowed=DATADOG, rounds=1
    ),
    "the kubelet lacks the family too": upstream(
        CADVISOR, without_lines(rb"container_spec_memory_limit_bytes"), allowed=DATADOG, rounds=1
    ),
    "the kubelet adds the label too": upstream(
        CADVISOR, replaced(rb'(container_\w+\{)container="', rb'\1cluster="x",container="'), rounds=1
    ),
    "totals come, machines do not": one_look(spoil_proxy={CADVISOR: whole_but_machines}),
    # 05xx
    "limits in other spellings": tenant(PODS, edited(each_pod("datadog", set_limit("268435456e0")))),
    "a limit of 0 in the series where none is set": tenant(
        CADVISOR,
        replaced(rb'(container_spec_memory_limit_bytes\{.*pod="pod-without-limits".*\}) \S+', rb"\1 0"),
        allowed=SANDBOX,
    ),
    # 06xx
    "another uid in the API server": Scene(
        allowed=DATADOG, direct=False, rounds=1, more={"pods": pods_of(other_uids), "expected": DATADOG}
    ),
    "mirror pods of a namespace nobody asked about": Scene(
        allowed=DATADOG, more={"pods": pods_of(mirror), "expected": DATADOG}
    ),
    "no container id yet": Scene(spoil_direct=JUST_MADE, spoil_proxy=JUST_MADE),
    "no rows yet": Scene(
        spoil_direct={**JUST_MADE, CADVISOR: without_lines(rb'container="[^"]+".*namespace="tenant-a"')},
        spoil_proxy={**JUST_MADE, CADVISOR: without_lines(rb'container="[^"]+".*namespace="tenant-a"')},
    ),
    "waits and has no rows": Scene(
        allowed=frozenset({"tenant-a"}),
        direct=False,
        rounds=1,
        spoil_proxy={
            PODS: edited(each_pod("tenant-a", waiting)),
            SUMMARY: edited(each_stats("tenant-a", stats_without)),
            CADVISOR: without_lines(rb'namespace="tenant-a"'),
        },
    ),
    "401 with a token that says nothing against itself": Scene(
        spoil_proxy=everywhere(UNAUTHORIZED), rounds=1, more=tokens(GOOD_TOKEN, KUBELETS_TOKEN)
    ),
    "two issuers, and no token is accepted": Scene(
        spoil_proxy=everywhere(UNAUTHORIZED),
        spoil_direct=everywhere(UNAUTHORIZED),
        rounds=1,
        more=tokens(OTHERS_TOKEN, KUBELETS_TOKEN),
    ),
    "host names that the API server knows": Scene(
        allowed=SANDBOX,
        direct=False,
        rounds=1,
        spoil_proxy=SYNCED,
        more={"pods": pods_of(each_pod("sandbox", synced))},
    ),
    "an agent of the host cluster": tenant(PODS, edited(each_pod("sandbox", virtual_notes)), allowed=SANDBOX),
    # 07xx
    "stamped a housekeeping interval ago": tenant(CADVISOR, body(shifted(-15_000))),
    "two looks within a second": within(1.0),
    "another container under the same name": Scene(
        allowed=DATADOG,
        direct=False,
        spoil_proxy={
            PODS: in_round(2, both(edited(each_pod("datadog", new_id)), SLOW_START)),
            CADVISOR: in_round(2, body(restarted)),
        },
    ),
    # 08xx
    "a log that says nothing": Scene(allowed=DATADOG, direct=False, rounds=1, more={"agent_log": "all is well\n"}),
    "explained by the view": Scene(allowed=ALL - SANDBOX, rounds=1, more={"agent_log": LOG}),
    "zero, and not in /metrics/resource": tenant(
        RESOURCE, without_lines(rb'container="metrics"'), allowed=frozenset({"tenant-a"})
    ),
    "a label that sorts later": tenant(RESOURCE, replaced(rb'(pod="[^"]*")\}', rb'\1,zone="a"}')),
    "a label that does not end so": tenant(
        RESOURCE, replaced(rb'(container_\w+\{)container="', rb'\1cluster="x",container="')
    ),
    # 09xx
    "a running container without any number": tenant(SUMMARY, edited(each_stats("datadog", no_numbers))),
    "startTime in 1970": tenant(SUMMARY, edited(each_stats("datadog", start_time("1970-01-01T00:00:01Z")))),
}
