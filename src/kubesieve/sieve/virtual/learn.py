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
    """``pods``: all virtual clusters'; ``hosts``: every pod of the node; ``claims``: what those mount, by namespace;
    ``refused``: how many labelled ones are not shown, by the reason.
    """

    pods: tuple[VirtualPod, ...] = ()
    hosts: frozenset[PodId] = frozenset()
    claims: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[Refused, int] = field(default_factory=dict)

    def names_for(self, clusters: Iterable[Cluster], namespaces: frozenset[str] = frozenset()) -> Names:
        """Names for a grant: its virtual clusters, and the namespaces that it gives beside them."""
        wanted = {ClusterKey(cluster.namespace, cluster.name) for cluster in clusters}
        mine = [pod for pod in self.pods if pod.cluster in wanted]
        plain = {pod for pod in self.hosts if pod.namespace in namespaces} - {pod.host for pod in mine}
        renamed = {(pod.host.namespace, host) for pod in mine for host, _ in pod.claims}
        claims = {claim for claim in self.claims if claim[0] in namespaces} - renamed
        return without_meetings(mine, plain, claims)


def learn(pods: PodList) -> Learnt:
    """Reads every item once. The order of the items means nothing."""
    found = [recognise(item.raw) for item in pods.items]
    chosen = _of_own_uids(_of_host_names(found))
    refused = Counter(pod.found for pod in found if isinstance(pod.found, Refused))
    refused[Refused.AMBIGUOUS] += sum(isinstance(pod.found, VirtualPod) for pod in found) - len(chosen)
    mine = sorted(_with_certain_claims(chosen), key=lambda pod: (pod.cluster, pod.own))
    return Learnt(
        tuple(mine),
        frozenset(pod.id for pod in found),
        frozenset((pod.id.namespace, claim) for pod in found for claim in pod.mounted),
        {why: n for why, n in refused.items() if n},
    )


def _of_host_names(found: list[HostPod]) -> list[HostPod]:
    """One pod for each host name, and so for each own one: the one furthest from its end, if there is one such.

    A host name that a pod of somebody else has too is nobody's: series know pods by name alone.
    """
    groups: dict[tuple[str, str], list[HostPod]] = {}
    for pod in found:
        groups.setdefault((pod.id.namespace, pod.id.name), []).append(pod)
    best = [_furthest_from_its_end(group) for group in groups.values()]
    return [pod for pod in best if pod is not None]


def _of_own_uids(meant: list[HostPod]) -> list[VirtualPod]:
    """Of pods of one own uid the eldest: whoever copies a uid into a pod of his comes later.

    In the same second too, both are shown: a copy must not hide what it is of.
    """
    groups: dict[tuple[ClusterKey, str], list[tuple[str, VirtualPod]]] = {}
    for pod in meant:
        if isinstance(pod.found, VirtualPod):
            groups.setdefault((pod.found.cluster, pod.found.own.uid), []).append((pod.born, pod.found))
    eldest = {key: min(born for born, _ in group) for key, group in groups.items()}
    return [pod for key, group in groups.items() for born, pod in group if born == eldest[key]]


def _furthest_from_its_end(group: list[HostPod]) -> HostPod | None:
    owners = {pod.found.cluster if isinstance(pod.found, VirtualPod) else None for pod in group}
    last = max(pod.life for pod in group)
    best = [pod for pod in group if pod.life == last]
    return best[0] if len(best) == 1 and len(owners) == 1 else None


def _with_certain_claims(pods: list[VirtualPod]) -> list[VirtualPod]:
    """Without the claims that two pods would translate differently: ten digits of a hash can be made to meet."""
    meant: dict[tuple[str, str], set[tuple[ClusterKey, str, str]]] = {}
    for pod in pods:
        for host, own in pod.claims:
            meant.setdefault((pod.host.namespace, host), set()).add((pod.cluster, pod.own.namespace, own))
    return [
        replace(pod, claims=tuple(claim for claim in pod.claims if len(meant[pod.host.namespace, claim[0]]) == 1))
        for pod in pods
    ]
