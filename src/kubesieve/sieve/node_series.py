"""Node series: samples without a namespace label, or with an empty one. Which of them pass is data, not code.

The first row that covers a sample decides; the last rows cover everything. What each family is, and whether it ever
carries a namespace, was read off kubelets 1.20 to 1.35.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class NodeSeries(StrEnum):
    """The presets of ``--node-series``."""

    NONE = "none"
    NODE = "node"
    ALL = "all"


class Scope(StrEnum):
    """Which samples of a family a row speaks of."""

    UNLABELLED = "no namespace label"
    EMPTY = 'namespace=""'
    OWN = "an allowed namespace"
    ANY = "any namespace"


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """``endpoints`` (names; empty: all), ``families`` (``*`` for any text), and the presets that keep them."""

    endpoints: tuple[str, ...]
    families: tuple[str, ...]
    scope: Scope
    kept_by: frozenset[NodeSeries]
    reason: str

    def covers(self, endpoint: str, family: str, scope: Scope) -> bool:
        return self.speaks_of(endpoint, scope) and any(fnmatchcase(family, pattern) for pattern in self.families)

    def speaks_of(self, endpoint: str, scope: Scope) -> bool:
        return scope is self.scope and (not self.endpoints or endpoint in self.endpoints)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """Members of ``node`` in /stats/summary, and the presets that keep them."""

    names: tuple[str, ...]
    kept_by: frozenset[NodeSeries]
    reason: str


_ALWAYS = frozenset(NodeSeries)
_NODE = frozenset({NodeSeries.NODE, NodeSeries.ALL})
_ALL = frozenset({NodeSeries.ALL})
_EVERY = ("*",)

SERIES = (
    SeriesRow(
        ("cadvisor",),
        ("machine_*", "cadvisor_version_info"),
        Scope.UNLABELLED,
        _NODE,
        "size and make of the machine: the same for every tenant, dashboards divide by it",
    ),
    SeriesRow(
        ("resource",),
        ("node_*",),
        Scope.UNLABELLED,
        _NODE,
        "the node's own totals: metrics-server loses the node without them",
    ),
    SeriesRow(
        ("cadvisor", "resource"),
        ("*scrape_error",),
        Scope.UNLABELLED,
        _NODE,
        "whether the kubelet could measure: alerts rest on it",
    ),
    SeriesRow(
        ("cadvisor", "resource"),
        _EVERY,
        Scope.UNLABELLED,
        _ALL,
        "no family known to be the node's alone",
    ),
    SeriesRow(
        ("metrics", "probes", "slis"),
        _EVERY,
        Scope.UNLABELLED,
        _ALL,
        "the kubelet's own workings: no tenant's",
    ),
    SeriesRow(
        (),
        _EVERY,
        Scope.EMPTY,
        _ALL,
        "totals of slices and of the whole node: less one's own, they are the neighbours'; "
        "sandboxes whose pod is not named",
    ),
    SeriesRow(
        ("cadvisor",),
        ("container_network_*",),
        Scope.OWN,
        _ALWAYS,
        "node data under a tenant's name: a hostNetwork pod's series are the node's interfaces, its neighbours' "
        "(eni…, veth…) among them; drop them with --drop-series 'container_network_*'",
    ),
)

FIELDS = (
    FieldRow(("nodeName",), _ALWAYS, "agents name their host by it"),
    FieldRow(("startTime", "cpu", "memory"), _NODE, "the node's own totals, as in /metrics/resource"),
    FieldRow(
        ("systemContainers", "fs", "rlimit", "network", "runtime", "swap", "io"),
        _ALL,
        "the neighbours' by subtraction, or the operator's alone",
    ),
)
