"""Which namespaces each view shows, on four endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from kubesieve.lab.facts import ENDPOINTS
from kubesieve.lab.judged import Case, Judged
from kubesieve.lab.place import Way
from kubesieve.lab.scene import ALLOWED, DIRECT, NAIVE_TOKEN, SIEVE
from kubesieve.lab.values import NO, YES, Expectation, Expecting, Step, Table

STEP = "2 namespaces"
METRICS = ("/metrics/resource", "/metrics/cadvisor")
JSON = ("/pods", "/stats/summary")
SHORT = {endpoint: endpoint.rpartition("/")[2] for endpoint in ENDPOINTS}
NOTES = (
    "resource and cadvisor are /metrics/resource and /metrics/cadvisor; pods is /pods; summary is /stats/summary. "
    f"Foreign are namespaces other than {' and '.join(ALLOWED)}, which both proxies are told to allow.",
    "The naive proxy filters the lines of /metrics* and nothing else: its /pods and /stats/summary leak.",
)

Seen = frozenset[str] | None


def namespaces(case: Case) -> Step:
    rows = tuple(row for way in (DIRECT, NAIVE_TOKEN, SIEVE) for row in _rows(case, way))
    head = ("view", "endpoints", "namespaces", "foreign")
    table = Table("2. Namespaces seen, direct and through each proxy", head, rows, NOTES)
    return Step((table,), tuple(_expectations(case)))


def _rows(case: Case, way: Way) -> Iterator[tuple[str, ...]]:
    """Neighbouring endpoints that show the same share a row."""
    for seen, group in groupby(ENDPOINTS, key=case.views[way].seen.__getitem__):
        yield (way.name, _endpoints([SHORT[endpoint] for endpoint in group]), words(seen), _foreign(way, seen))


def _endpoints(names: list[str]) -> str:
    return "all four" if len(names) == len(ENDPOINTS) else ", ".join(names)


def _foreign(way: Way, seen: Seen) -> str:
    if way == DIRECT or seen is None:
        return ""
    foreign = seen - frozenset(ALLOWED)
    return f"{NO} {len(foreign)}" if foreign else f"{YES} none"


def words(seen: Seen) -> str:
    """Namespaces as a cell shows them."""
    if seen is None:
        return "no body to read"
    return ", ".join(sorted(seen)) or "none"


def _expectations(case: Case) -> Iterator[Expectation]:
    direct, naive, whole = case.views[DIRECT], case.views[NAIVE_TOKEN], frozenset(case.setting.namespaces)
    everything = f"all {len(whole)} of the node"
    yield Expecting(STEP).everywhere("direct, all four", everything, _found(direct, whole, everything))
    allowed = here(case, ALLOWED)
    yield exactly(STEP, "naive, /metrics*", naive, allowed, METRICS)
    shown = _found(naive, whole, everything)
    leaks = {endpoint: shown[endpoint] for endpoint in JSON}
    yield Expecting(STEP).everywhere("naive, pods and summary: a leak", everything, leaks)
    yield exactly(STEP, "kubesieve, all four", case.views[SIEVE], allowed)


def here(case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that have pods on the node: others can be seen by nobody."""
    return tuple(name for name in names if name in case.setting.namespaces)


def _found(view: Judged, whole: frozenset[str], everything: str) -> dict[str, str]:
    """All of the node's namespaces, or what an endpoint shows instead."""
    return {endpoint: everything if seen and seen >= whole else words(seen) for endpoint, seen in view.seen.items()}


def exactly(
    step: str, name: str, view: Judged, allowed: tuple[str, ...], endpoints: tuple[str, ...] = ENDPOINTS
) -> Expectation:
    """Each endpoint shows the allowed namespaces, no more and no fewer."""
    found = {endpoint: words(view.seen[endpoint]) for endpoint in endpoints}
    return Expecting(step).everywhere(name, words(frozenset(allowed)), found)
