"""A proxied body beside the kubelet's own, taken before and after it: what is the caller's and did not come, or came
otherwise. What the kubelet did not show both times is churn. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kubesieve.doctor.audit.known import owner_of, read_json
from kubesieve.exposition import SampleLine, lines
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import Endpoint, Kind


class Part(NamedTuple):
    """Something of a namespace and pod ("" where it has none): a family's series, a pod, a member of one."""

    namespace: str
    pod: str
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """``missing`` did not come at all, ``altered`` came otherwise; a part once for each series or member.

    ``whole`` are families of which nothing of any allowed namespace came.
    """

    missing: tuple[Part, ...] = ()
    altered: tuple[Part, ...] = ()
    whole: frozenset[str] = frozenset()

    def and_in(self, other: Difference) -> Difference:
        """What both have."""
        missing, altered = set(other.missing), set(other.altered)
        return Difference(
            tuple(part for part in self.missing if part in missing),
            tuple(part for part in self.altered if part in altered),
            self.whole & other.whole,
        )


class Bodies(NamedTuple):
    """Of one endpoint: the kubelet's, the proxy's, the kubelet's again."""

    before: bytes
    through: bytes
    after: bytes


def compare(endpoint: Endpoint, bodies: Bodies, allowed: frozenset[str]) -> Difference:
    """No difference where one of the bodies cannot be read: others tell."""
    if endpoint.kind is Kind.TEXT:
        return _texts(bodies, allowed)
    if endpoint.kind in (Kind.PODS, Kind.SUMMARY):
        return _lists(endpoint, bodies, allowed)
    return Difference()


Labels = frozenset[tuple[bytes, bytes]]
Identity = tuple[bytes, Labels]
Series = Mapping[Identity, tuple[bytes, int | None]]
"""Value and timestamp (milliseconds) by name and labels."""


def _texts(bodies: Bodies, allowed: frozenset[str]) -> Difference:
    try:
        before, through, after = (_series(body, allowed) for body in bodies)
    except BodyFault:
        return Difference()
    steady = before.keys() & after.keys()
    gone = steady - through.keys()
    others = {(_place(one), _names(one)) for one in through.keys() - before.keys() - after.keys()}
    places = {place for place, _ in others}
    missing = [one for one in gone if _place(one) not in places]
    renamed = [one for one in gone if (_place(one), _names(one)) in others]
    rewritten = [one for one, came in through.items() if one in before and _rewritten(before[one], came)]
    families = {one[0] for one in through}
    return Difference(
        tuple(sorted(map(_part, missing))),
        tuple(sorted(map(_part, (*renamed, *rewritten)))),
        frozenset(one[0].decode() for one in missing if one[0] not in families),
    )


def _series(body: bytes, allowed: frozenset[str]) -> Series:
    """Those of allowed namespaces."""
    samples = (line.sample for line in lines(body) if isinstance(line, SampleLine))
    return {
        (one.name, frozenset(one.labels.items())): (one.value, one.timestamp)
        for one in samples
        if one.labels.get(b"namespace", b"").decode() in allowed
    }


def _place(identity: Identity) -> tuple[bytes, ...]:
    labels = dict(identity[1])
    return identity[0], *(labels.get(name, b"") for name in (b"namespace", b"pod", b"container"))


def _names(identity: Identity) -> frozenset[bytes]:
    return frozenset(name for name, _ in identity[1])


def _part(identity: Identity) -> Part:
    name, namespace, pod, _ = _place(identity)
    return Part(namespace.decode(), pod.decode(), name.decode())


def _rewritten(own: tuple[bytes, int | None], came: tuple[bytes, int | None]) -> bool:
    """Another value at the same time, or a time that was taken away."""
    return own[1] is not None and (came[1] is None or (came[1] == own[1] and came[0] != own[0]))


Item = tuple[str, str, str]


def _lists(endpoint: Endpoint, bodies: Bodies, allowed: frozenset[str]) -> Difference:
    name = "pods" if endpoint.kind is Kind.SUMMARY else "items"
    before, through, after = (_items(body, name, allowed) for body in bodies)
    if before is None or through is None or after is None:
        return Difference()
    missing: list[Part] = []
    altered: list[Part] = []
    for item in sorted(before.keys() & after.keys()):
        namespace, pod, _ = item
        if item not in through:
            renamed = any(one[:2] == (namespace, pod) for one in through)
            (altered if renamed else missing).append(Part(namespace, pod, "uid" if renamed else "all of it"))
            continue
        lost, changed, gained = _members(before[item], through[item], after[item], values=endpoint.kind is Kind.PODS)
        missing += (Part(namespace, pod, path) for path in lost)
        altered += (Part(namespace, pod, path) for path in (*changed, *gained))
    return Difference(tuple(missing), tuple(altered))


def _items(body: bytes, name: str, allowed: frozenset[str]) -> dict[Item, Any] | None:
    """Of allowed namespaces, by namespace, name and UID; None where the body has no list."""
    whole = read_json(body)
    items = whole.get(name) if isinstance(whole, dict) else None
    if not isinstance(items, list):
        return None
    owned = ((owner_of(item), item) for item in items)
    return {owner: item for owner, item in owned if owner is not None and owner[0] in allowed}


def _members(before: Any, through: Any, after: Any, *, values: bool) -> tuple[list[str], list[str], list[str]]:
    """Places that the kubelet's item had both times and the proxied has not, or has with another value; and those that
    it has alone.
    """
    own, came, again = (dict(_leaves(one)) for one in (before, through, after))
    steady = [path for path in own if path in again]
    lost = [path for path in steady if path not in came]
    changed = [path for path in steady if path in came and own[path] == again[path] != came[path]]
    gained = [path for path in came if path not in own and path not in again]
    return _short(lost), *((_short(changed), _short(gained)) if values else ([], []))


def _short(paths: list[str]) -> list[str]:
    """The first two members of each, once: enough to know what is meant."""
    return list(dict.fromkeys(".".join(path.split(".")[:2]) for path in paths))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that holds no others; entries of lists by their name. Null and empty say the same as nothing."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name.replace('.', '/')}" if path else name)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaves(member, f"{path}[{_entry(member, index)}]")
    elif value is not None:
        yield path, value


def _entry(member: Any, index: int) -> str:
    for key in ("name", "type") if isinstance(member, dict) else ():
        if isinstance(member.get(key), str):
            return str(member[key]).replace(".", "/")
    return str(index)
