"""What became of an exposition on its way through a proxy: two bodies in, differences out. Pure.

Three classes, kept apart: series altered (labels lost, gained, changed), series held back that are the callers' or
everybody's, and node aggregates withheld (rows with ``namespace=""``), which is neither leak nor over-filtering.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kubesieve.exposition import SampleLine, lines
from kubesieve.kubelet.endpoints import Endpoint
from kubesieve.sieve import Policy

Labels = frozenset[tuple[bytes, bytes]]
_PLACE = (b"namespace", b"pod", b"container")
# A container that starts anew, or a pod in another's stead, differs in these: that is no change of a series.
_CHURN = frozenset((b"id", b"name", b"pod", b"container", b"namespace", b"uid", b"container_id", b"pod_uid"))
_MANY = 200


@dataclass(frozen=True, slots=True)
class Series:
    """A series and its last timestamp (milliseconds) in a body."""

    name: bytes
    labels: Labels
    family: bytes
    timestamp: int | None = None

    @property
    def key(self) -> tuple[bytes, Labels]:
        return self.name, self.labels

    def label(self, name: bytes) -> bytes | None:
        return next((value for label, value in self.labels if label == name), None)

    @property
    def place(self) -> tuple[bytes, ...]:
        """(namespace, pod, container)."""
        return tuple(self.label(name) or b"" for name in _PLACE)


@dataclass(frozen=True, slots=True)
class Altered:
    """A kept series whose labels are not as they were: names of labels, sorted."""

    series: Series
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``missing_families`` belong to no namespace and to everybody; ``missing`` are series of allowed namespaces that
    still have others; ``missing_namespaces`` have none left; ``withheld_aggregates`` counts ``namespace=""`` rows.
    """

    altered: tuple[Altered, ...] = ()
    missing_families: tuple[str, ...] = ()
    missing: tuple[Series, ...] = ()
    missing_namespaces: tuple[str, ...] = ()
    withheld_aggregates: int = 0

    def gained(self) -> tuple[str, ...]:
        return tuple(sorted({name for one in self.altered for name in one.gained}))

    def lost(self) -> tuple[str, ...]:
        return tuple(sorted({name for one in self.altered for name in (*one.lost, *one.changed)}))


def read_series(body: bytes) -> tuple[Series, ...]:
    """The series of a body, in order. Raises BodyFault."""
    return tuple(
        Series(line.sample.name, frozenset(line.sample.labels.items()), line.family.name, line.sample.timestamp)
        for line in lines(body)
        if isinstance(line, SampleLine)
    )


def compare(
    endpoint: Endpoint, direct: bytes, proxied: bytes, allowed: frozenset[str], after: bytes | None = None
) -> Comparison:
    """``direct`` was taken before ``proxied``; with ``after``, taken behind it, only what stood in both counts as
    missing, whole containers too. Raises BodyFault.
    """
    before, through = read_series(direct), read_series(proxied)
    there = {series.key for series in through}
    left = [series for series in before if series.key not in there]
    own = [series for series in left if _namespace(series) in allowed]
    had = {series.key for series in before}
    altered, gone = _match(own, [series for series in through if series.key not in had])
    stayed = {series.key for series in read_series(after)} if after is not None else None
    gone = [series for series in gone if _surely_gone(series, stayed, {one.place for one in through})]
    namespaces = _missing_namespaces(own if after is None else gone, through)
    return Comparison(
        tuple(altered),
        _missing_families(endpoint, before, through, allowed),
        tuple(series for series in gone if _namespace(series) not in namespaces),
        namespaces,
        sum(series.label(b"namespace") == b"" for series in left),
    )


def _namespace(series: Series) -> str:
    return (series.label(b"namespace") or b"").decode()


def _surely_gone(series: Series, stayed: set[tuple[bytes, Labels]] | None, places: set[tuple[bytes, ...]]) -> bool:
    return series.place in places if stayed is None else series.key in stayed


def _missing_namespaces(left: Iterable[Series], through: Iterable[Series]) -> tuple[str, ...]:
    """Namespaces of ``left`` of which nothing came."""
    shown = {_namespace(series) for series in through}
    return tuple(sorted({_namespace(series) for series in left} - shown))


def _missing_families(
    endpoint: Endpoint, before: Iterable[Series], through: Iterable[Series], allowed: frozenset[str]
) -> tuple[str, ...]:
    policy = Policy(allowed)
    shown = {series.family for series in through}
    families = {series.family for series in before if series.label(b"namespace") is None} - shown
    return tuple(sorted(family.decode() for family in families if policy.keeps(endpoint, family, None)))


def _match(left: list[Series], new: list[Series]) -> tuple[list[Altered], list[Series]]:
    """Pairs series that are gone with those that are new in the same place; what has no pair is gone."""
    groups: dict[tuple[bytes, ...], list[Series]] = defaultdict(list)
    for series in new:
        groups[(series.name, *series.place)].append(series)
    altered, gone = [], []
    for series in left:
        candidates = groups[(series.name, *series.place)]
        pair = _best(series, candidates[:_MANY])
        if pair is None:
            gone.append(series)
            continue
        candidates.remove(pair)
        altered.append(_difference(series, pair))
    return altered, gone


def _best(series: Series, candidates: list[Series]) -> Series | None:
    """The candidate with the fewest differences that is this series, altered."""
    fitting = [candidate for candidate in candidates if _is_altered(series.labels, candidate.labels)]
    return min(fitting, key=lambda one: len(one.labels ^ series.labels), default=None)


def _is_altered(before: Labels, after: Labels) -> bool:
    """Lost or gained labels, all others as they were; or one changed value that no restart would change."""
    lost, gained = dict(before - after), dict(after - before)
    changed = lost.keys() & gained.keys()
    if changed:
        return len(lost) == len(gained) == 1 and not changed & _CHURN
    return bool(lost or gained)


def _difference(before: Series, after: Series) -> Altered:
    lost, gained = dict(before.labels - after.labels), dict(after.labels - before.labels)
    return Altered(
        before,
        lost=_names(lost.keys() - gained.keys()),
        gained=_names(gained.keys() - lost.keys()),
        changed=_names(lost.keys() & gained.keys()),
    )


def _names(labels: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted(label.decode() for label in labels))


def duplicates(body: bytes) -> tuple[Series, ...]:
    """Each series that comes more than once, as often as it comes again. Raises BodyFault."""
    seen: Counter[tuple[bytes, Labels]] = Counter()
    again = []
    for series in read_series(body):
        if seen[series.key]:
            again.append(series)
        seen[series.key] += 1
    return tuple(again)


@dataclass(frozen=True, slots=True)
class Regression:
    """A series whose timestamp went back between two scrapes, by so many milliseconds."""

    series: Series
    milliseconds: int


def regressions(first: bytes, second: bytes) -> tuple[Regression, ...]:
    """Of two bodies of one view, the first taken before the second. Raises BodyFault."""
    stamps = {series.key: series.timestamp for series in read_series(first) if series.timestamp is not None}
    return tuple(
        Regression(series, stamps[series.key] - series.timestamp)
        for series in read_series(second)
        if series.timestamp is not None and stamps.get(series.key, series.timestamp) > series.timestamp
    )
