"""Families: which HELP, TYPE and UNIT lines belong to which samples."""

from __future__ import annotations

from dataclasses import dataclass

TYPES = frozenset({b"counter", b"gauge", b"histogram", b"summary", b"untyped"})

_SUFFIXES = {
    b"summary": (b"_count", b"_sum"),
    b"histogram": (b"_count", b"_sum", b"_bucket"),
}


@dataclass(slots=True)
class Family:
    """One family as met so far: its name, its type (None before a TYPE line), what was declared, whether sampled."""

    name: bytes
    type: bytes | None = None
    declared: frozenset[bytes] = frozenset()
    sampled: bool = False


class Families:
    """The families of one body, in the order they first appear."""

    def __init__(self) -> None:
        self._by_name: dict[bytes, Family] = {}

    def of(self, name: bytes) -> Family:
        """The family that a name in a sample or a comment belongs to; a new one where none fits.

        Source: Prometheus' own parser: the exact name first, then a summary's or a histogram's suffixes.
        """
        family = self._by_name.get(name) or self._of_suffixed(name)
        if family is None:
            family = self._by_name[name] = Family(name)
        return family

    def _of_suffixed(self, name: bytes) -> Family | None:
        for family_type, suffixes in _SUFFIXES.items():
            for suffix in suffixes:
                family = self._by_name.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
                if family is not None and family.type == family_type:
                    return family
        return None
