"""Whose log a path of /containerLogs asks for: the pod as the host calls it, or nobody's that this caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from kubesieve.kubelet.podlist import PodList
from kubesieve.sieve.naming import Names
from kubesieve.sieve.policy import Policy
from kubesieve.sieve.virtual.names import Cluster

KINDS = ("containers", "initContainers", "ephemeralContainers")


class LogName(NamedTuple):
    """A container's log: namespace, pod and container, as the caller or as the host calls them."""

    namespace: str
    pod: str
    container: str


def host_log(
    pods: PodList, policy: Policy, asked: LogName, names: Names | None = None, clusters: Iterable[Cluster] = ()
) -> LogName | None:
    """The log under the names that the kubelet knows, taken from its own pod list; None where the caller has none such:
    another's, or there is no such pod or container. A pod goes by the names under which /pods shows it.
    """
    host = _virtual(asked, names, clusters) or _plain(policy, asked, names)
    if host is None:
        return None
    there = [item.raw for item in pods.items if item.namespace == host[0] and _name(item.raw) == host[1]]
    found = {name for raw in there for name in _containers(raw)}
    return LogName(*host, asked.container) if asked.container in found else None


def _virtual(asked: LogName, names: Names | None, clusters: Iterable[Cluster]) -> tuple[str, str] | None:
    for cluster in clusters if names else ():
        found = names.host_of(cluster, asked.namespace, asked.pod) if names else None
        if found is not None:
            return found.namespace, found.name
    return None


def _plain(policy: Policy, asked: LogName, names: Names | None) -> tuple[str, str] | None:
    shown_otherwise = names is not None and names.of_host(asked.namespace, asked.pod) is not None
    return (asked.namespace, asked.pod) if asked.namespace in policy.namespaces and not shown_otherwise else None


def _name(raw: bytes) -> str | None:
    found = _member(msgspec.json.decode(raw), "metadata", dict).get("name")
    return found if isinstance(found, str) else None


def _containers(raw: bytes) -> Iterator[str]:
    spec = _member(msgspec.json.decode(raw), "spec", dict)
    for kind in KINDS:
        for container in _member(spec, kind, list):
            name = container.get("name") if isinstance(container, dict) else None
            if isinstance(name, str):
                yield name


def _member(value: Any, name: str, kind: type[Any]) -> Any:
    """A member of this kind, an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, kind) else kind()
