"""What bodies say, read for the tables: namespaces, pods, series. Nothing here raises; unreadable is None."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubesieve.agents import Answer
from kubesieve.exposition import Sample, SampleLine, lines, read
from kubesieve.faults import BodyFault

ENDPOINTS = ("/metrics/resource", "/metrics/cadvisor", "/pods", "/stats/summary")

Json = Mapping[str, Any]

_UNREADABLE = (BodyFault, ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class PodFacts:
    """A pod's QoS class, and ``request / limit`` of its first container as the pod list writes them."""

    name: str
    qos: str
    cpu: str
    memory: str


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A family's rows of one pod, and the value in its container's row as a plain number."""

    rows: int
    value: str


NO_ROW = SeriesFacts(0, "no row")


def namespaces(endpoint: str, answer: Answer) -> frozenset[str] | None:
    """The namespaces a body shows; None where there is no body to read."""
    if answer.status != 200:
        return None
    reader = _NAMESPACES.get(endpoint, _of_metrics)
    try:
        return frozenset(reader(answer.body))
    except _UNREADABLE:
        return None


def _of_metrics(body: bytes) -> Iterator[str]:
    yield from (name.decode() for name in read(body).namespaces())


def _of_pods(body: bytes) -> Iterator[str]:
    yield from (item["metadata"]["namespace"] for item in json.loads(body)["items"])


def _of_summary(body: bytes) -> Iterator[str]:
    yield from (pod["podRef"]["namespace"] for pod in json.loads(body)["pods"])


_NAMESPACES: Mapping[str, Callable[[bytes], Iterator[str]]] = {"/pods": _of_pods, "/stats/summary": _of_summary}


def pods(answer: Answer, namespace: str) -> tuple[PodFacts, ...]:
    """The pods of a namespace, by name; none where the body is no pod list."""
    try:
        items = [item for item in json.loads(answer.body)["items"] if item["metadata"]["namespace"] == namespace]
        return tuple(sorted(map(_pod, items), key=lambda pod: pod.name))
    except _UNREADABLE:
        return ()


def _pod(item: Json) -> PodFacts:
    resources = item["spec"]["containers"][0].get("resources", {})
    cpu, memory = (
        " / ".join(resources.get(kind, {}).get(name, "none") for kind in ("requests", "limits"))
        for name in ("cpu", "memory")
    )
    return PodFacts(item["metadata"]["name"], item["status"].get("qosClass", "none"), cpu, memory)


def samples_of(answer: Answer) -> tuple[Sample, ...]:
    """All samples of a body; none where it is no exposition."""
    if answer.status != 200:
        return ()
    try:
        return tuple(line.sample for line in lines(answer.body) if isinstance(line, SampleLine))
    except BodyFault:
        return ()


def series(samples: Iterable[Sample], family: str, namespace: str, pod: str) -> SeriesFacts:
    """What a family says of a pod."""
    found = [one for one in samples if _is_about(one, family, namespace, pod)]
    container = next((one for one in found if one.labels.get(b"container") not in (None, b"", b"POD")), None)
    return SeriesFacts(len(found), _plain(container.value)) if container else NO_ROW


def _is_about(sample: Sample, family: str, namespace: str, pod: str) -> bool:
    about = (sample.name, sample.labels.get(b"namespace"), sample.labels.get(b"pod"))
    return about == (family.encode(), namespace.encode(), pod.encode())


def _plain(value: bytes) -> str:
    """``2.68435456e+08`` as people write it: 268435456."""
    number = float(value)
    return str(int(number)) if number.is_integer() else f"{number:.2f}"
