"""From one pod list of a host: whose pods there are, once for all virtual clusters; then names for one grant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kubesieve.kubelet.podlist import PodList
from kubesieve.sieve.virtual.names import Cluster, ClusterKey, Names, PodId, VirtualPod, without_meetings
from kubesieve.sieve.virtual.recognise import HostPod, Refused, recognise


@dataclass(frozen=True, slots=True)
class Learnt:
    """``pods``: all virtual clusters'; ``hosts``: every pod of the node; ``refused``: how many labelled ones are not
    shown, by the reason.
    """

    pods: tuple[VirtualPod, ...] = ()
    hosts: frozenset[PodId] = frozenset()
    refused: Mapping[Refused, int] = field(default_factory=dict)

    def names_for(self, clusters: Iterable[Cluster], namespaces: frozenset[str] = frozenset()) -> Names:
        """Names for a grant: its virtual clusters, and the namespaces that it gives beside them."""
        wanted = {ClusterKey(cluster.namespace, cluster.name) for cluster in clusters}
        mine = [pod for pod in self.pods if pod.cluster in wanted]
        plain = {pod for pod in self.hosts if pod.namespace in namespaces} - {pod.host for pod in mine}
        return without_meetings(mine, plain)


def learn(pods: PodList) -> Learnt:
    """Reads every item once. The order of the items means nothing."""
    found = [recognise(item.raw) for item in pods.items]
    chosen = _unambiguous(found)
    refused = Counter(pod.found for pod in found if isinstance(pod.found, Refused))
    refused[Refused.AMBIGUOUS] += sum(isinstance(pod.found, VirtualPod) for pod in found) - len(chosen)
    mine = sorted(_with_certain_claims(chosen), key=lambda pod: (pod.cluster, pod.own))
    return Learnt(tuple(mine), frozenset(pod.id for pod in found), {why: n for why, n in refused.items() if n})


def _unambiguous(found: list[HostPod]) -> list[VirtualPod]:
    """One pod for each own name, own uid and host name: the one furthest from its end, if there is one such.

    A host name that a pod of somebody else has too is nobody's: series know pods by name alone.
    """
    groups: dict[tuple[object, ...], list[HostPod]] = {}
    for pod in found:
        for key in _keys(pod):
            groups.setdefault(key, []).append(pod)
    best = {key: _furthest_from_its_end(group) for key, group in groups.items()}
    meant = [pod for pod in found if all(best[key] is pod for key in _keys(pod))]
    return [pod.found for pod in meant if isinstance(pod.found, VirtualPod)]


def _keys(pod: HostPod) -> list[tuple[object, ...]]:
    host = ("host name", pod.id.namespace, pod.id.name)
    if not isinstance(pod.found, VirtualPod):
        return [host]
    cluster, own = pod.found.cluster, pod.found.own
    return [host, ("own name", cluster, own.namespace, own.name), ("own uid", cluster, own.uid)]


def _furthest_from_its_end(group: list[HostPod]) -> HostPod | None:
    owners = {pod.found.cluster if isinstance(pod.found, VirtualPod) else None for pod in group}
    last = max(pod.life for pod in group)
    best = [pod for pod in group if pod.life == last]
    return best[0] if len(best) == 1 and len(owners) == 1 else None


def _with_certain_claims(pods: list[VirtualPod]) -> list[VirtualPod]:
    """Without the claims that two pods would translate differently."""
    meant: dict[tuple[str, str], set[tuple[ClusterKey, str, str]]] = {}
    for pod in pods:
        for host, own in pod.claims:
            meant.setdefault((pod.host.namespace, host), set()).add((pod.cluster, pod.own.namespace, own))
    return [
        replace(pod, claims=tuple(claim for claim in pod.claims if len(meant[pod.host.namespace, claim[0]]) == 1))
        for pod in pods
    ]
