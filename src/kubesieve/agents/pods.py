"""The pod list as the checks read it: loosely, as they do; what may be served is decided elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from kubesieve.agents.quantity import QuantityFault, parse_quantity
from kubesieve.agents.rules import Flaw

COUNTED_PHASES = frozenset({"Running", "Pending"})
RESOURCES = ("cpu", "memory")
_STOPPED = frozenset({"waiting", "terminated"})


class Key(NamedTuple):
    """What a container is called."""

    namespace: str
    pod: str
    container: str

    def __str__(self) -> str:
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the pod list. A quantity is None where it is no quantity, and absent where none is set."""

    key: Key
    uid: str
    phase: str
    container_id: str | None
    stopped: bool  # its state says waiting or terminated
    host_network: bool
    limits: Mapping[str, Fraction | None]
    requests: Mapping[str, Fraction | None]

    @property
    def counted(self) -> bool:
        """Whether its requests and limits are reported."""
        return self.phase in COUNTED_PHASES and self.container_id is not None


@dataclass(frozen=True, slots=True)
class PodList:
    pods: int = 0
    containers: tuple[Container, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def read_pods(body: bytes) -> PodList:
    """Reads a pod list; never raises: what is wrong is among the flaws."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return PodList(flaws=(Flaw.UNREADABLE,))
    if not isinstance(document, dict):
        return PodList(flaws=(Flaw.UNREADABLE,))
    items = document.get("items")
    if not isinstance(items, list):
        return PodList(flaws=(Flaw.ITEMS_NULL,))
    pods = [item for item in items if isinstance(item, dict)]
    flaws = (Flaw.ITEM_NULL,) if len(pods) < len(items) else ()
    return PodList(len(pods), tuple(container for pod in pods for container in _containers(pod)), flaws)


def _containers(pod: Mapping[str, Any]) -> Iterator[Container]:
    metadata, spec, status = (_part(pod, name) for name in ("metadata", "spec", "status"))
    statuses = {str(one.get("name")): one for one in _parts(status, "containerStatuses")}
    for container in _parts(spec, "containers"):
        name, resources = str(container.get("name", "")), _part(container, "resources")
        reported = statuses.get(name, {})
        yield Container(
            key=Key(str(metadata.get("namespace", "")), str(metadata.get("name", "")), name),
            uid=str(metadata.get("uid", "")),
            phase=str(status.get("phase", "")),
            container_id=_text(reported.get("containerID")),
            stopped=not _STOPPED.isdisjoint(_part(reported, "state")),
            host_network=spec.get("hostNetwork") is True,
            limits=_quantities(_part(resources, "limits")),
            requests=_quantities(_part(resources, "requests")),
        )


def _quantities(part: Mapping[str, Any]) -> dict[str, Fraction | None]:
    return {name: _quantity(part[name]) for name in RESOURCES if name in part}


def _quantity(value: object) -> Fraction | None:
    try:
        return parse_quantity(str(value))
    except QuantityFault:
        return None


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _parts(whole: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    parts = whole.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
