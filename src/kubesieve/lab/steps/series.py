"""Three series that percentages are made of, for both pods, in each view."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.lab.facts import SeriesFacts
from kubesieve.lab.facts import series as read_series
from kubesieve.lab.judged import Case
from kubesieve.lab.place import Way
from kubesieve.lab.scene import DIRECT, FAMILIES, FIGURES, NAIVE_TOKEN, PODS, SANDBOX, SIEVE
from kubesieve.lab.values import NO, YES, Expectation, Expecting, Step, Table

STEP = "3 series"
NOTES = (
    "The value is that of the container's own row; a pod has more rows than one. Direct and without a row means that "
    "none is set: a pod without a CPU limit has no quota. 20000 is 20000 µs of each 100 ms: 200m.",
    "kubesieve leaves out what is not allowed, too, but alike on every endpoint: the pod is not in /pods either.",
)


def series(case: Case) -> Step:
    names = [(pod.name, family) for pod in PODS for family in FAMILIES]
    table = Table(
        "3. Series of /metrics/cadvisor for the two pods",
        ("pod", "series", "direct", "naive+token", "kubesieve"),
        tuple((pod, family, *_cells(case, pod, family)) for pod, family in names),
        NOTES,
    )
    return Step((table,), tuple(one for pod, family in names for one in _expectations(case, pod, family)))


def _facts(case: Case, way: Way, pod: str, family: str) -> SeriesFacts:
    return read_series(case.views[way].sight.answer("/metrics/cadvisor"), family, SANDBOX, pod)


def _cells(case: Case, pod: str, family: str) -> Iterator[str]:
    at_source = _facts(case, DIRECT, pod, family)
    for way in (DIRECT, NAIVE_TOKEN, SIEVE):
        facts = _facts(case, way, pod, family)
        if facts.rows:
            yield f"{YES} {facts.value} ({facts.rows} rows)"
        else:
            yield f"{NO} gone" if at_source.rows else "– none set"


def _expectations(case: Case, pod: str, family: str) -> Iterator[Expectation]:
    expecting, direct = Expecting(STEP), _facts(case, DIRECT, pod, family)
    figure = FIGURES.get((pod, family))
    name = f"{pod}, {family.removeprefix('container_')}"
    if figure is None:
        yield expecting.holds(f"{name} direct", "a value", direct.value, ok=direct.rows > 0)
    else:
        yield expecting.same(f"{name} direct", figure, direct.value)
    for way in (NAIVE_TOKEN, SIEVE):
        yield expecting.same(f"{name} {way.name}", "no row", _facts(case, way, pod, family).value)
