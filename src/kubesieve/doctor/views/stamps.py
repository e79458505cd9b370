"""Samples by what identifies them, with their timestamps: for comparing two scrapes of one view."""

from __future__ import annotations

from collections import Counter

from kubesieve.exposition import SampleLine, lines
from kubesieve.faults import BodyFault

Series = tuple[bytes, tuple[tuple[bytes, bytes], ...]]
"""A metric name and its labels, sorted."""


def regressions(before: bytes, now: bytes) -> dict[Series, int]:
    """Series whose timestamp went back from one body to the next, and by how much (milliseconds)."""
    old, new = _stamps(before), _stamps(now)
    return {series: old[series] - stamp for series, stamp in new.items() if stamp < old.get(series, stamp)}


def series_of(body: bytes) -> Counter[Series]:
    """How often each series comes in a body that can be read."""
    return Counter(
        (line.sample.name, tuple(sorted(line.sample.labels.items())))
        for line in lines(body)
        if isinstance(line, SampleLine)
    )


def _stamps(body: bytes) -> dict[Series, int]:
    """Of a body that is no exposition: nothing."""
    found: dict[Series, int] = {}
    try:
        for line in lines(body):
            if isinstance(line, SampleLine) and line.sample.timestamp is not None:
                found[line.sample.name, tuple(sorted(line.sample.labels.items()))] = line.sample.timestamp
    except BodyFault:
        return {}
    return found
