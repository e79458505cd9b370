"""Which namespaces each view shows, on four endpoints."""

from __future__ import annotations

from itertools import groupby

from kubesieve.lab.facts import ENDPOINTS
from kubesieve.lab.judged import Case
from kubesieve.lab.place import Way
from kubesieve.lab.scene import ALLOWED, DIRECT, NAIVE_TOKEN, NAMESPACES, SIEVE
from kubesieve.lab.values import NO, YES, Expectation, Expecting, Step, Table

STEP = "2 namespaces"
JSON_ENDPOINTS = frozenset({"/pods", "/stats/summary"})
SHORT = {endpoint: endpoint.rpartition("/")[2] for endpoint in ENDPOINTS}
NOTES = (
    f"Both proxies are told to allow {', '.join(ALLOWED)}. resource and cadvisor are /metrics/resource and "
    "/metrics/cadvisor; pods is /pods; summary is /stats/summary.",
    "The naive proxy filters lines of /metrics* and nothing else. naive+token is a client that shows its token over "
    "plain http, such as curl: agents do not (step 4).",
)

Seen = frozenset[str] | None


def namespaces(case: Case) -> Step:
    rows = tuple(row for way in (DIRECT, NAIVE_TOKEN, SIEVE) for row in _rows(case, way))
    table = Table(
        "2. Namespaces seen, direct and through each proxy", ("view", "endpoints", "namespaces", "foreign"), rows, NOTES
    )
    return Step((table,), tuple(_expectations(case)))


def _rows(case: Case, way: Way) -> list[tuple[str, ...]]:
    """Neighbouring endpoints that show the same share a row."""
    groups = groupby(ENDPOINTS, key=case.views[way].namespaces)
    return [
        (way.name, _endpoints([SHORT[one] for one in group]), words(seen), _foreign(way, seen))
        for seen, group in groups
    ]


def _endpoints(names: list[str]) -> str:
    return "all four" if len(names) == len(ENDPOINTS) else ", ".join(names)


def _foreign(way: Way, seen: Seen) -> str:
    foreign = (seen or frozenset()) - frozenset(ALLOWED)
    return "" if way == DIRECT or seen is None else f"{NO} {len(foreign)}" if foreign else f"{YES} none"


def words(seen: Seen) -> str:
    """Namespaces as a cell shows them."""
    if seen is None:
        return "no body to read"
    return ", ".join(sorted(seen)) or "none"


def _expectations(case: Case) -> list[Expectation]:
    expecting, direct = Expecting(STEP), case.views[DIRECT]
    found = []
    for endpoint in ENDPOINTS:
        seen = direct.namespaces(endpoint)
        every = seen is not None and seen >= frozenset(NAMESPACES)
        found.append(expecting.holds(f"{endpoint} direct", "all six and more", words(seen), ok=every))
    for endpoint in ENDPOINTS:
        leaks = endpoint in JSON_ENDPOINTS
        expected = direct.namespaces(endpoint) if leaks else frozenset(ALLOWED)
        actual = case.views[NAIVE_TOKEN].namespaces(endpoint)
        found.append(expecting.same(f"{endpoint} naive{' leaks' if leaks else ''}", words(expected), words(actual)))
    for endpoint in ENDPOINTS:
        actual = case.views[SIEVE].namespaces(endpoint)
        found.append(expecting.same(f"{endpoint} kubesieve", words(frozenset(ALLOWED)), words(actual)))
    return found
