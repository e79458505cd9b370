"""A text body as an agent's parser sees it: families in order, each with a type, and the error it stopped at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from kubesieve.agents.expfmt import lenient_error, strict_error
from kubesieve.agents.rules import Parser
from kubesieve.exposition import MetadataLine, Sample, SampleLine, lines
from kubesieve.faults import BodyFault

UNTYPED = b"untyped"

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_METADATA = re.compile(rb"[ \t]*#[ \t]*(HELP|TYPE)[ \t]+([^ \t\n]+)")


@dataclass(frozen=True, slots=True)
class SampleFamily:
    """Neighbouring samples of one family. Without a TYPE line of its own the type is untyped."""

    name: bytes
    type: bytes
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What the parser gives the check: its families, and its error if the body is bad."""

    families: tuple[SampleFamily, ...]
    error: str | None = None

    @property
    def samples(self) -> int:
        return sum(len(family.samples) for family in self.families)


def read_text(body: bytes, parser: Parser, *, drops: tuple[bytes, ...] = ()) -> Text:
    """Reads a body the agent's way, after dropping raw lines that hold one of ``drops``."""
    kept = _without(body, drops)
    return _READERS[parser](kept)


def _without(body: bytes, drops: tuple[bytes, ...]) -> bytes:
    """Bytes are looked for in raw lines because that is what the agents do: a quoted ``pod=""`` counts as well."""
    if not any(drop in body for drop in drops):
        return body
    raw = body.split(b"\n")
    return b"\n".join(line for line in raw if not any(drop in line for drop in drops))


def _read_strict(body: bytes) -> Text:
    found, fault = _collect(body)
    error = strict_error(body, fault)
    return Text((), error) if error else Text(_grouped(found))


def _read_lenient(body: bytes) -> Text:
    """Repeated HELP and TYPE lines start the family anew; a bad line ends it all, but what came before counts."""
    families: list[SampleFamily] = []
    for segment in _segments(body):
        found, fault = _collect(segment)
        families += _grouped(found)
        if fault is not None:
            return Text(tuple(families[:-1]), lenient_error(segment, fault))
    return Text(tuple(families))


_READERS = {Parser.EXPFMT: _read_strict, Parser.LENIENT: _read_lenient}


def _collect(body: bytes) -> tuple[list[SampleLine | MetadataLine], BodyFault | None]:
    found: list[SampleLine | MetadataLine] = []
    try:
        found.extend(lines(body))
    except BodyFault as fault:
        return found, fault
    return found, None


def _segments(body: bytes) -> Iterator[bytes]:
    """The body cut before each HELP or TYPE line that the running piece already had."""
    seen: set[tuple[bytes, bytes]] = set()
    piece: list[bytes] = []
    for line in _LINE.findall(body):
        match = _METADATA.match(line)
        said = (match.group(1), match.group(2)) if match else None
        if said in seen:
            yield b"".join(piece)
            piece, seen = [], set()
        if said:
            seen.add(said)
        piece.append(line)
    yield b"".join(piece)


def _grouped(found: Iterable[SampleLine | MetadataLine]) -> tuple[SampleFamily, ...]:
    """Neighbours as families; a family that comes again without its TYPE line is another, untyped one."""
    families = []
    for name, group in groupby(found, key=lambda line: line.family.name):
        members = list(group)
        declared = any(isinstance(line, MetadataLine) for line in members)
        samples = tuple(line.sample for line in members if isinstance(line, SampleLine))
        if samples:
            families.append(SampleFamily(name, (declared and members[0].family.type) or UNTYPED, samples))
    return tuple(families)
