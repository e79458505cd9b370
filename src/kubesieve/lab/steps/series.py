"""Three series that percentages are made of, for both pods, in each view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubesieve.lab.facts import SeriesFacts, samples_of
from kubesieve.lab.facts import series as series_of
from kubesieve.lab.judged import Case
from kubesieve.lab.place import Way
from kubesieve.lab.scene import (
    CPU_USAGE,
    DIRECT,
    FAMILIES,
    FIGURES,
    MEMORY_LIMIT,
    NAIVE_TOKEN,
    PODS,
    QUOTA,
    SANDBOX,
    SIEVE,
)
from kubesieve.lab.values import NO, YES, Expectation, Expecting, Step, Table

STEP = "3 series"
WAYS = (DIRECT, NAIVE_TOKEN, SIEVE)
SHORT = {QUOTA: "CPU quota", MEMORY_LIMIT: "memory limit", CPU_USAGE: "CPU usage"}
NAMES = tuple((pod.name, family) for pod in PODS for family in FAMILIES)
NOTES = (
    "The value is that of the container's own row; a pod has more rows than one. 20000 is 20000 µs of CPU in each "
    "100 ms: 200m. A pod without a CPU limit has no quota row, one without a memory limit says 0.",
    "kubesieve drops what is not allowed, too, but alike on every endpoint: for its callers the pod does not exist.",
)

Name = tuple[str, str]
Found = Mapping[Way, Mapping[Name, SeriesFacts]]


def series(case: Case) -> Step:
    found = {way: _read(case, way) for way in WAYS}
    table = Table(
        "3. Series of /metrics/cadvisor for the two pods",
        ("pod", "series", *(way.name for way in WAYS)),
        tuple((*name, *_cells(found, name)) for name in NAMES),
        NOTES,
    )
    return Step((table,), tuple(_expectations(found)))


def _read(case: Case, way: Way) -> dict[Name, SeriesFacts]:
    samples = samples_of(case.views[way].sight.answer("/metrics/cadvisor"))
    return {(pod, family): series_of(samples, family, SANDBOX, pod) for pod, family in NAMES}


def _cells(found: Found, name: Name) -> Iterator[str]:
    gone = f"{NO} gone" if found[DIRECT][name].rows else "– none set"
    for way in WAYS:
        facts = found[way][name]
        yield f"{YES} {facts.value} ({facts.rows} rows)" if facts.rows else gone


def _expectations(found: Found) -> Iterator[Expectation]:
    for name in NAMES:
        short, direct = f"{name[0]}: {SHORT[name[1]]}", found[DIRECT][name]
        if name in FIGURES:
            yield Expecting(STEP).same(short, FIGURES[name], direct.value)
        else:
            yield Expecting(STEP).holds(short, "a value", direct.value, ok=direct.rows > 0)
    for way in (NAIVE_TOKEN, SIEVE):
        values = {" ".join(name): facts.value for name, facts in found[way].items()}
        yield Expecting(STEP).everywhere(f"{way.name}: none of them", "no row", values)
