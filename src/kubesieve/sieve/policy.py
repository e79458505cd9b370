"""The one decision, as a value: which namespaces, and what becomes of the series that belong to none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from kubesieve.exposition import FamilyPatterns, FamilyVerdict, Keep
from kubesieve.faults import OwnFault
from kubesieve.kubelet.endpoints import ENDPOINTS, Endpoint
from kubesieve.sieve.node_series import FIELDS, SERIES, NodeSeries, Scope, SeriesRow

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PATTERN = re.compile(r"[a-zA-Z_:*][a-zA-Z0-9_:*]*")
_OTHER_WILDCARD = re.compile(r"[?\[]")
MOST_VERDICTS = 10_000


@dataclass(frozen=True, slots=True)
class Policy:
    """Immutable. ``keep`` adds families of node series, ``drop`` takes families away; ``*`` stands for any text."""

    namespaces: frozenset[str]
    node_series: NodeSeries = NodeSeries.NODE
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    _encoded: frozenset[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_encoded", frozenset(name.encode() for name in self.namespaces))

    def keep_of(self, endpoint: Endpoint) -> Keep:
        """What is kept of an endpoint's exposition."""
        rules = FamilyRules(endpoint.name, self.node_series, self.keep, self.drop)
        return Keep(self._encoded, rules, rules.patterns)

    def keeps(self, endpoint: Endpoint, family: bytes, namespace: bytes | None) -> bool:
        """Whether the samples of a family pass. The namespace is None without the label, empty where it is empty."""
        return self.keep_of(endpoint)(family, namespace)

    def keeps_item(self, namespace: str) -> bool:
        """Whether a pod of /pods or /stats/summary passes."""
        return namespace in self.namespaces

    def keeps_node_field(self, name: str) -> bool:
        """Whether a member of the summary's ``node`` passes."""
        row = next((row for row in FIELDS if name in row.names), None)
        return self.node_series is NodeSeries.ALL or (row is not None and self.node_series in row.kept_by)

    def verdict(self, row: SeriesRow) -> bool:
        return self.node_series in row.kept_by


@dataclass(frozen=True, slots=True)
class FamilyRules:
    """What a policy says of families, whatever the namespaces: of one endpoint, by name."""

    endpoint: str
    node_series: NodeSeries
    keep: tuple[str, ...]
    drop: tuple[str, ...]

    def __call__(self, family: bytes) -> FamilyVerdict:
        return _verdict(self, family.decode())

    def keeps(self, family: str, scope: Scope) -> bool:
        """Whether the first row of the table that covers them keeps them."""
        row = next(row for row in SERIES if row.covers(self.endpoint, family, scope))
        return self.node_series in row.kept_by

    def patterns(self) -> FamilyPatterns | None:
        """The same in patterns; None where one has another wildcard than ``*``."""
        dropped, kept = [(name, False) for name in self.drop], [(name, True) for name in self.keep]
        parts = (
            [*dropped, ("*", True)],
            [*dropped, *kept, *self._patterns_of(Scope.UNLABELLED)],
            [*dropped, *self._patterns_of(Scope.EMPTY)],
        )
        if any(_OTHER_WILDCARD.search(name) for part in parts for name, _ in part):
            return None
        return FamilyPatterns(*(tuple((name.encode(), keeps) for name, keeps in part) for part in parts))

    def _patterns_of(self, scope: Scope) -> Iterator[tuple[str, bool]]:
        for row in SERIES:
            if row.speaks_of(self.endpoint, scope):
                yield from ((pattern, self.node_series in row.kept_by) for pattern in row.families)


@lru_cache(maxsize=MOST_VERDICTS)
def _verdict(rules: FamilyRules, family: str) -> FamilyVerdict:
    if _matches(rules.drop, family):
        return FamilyVerdict(False, False, False)
    unlabelled = _matches(rules.keep, family) or rules.keeps(family, Scope.UNLABELLED)
    return FamilyVerdict(True, unlabelled, rules.keeps(family, Scope.EMPTY))


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def parse_namespaces(text: str) -> frozenset[str]:
    """``a,b`` → the names. Raises OwnFault for none at all, or for what no namespace can be called (RFC 1123)."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if not _NAMESPACE.fullmatch(name)]
    if wrong or not names:
        got = ascii(wrong[0][:80]) if wrong else "none"
        raise OwnFault(
            "settings-namespaces",
            f"expected namespaces, separated by commas, each of lower-case letters, digits and dashes; got {got}",
        )
    return frozenset(names)


def parse_patterns(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Families as given on the command line. Raises OwnFault for what is no metric name with ``*``."""
    for text in texts:
        if not _PATTERN.fullmatch(text):
            raise OwnFault("settings-series", f"expected a metric name, * for any text; got {text[:80]!a}")
    return texts


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One line of the printed policy, all in words."""

    endpoint: str
    series: str
    scope: str
    kept: bool
    reason: str


def effective_rows(policy: Policy) -> Iterator[PolicyRow]:
    """The table with the policy's verdicts, its own additions first: what ``kubesieve policy`` prints."""
    for pattern in policy.drop:
        yield PolicyRow("any", pattern, Scope.ANY.value, False, "by configuration")
    for pattern in policy.keep:
        yield PolicyRow("any", pattern, Scope.UNLABELLED.value, True, "by configuration")
    for row in SERIES:
        for place in [endpoint.path for endpoint in ENDPOINTS if endpoint.name in row.endpoints] or ["any"]:
            yield PolicyRow(place, ", ".join(row.families), row.scope.value, policy.verdict(row), row.reason)
    for field_row in FIELDS:
        kept = policy.node_series in field_row.kept_by
        for name in field_row.names:
            yield PolicyRow("/stats/summary", f"node.{name}", "no namespace", kept, field_row.reason)
