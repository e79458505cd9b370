"""Both names of a virtual cluster's pods, for one grant: asked by the host's, and back again for logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import NamedTuple, Protocol


class Cluster(Protocol):
    """A virtual cluster by the host namespace that its pods run in, and its name there."""

    @property
    def namespace(self) -> str: ...

    @property
    def name(self) -> str: ...


class ClusterKey(NamedTuple):
    namespace: str
    name: str


class PodId(NamedTuple):
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class VirtualPod:
    """A pod of a virtual cluster: as the host calls it, and as the tenant does. ``claims``: host name → own name."""

    cluster: ClusterKey
    host: PodId
    own: PodId
    claims: tuple[tuple[str, str], ...] = ()

    def own_claim(self, host: str) -> str | None:
        return next((own for name, own in self.claims if name == host), None)


@dataclass(frozen=True, slots=True)
class Names:
    """The pods that a grant shows under names of their own. ``hidden``: how many it would, if names did not meet."""

    pods: tuple[VirtualPod, ...] = ()
    hidden: int = 0
    _by_host: dict[tuple[str, str], VirtualPod] = field(init=False, repr=False, compare=False)
    _by_claim: dict[tuple[str, str], VirtualPod] = field(init=False, repr=False, compare=False)
    _by_own: dict[tuple[ClusterKey, str, str], VirtualPod] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        hosts = {(pod.host.namespace, pod.host.name): pod for pod in self.pods}
        claims = {(pod.host.namespace, host): pod for pod in self.pods for host, _ in pod.claims}
        own = {(pod.cluster, pod.own.namespace, pod.own.name): pod for pod in self.pods}
        for name, value in (("_by_host", hosts), ("_by_claim", claims), ("_by_own", own)):
            object.__setattr__(self, name, value)

    @property
    def host_namespaces(self) -> frozenset[str]:
        return frozenset(pod.host.namespace for pod in self.pods)

    @property
    def own_namespaces(self) -> frozenset[str]:
        return frozenset(pod.own.namespace for pod in self.pods)

    def of_host(self, namespace: str, name: str, uid: str | None = None) -> VirtualPod | None:
        """The pod that the host calls so; where a uid is given, it must be that pod's."""
        pod = self._by_host.get((namespace, name))
        return pod if pod is not None and uid in (None, pod.host.uid) else None

    def of_claim(self, namespace: str, claim: str) -> VirtualPod | None:
        """A pod that has mounted the claim of this host name."""
        return self._by_claim.get((namespace, claim))

    def host_of(self, cluster: Cluster, namespace: str, name: str) -> PodId | None:
        """The host's pod behind a tenant's own namespace and name: the way back, for logs."""
        pod = self._by_own.get((ClusterKey(cluster.namespace, cluster.name), namespace, name))
        return pod.host if pod else None


Key = tuple[str, ...]


def without_meetings(
    pods: Iterable[VirtualPod], plain: Iterable[PodId], claims: Iterable[tuple[str, str]] = ()
) -> Names:
    """Names of those pods whose own name and uid nobody else in the same grant has, and of their claims alike.

    Of two virtual clusters' that would meet, neither is shown; one of a plainly granted namespace (``plain``, and the
    ``claims`` mounted there) always is.
    """
    mine = tuple(pods)
    whose: dict[Key, set[ClusterKey | None]] = {}
    for key, cluster in (
        *((key, pod.cluster) for pod in mine for key in (*_said(pod.own), *_claimed(pod))),
        *((key, None) for pod in plain for key in _said(pod)),
        *((_claim(*claim), None) for claim in claims),
    ):
        whose.setdefault(key, set()).add(cluster)
    kept = [pod for pod in mine if all(len(whose[key]) == 1 for key in _said(pod.own))]
    sole = ((pod, [len(whose[key]) == 1 for key in _claimed(pod)]) for pod in kept)
    named = tuple(replace(pod, claims=tuple(compress(pod.claims, alone))) for pod, alone in sole)
    return Names(named, len(mine) - len(kept))


def _said(pod: PodId) -> tuple[Key, Key]:
    return ("name", pod.namespace, pod.name), ("uid", pod.uid)


def _claimed(pod: VirtualPod) -> list[Key]:
    return [_claim(pod.own.namespace, own) for _, own in pod.claims]


def _claim(namespace: str, name: str) -> Key:
    return "claim", namespace, name
