"""Writing the Prometheus text format 0.0.4 as Go's client library does: order, escapes and numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: labels in the order they are written, a value, a time in milliseconds or none."""

    labels: Labels
    value: float
    at: int | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family. ``ordered`` families (histograms) keep their samples' order; others are sorted."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]
    ordered: bool = False


def render(families: Iterable[Family]) -> bytes:
    """The body: families by name, samples by number of labels, then label values; empty families left out."""
    lines: list[str] = []
    for family in sorted(families, key=lambda f: f.name):
        if family.samples:
            lines.append(f"# HELP {family.name} {_escaped_help(family.help)}\n# TYPE {family.name} {family.kind}\n")
            lines.extend(_line(family.name, sample) for sample in _in_order(family))
    return "".join(lines).encode()


def _in_order(family: Family) -> Iterable[Sample]:
    if family.ordered:
        return family.samples
    return sorted(family.samples, key=lambda s: (len(s.labels), tuple(value for _, value in s.labels)))


def _line(name: str, sample: Sample) -> str:
    stamp = "" if sample.at is None else f" {sample.at}"
    return f"{name}{sample.suffix}{_label_text(sample.labels)} {go_float(sample.value)}{stamp}\n"


@lru_cache(maxsize=1 << 14)
def _label_text(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def go_float(value: float) -> str:
    """A number as Go's %g with the shortest precision writes it: 100000 stays, 1000000 is 1e+06."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        return repr(float(value)).removesuffix(".0")
    mantissa, exponent = format(Decimal(repr(float(value))).normalize(), "e").split("e")
    return f"{mantissa}e{int(exponent):+03d}"


def labels(**values: str) -> Labels:
    """Labels in the order the format's writers use: by name."""
    return tuple(sorted(values.items()))


def histogram(base: Labels, counts: Iterable[tuple[float, int]], total: float) -> tuple[Sample, ...]:
    """The lines of one histogram: cumulative (bound, count) pairs, then +Inf, sum and count."""
    pairs = list(counts)
    buckets = [*pairs, (math.inf, pairs[-1][1])]
    rows = [Sample((*base, ("le", go_float(bound))), count, suffix="_bucket") for bound, count in buckets]
    ends = (Sample(base, total, suffix="_sum"), Sample(base, pairs[-1][1], suffix="_count"))
    return (*rows, *ends)
