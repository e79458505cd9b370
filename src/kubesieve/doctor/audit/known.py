"""Whose is what: namespaces, pods and identifiers, gathered from bodies that were seen. Pure.

Identifiers are pod UIDs (also a static pod's 32 digits) and container and sandbox ids (64 digits); a UID in a cgroup's
name is written with underscores and means the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubesieve.doctor.evidence import MOST_JSON
from kubesieve.exposition import SampleLine, lines
from kubesieve.faults import BodyFault
from kubesieve.kubelet.strict_json import parse

_IDENTIFIER = re.compile(
    r"(?:(?<![0-9a-f])|(?<=pod))(?:[0-9a-f]{64}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])"
)
_OWNERS = ("metadata", "podRef")


def identifiers(text: str) -> frozenset[str]:
    """The UIDs and container ids in a text, in one spelling."""
    if len(text) < 32:
        return frozenset()
    return frozenset(found.replace("_", "-") for found in _IDENTIFIER.findall(text))


@dataclass(frozen=True, slots=True)
class Known:
    """What is the callers' (``allowed``, ``own``) and what is not. ``foreign`` maps an identifier to namespace/pod.

    ``pods`` are foreign pods as (namespace, name); ``named`` maps those names that no pod of one's own has to
    namespace/pod; ``own_hosts`` are the allowed pods in the node's network. ``listed`` says whether any pod list was
    read, without which an unknown identifier may as well be one's own.
    """

    allowed: frozenset[str]
    namespaces: frozenset[str] = frozenset()
    pods: frozenset[tuple[str, str]] = frozenset()
    foreign: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    own_hosts: frozenset[tuple[str, str]] = frozenset()
    listed: bool = False

    def owner(self, identifier: str) -> str | None:
        """Whose a foreign identifier is, None for one's own and for unknown ones."""
        return None if identifier in self.own else self.foreign.get(identifier)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One pod somewhere: the identifiers seen with it."""

    namespace: str
    pod: str
    identifiers: frozenset[str]
    host_network: bool = False


def learn(allowed: frozenset[str], podlists: Iterable[bytes], texts: Iterable[bytes]) -> Known:
    """From bodies of /pods or /stats/summary (JSON) and /metrics/* (text); what cannot be read teaches nothing.

    Lists are believed before labels: a proxy may hand out another's row under an allowed name.
    """
    from_lists = [seen for body in podlists for seen in _pods_of(body)]
    from_texts = [one for body in texts for one in _texts_of(body)]
    foreign = _owners(from_lists, allowed)
    own = _own(from_lists, allowed) | (_own(from_texts, allowed) - foreign.keys())
    seen = (*from_lists, *from_texts)
    others = [one for one in seen if one.namespace not in allowed]
    elsewhere = {one.pod for one in from_lists if one.namespace not in allowed}
    own_names = {one.pod for one in from_lists if one.namespace in allowed}
    own_names |= {one.pod for one in from_texts if one.namespace in allowed} - elsewhere
    found = {**_owners(from_texts, allowed), **foreign}
    return Known(
        allowed,
        namespaces=frozenset(one.namespace for one in others),
        pods=frozenset((one.namespace, one.pod) for one in others if one.pod),
        foreign={name: owner for name, owner in found.items() if name not in own},
        named={one.pod: f"{one.namespace}/{one.pod}" for one in others if one.pod and one.pod not in own_names},
        own=own,
        own_hosts=frozenset((one.namespace, one.pod) for one in seen if one.host_network and one.namespace in allowed),
        listed=bool(from_lists),
    )


def _own(seen: Iterable[Sighting], allowed: frozenset[str]) -> frozenset[str]:
    return frozenset(name for one in seen if one.namespace in allowed for name in one.identifiers)


def _owners(seen: Iterable[Sighting], allowed: frozenset[str]) -> dict[str, str]:
    others = (one for one in seen if one.namespace not in allowed)
    return {name: f"{one.namespace}/{one.pod}" for one in others for name in one.identifiers}


def _pods_of(body: bytes) -> Iterator[Sighting]:
    value = read_json(body)
    items = (value.get("items") or value.get("pods") or []) if isinstance(value, dict) else []
    for item in items if isinstance(items, list) else []:
        owner = owner_of(item)
        if owner is not None:
            namespace, name, uid = owner
            spec = item.get("spec")
            hosted = isinstance(spec, dict) and spec.get("hostNetwork") is True
            ids = frozenset(one for text in _container_ids(item.get("status")) for one in identifiers(text))
            yield Sighting(namespace, name, identifiers(uid) | ids, hosted)


def owner_of(item: Any) -> tuple[str, str, str] | None:
    """(namespace, name, UID) of an item of a pod list or summary; None where it has no namespace."""
    for member in _OWNERS:
        reference = item.get(member) if isinstance(item, dict) else None
        if isinstance(reference, dict) and isinstance(reference.get("namespace"), str):
            return reference["namespace"], str(reference.get("name", "")), str(reference.get("uid", ""))
    return None


def _container_ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "containerID" and isinstance(member, str):
                yield member
            else:
                yield from _container_ids(member)
    elif isinstance(value, list):
        for member in value:
            yield from _container_ids(member)


def _texts_of(body: bytes) -> Iterator[Sighting]:
    """Each label set of a namespace once: rows of one cgroup repeat in every family."""
    seen = set()
    try:
        for line in lines(body):
            if isinstance(line, SampleLine):
                labels = line.sample.labels
                key = (labels.get(b"namespace"), labels.get(b"pod"), labels.get(b"id"), labels.get(b"name"))
                if key[0] and key not in seen:
                    seen.add(key)
                    namespace, pod, *named = ((part or b"").decode() for part in key)
                    yield Sighting(namespace, pod, identifiers(" ".join(named)))
    except BodyFault:
        return


def read_json(body: bytes) -> Any:
    """The value, None where the body is no strict JSON, or larger than any node's."""
    try:
        return parse(body) if len(body) <= MOST_JSON else None
    except BodyFault:
        return None
