"""A pod list as a view: pods by namespace and name, their identity, containers, limits and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from kubesieve.agents import Key, QuantityFault, parse_quantity
from kubesieve.doctor.views.json_fields import document, moment, part, parts, text

CONFIG_HASH = "kubernetes.io/config.hash"
CONFIG_SOURCE = "kubernetes.io/config.source"
VCLUSTER_NAME = "vcluster.loft.sh/object-name"
VCLUSTER_NAMESPACE = "vcluster.loft.sh/object-namespace"
VCLUSTER_UID = "vcluster.loft.sh/object-uid"
VCLUSTER = "vcluster.loft.sh/managed-by"


class ListFlaw(StrEnum):
    """What can be wrong with a list of pods or of stats."""

    EMPTY_BODY = "an empty body"
    NO_JSON = "no JSON"
    STATUS = "a Status object"
    OTHER_KIND = "another kind of JSON"
    ITEMS_NULL = "a list that is null"
    ITEM_NULL = "an item that is null"


class State(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Box:
    """A container of a pod. A limit is None where it is no quantity, absent where none is set; ``id`` is without the
    runtime's prefix; ``started`` is Unix seconds.
    """

    name: str
    id: str
    state: State
    started: float | None
    limits: Mapping[str, Fraction | None]
    init: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as a pod list tells it; ``created`` is Unix seconds, ``vcluster`` whose it is by the syncer's label."""

    namespace: str
    name: str
    uid: str
    phase: str
    node: str
    annotations: Mapping[str, str]
    boxes: tuple[Box, ...]
    has_statuses: bool
    created: float | None = None
    vcluster: str = ""

    @property
    def running(self) -> bool:
        return self.phase in ("Running", "Pending")

    @property
    def virtual(self) -> tuple[str, str, str] | None:
        """(namespace, name, uid) inside a virtual cluster, for a host pod that says so."""
        if VCLUSTER_NAME not in self.annotations:
            return None
        names = (VCLUSTER_NAMESPACE, VCLUSTER_NAME, VCLUSTER_UID)
        namespace, name, uid = (self.annotations.get(one, "") for one in names)
        return namespace, name, uid

    def named(self) -> Iterator[tuple[Key, Box]]:
        return ((Key(self.namespace, self.name, box.name), box) for box in self.boxes)


@dataclass(frozen=True, slots=True)
class PodsView:
    """``flaw`` says why the list is not to be had, or what is odd in it."""

    flaw: ListFlaw | None = None
    pods: Mapping[tuple[str, str], Pod] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        return self.flaw in (None, ListFlaw.ITEM_NULL, ListFlaw.ITEMS_NULL)

    def shown(self) -> frozenset[str]:
        return frozenset(namespace for namespace, _ in self.pods)

    def boxes(self) -> dict[Key, tuple[Pod, Box]]:
        """Every container but the init ones."""
        return {key: (pod, box) for pod in self.pods.values() for key, box in pod.named() if not box.init}


def read_pods_view(body: bytes) -> PodsView:
    """Reads a PodList, or a single Pod as ``kubectl get pod -o json`` gives it; never raises."""
    whole = document(body)
    flaw = list_flaw(body, whole, "items")
    if isinstance(whole, dict) and whole.get("kind") == "Pod":
        return PodsView(None, _by_name([whole]))
    if flaw is not None and flaw is not ListFlaw.ITEM_NULL:
        return PodsView(flaw)
    return PodsView(flaw, _by_name(parts(whole, "items")))


def list_flaw(body: bytes, whole: Any, name: str) -> ListFlaw | None:
    """What is wrong with a JSON object that should hold a list called ``name``."""
    if not body.strip():
        return ListFlaw.EMPTY_BODY
    if not isinstance(whole, dict):
        return ListFlaw.NO_JSON if whole is None and body.strip() != b"null" else ListFlaw.OTHER_KIND
    if whole.get("kind") == "Status":
        return ListFlaw.STATUS
    if name not in whole:
        return ListFlaw.OTHER_KIND
    items = whole[name]
    if items is None:
        return ListFlaw.ITEMS_NULL
    if not isinstance(items, list):
        return ListFlaw.OTHER_KIND
    return ListFlaw.ITEM_NULL if any(item is None for item in items) else None


def _by_name(items: Any) -> dict[tuple[str, str], Pod]:
    pods = (_pod(item) for item in items)
    return {(pod.namespace, pod.name): pod for pod in pods}


def _pod(item: Mapping[str, Any]) -> Pod:
    metadata, spec, status = (part(item, name) for name in ("metadata", "spec", "status"))
    notes = part(metadata, "annotations")
    boxes = (
        *_boxes(parts(spec, "containers"), parts(status, "containerStatuses"), init=False),
        *_boxes(parts(spec, "initContainers"), parts(status, "initContainerStatuses"), init=True),
    )
    return Pod(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        uid=text(metadata, "uid"),
        phase=text(status, "phase"),
        node=text(spec, "nodeName"),
        annotations={name: value for name, value in notes.items() if isinstance(value, str)},
        boxes=boxes,
        has_statuses=bool(parts(status, "containerStatuses")),
        created=moment(metadata, "creationTimestamp"),
        vcluster=text(part(metadata, "labels"), VCLUSTER),
    )


def _boxes(specs: Any, statuses: Any, *, init: bool) -> Iterator[Box]:
    """Those of the spec; then those that only the status names."""
    reported = {text(one, "name"): one for one in statuses}
    named = {text(spec, "name") for spec in specs}
    for spec in (*specs, *(one for name, one in reported.items() if name not in named)):
        status = reported.get(text(spec, "name"), {})
        state = part(status, "state")
        yield Box(
            name=text(spec, "name"),
            id=text(status, "containerID").rpartition("://")[2],
            state=next((one for one in State if one.value in state), State.UNKNOWN),
            started=moment(part(state, "running"), "startedAt"),
            limits=_limits(part(part(spec, "resources"), "limits")),
            init=init,
        )


def _limits(limits: Mapping[str, Any]) -> dict[str, Fraction | None]:
    return {name: _quantity(limits[name]) for name in ("cpu", "memory") if name in limits}


def _quantity(value: object) -> Fraction | None:
    try:
        return parse_quantity(str(value))
    except QuantityFault:
        return None
