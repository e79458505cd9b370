"""A node with two virtual clusters in one host namespace, and what each of them may know: the truth, for plain search.

Both clusters have a pod web-0 in a namespace default; beside them, in the same host namespace, run their control planes
and a plain pod of somebody else. The story's node has a static pod in kube-system.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from kubesieve.kubelet.endpoints import BY_PATH, Endpoint
from kubesieve.kubelet.podlist import read_podlist
from kubesieve.sieve import Policy, scan
from kubesieve.sieve.naming import Learnt, answer_for, learn
from kubesieve.stage import cadvisor, own_metrics, podlist, resource, summary
from kubesieve.stage.model import MIB, Node, Pod, Probe, Resources
from kubesieve.stage.node import story_node
from kubesieve.stage.story import bare_pod, box, settled
from kubesieve.stage.virtual import host_pod, own_pod, with_pods, with_virtual_cluster
from kubesieve.tenancy.values import VirtualCluster

HOST = "vc-shared"
A, B = VirtualCluster(HOST, "alpha"), VirtualCluster(HOST, "beta")
LONG = "a-name-that-is-quite-long-for-a-stateful-set-of-some-database-0"
LIMITS = Resources(100, 64 * MIB, 200, 128 * MIB)
PLACES = ("/pods", "/runningpods/", "/stats/summary", "/metrics", "/metrics/cadvisor", "/metrics/resource",
          "/metrics/probes")  # fmt: skip
SERVED = {
    "/pods": podlist.pods,
    "/runningpods/": lambda node, _: podlist.running_pods(node),
    "/stats/summary": summary.summary,
    "/metrics": own_metrics.own_metrics,
    "/metrics/cadvisor": cadvisor.cadvisor,
    "/metrics/resource": resource.resource,
    "/metrics/probes": resource.probes,
}


def _web(namespace: str, name: str, claim: str = "") -> Pod:
    container = replace(box("app", resources=LIMITS), probes=(Probe("Liveness"),), memory=32 * MIB)
    return replace(bare_pod(namespace, name, container), claim=claim, started=300.0)


def own_pods(node: Node, cluster: VirtualCluster) -> tuple[Pod, ...]:
    """A virtual cluster's pods as it knows them."""
    waiting = replace(bare_pod("jobs", "never-ready", replace(box("app"), state="waiting", restarts=3)), started=200.0)
    pods = {
        A: (_web("default", "web-0", "data-web-0"), _web("prod", LONG, f"data-{LONG}"), waiting),
        B: (_web("default", "web-0", "data-web-0"), _web("monitoring", "prometheus.k8s-0")),
    }
    return tuple(own_pod(node, pod, of=cluster.name) for pod in pods[cluster])


STORY = story_node()
FOREIGN = settled(_web(HOST, "somebody-elses", "their-claim"), STORY.seed, STORY.runtime, 60)
NODE = with_pods(
    with_virtual_cluster(
        with_virtual_cluster(STORY, HOST, A.name, own_pods(STORY, A)), HOST, B.name, own_pods(STORY, B)
    ),
    FOREIGN,
)
NOW = NODE.born + 4000.0


def host_pods(node: Node, cluster: VirtualCluster) -> tuple[Pod, ...]:
    return tuple(host_pod(node, HOST, cluster.name, pod) for pod in own_pods(node, cluster))


@cache
def body(path: str, now: float = NOW) -> bytes:
    """What the kubelet says."""
    made: bytes = SERVED[path](NODE, now)
    return made


@cache
def learnt() -> Learnt:
    return learn(read_podlist(body("/pods")))


def shown(path: str, *clusters: VirtualCluster, namespaces: frozenset[str] = frozenset(), now: float = NOW) -> bytes:
    """What a caller with these grants is answered."""
    endpoint: Endpoint = BY_PATH[path]
    names = learnt().names_for(clusters, namespaces)
    return answer_for(endpoint, scan(endpoint, body(path, now)), Policy(namespaces), names).body


def marks_of(pod: Pod) -> set[str]:
    """What gives a pod away, whatever it is called: its uid and the ids of its sandbox and containers."""
    return {pod.uid, pod.sandbox_id, *(container.id for container in (*pod.containers, *pod.init))}
