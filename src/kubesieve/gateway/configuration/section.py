"""A mapping with the keys that it may have: each once, none other, and no secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import yaml

from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.problems import shown

T = TypeVar("T")
D = TypeVar("D")

_SECRET = re.compile(
    r"token|passw|secret|credential|bearer|authori[sz]ation|api_?key|key_?data|private_?key|^key$", re.I
)
_CERTIFICATE = re.compile(
    r"^(ca|client_?ca|cert|certificate|(ca|cert|certificate|certificate-authority)[_-]?data)$", re.I
)
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping's place, and those of its values by key."""

    place: Place
    fields: dict[str, Place]

    def optional(self, name: str, read: Callable[[Place], T], default: D) -> T | D:
        """What ``read`` makes of a value, the default where there is none."""
        return read(self.fields[name]) if name in self.fields else default

    def required(self, name: str, read: Callable[[Place], T], stand_in: T, what: str) -> T:
        """The same of a value that has to be there; the stand-in goes on where it is not."""
        if name in self.fields:
            return read(self.fields[name])
        if isinstance(self.place.node, yaml.MappingNode):
            self.place.tell(_below(self.place.path, name), what, "nothing")
        return stand_in

    def find(self, *names: str) -> Place:
        """The place of a key, or of the innermost mapping around where it would be."""
        if not names or names[0] not in self.fields:
            return self.place
        inner = self.fields[names[0]]
        return Section(inner, keyed(inner)).find(*names[1:]) if len(names) > 1 else inner


def section(place: Place, *names: str) -> Section:
    """The mapping that stands at a place, with these keys only."""
    if not isinstance(place.node, yaml.MappingNode):
        place.not_a("a mapping")
        return Section(place, {})
    fields = {}
    for name, (key, value) in _each_once(place).items():
        if name in names:
            fields[name] = value
        else:
            _unknown(place, key, value, names)
    return Section(place, fields)


def keyed(place: Place) -> dict[str, Place]:
    """The values of a mapping by key, whatever the keys; nothing is told."""
    pairs = place.node.value if isinstance(place.node, yaml.MappingNode) else []
    return {
        key.value: Place(value, _below(place.path, key.value), place.reading)
        for key, value in pairs
        if isinstance(key, yaml.ScalarNode)
    }


def labelled(place: Place) -> dict[str, Place]:
    """A mapping whose keys are free (labels), each once."""
    if not isinstance(place.node, yaml.MappingNode):
        place.not_a("a mapping")
        return {}
    return {name: value for name, (_, value) in _each_once(place).items()}


def _each_once(place: Place) -> dict[str, tuple[Place, Place]]:
    """Keys and values; a second one of the same name is told of, and the first counts."""
    found: dict[str, tuple[Place, Place]] = {}
    for key_node, value in place.node.value:
        key = Place(key_node, place.path, place.reading)
        if not isinstance(key_node, yaml.ScalarNode):
            key.not_a("a key")
            continue
        path = _below(place.path, key_node.value)
        if key_node.value in found:
            key.tell(path, "each key once", "it a second time")
            continue
        found[key_node.value] = (key, Place(value, path, place.reading))
    return found


def _below(path: str, name: str) -> str:
    """Keys that could be taken for something else in a path stand in it as in a Python index."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) is not None
    if not plain:
        return f"{path}[{shown(name)}]"
    return f"{path}.{name}" if path else name


def _unknown(place: Place, key: Place, value: Place, names: tuple[str, ...]) -> None:
    """Tells of a key that there is not: what it may have been meant for. Its value is never told."""
    name = str(key.node.value)
    got = "a key that there is not"
    if key.node.tag == "tag:yaml.org,2002:merge":
        key.tell(value.path, "keys written out", "a merge (<<)")
    elif _may_be_secret(name) and not _close(name, names, 0.8):
        key.tell(value.path, f"{_by_file(name, names)}: secrets and certificates come by file", got)
    else:
        close = "" if place.reading.problems.full else _close(name, names, 0.6)
        others = ", ".join(one for one in names if one != close)
        known = (
            f"{close} (did you mean it?){f', or one of {others}' if others else ''}" if close else f"one of {others}"
        )
        key.tell(value.path, known, got)


def _by_file(name: str, names: tuple[str, ...]) -> str:
    files = [one for one in names if one.endswith("File")]
    like = [one for one in files if one.removesuffix("File").lower() in name.lower()]
    return " or ".join(like or files) or "no such key here"


def _may_be_secret(name: str) -> bool:
    return _SECRET.search(name) is not None or _CERTIFICATE.search(name) is not None


def _close(name: str, names: Sequence[str], ratio: float) -> str:
    """The name that is spelt most like it, "" where none is."""
    by_lower = {one.lower(): one for one in names}
    close = difflib.get_close_matches(name[:_LONGEST].lower(), by_lower, 1, ratio)
    return by_lower[close[0]] if close else ""
