"""03xx, too: kept series that lost or gained labels, and series that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.stamps import Series, series_of
from kubesieve.doctor.views.view import CADVISOR, RESOURCE, View


def altered(case: Case) -> Iterator[Finding]:
    view = case.proxy
    if view is None:
        return
    for path in (CADVISOR, RESOURCE):
        if view.text(path) is None:
            continue
        shown = series_of(view.now[path].body)
        yield from _twice(path, shown)
        if case.direct is not None and case.direct.text(path) is not None:
            yield from _labels(case, view, path)


def _twice(path: str, shown: Mapping[Series, int]) -> Iterator[Finding]:
    count = sum(times - 1 for times in shown.values() if times > 1)
    if count:
        proof = Proof(f"{count} series come again", Source.PROXY, path)
        values = {"count": str(count), "endpoint": path}
        yield Finding("KS0312", proof.text, (proof,), endpoint=path, values=values)


def _labels(case: Case, view: View, path: str) -> Iterator[Finding]:
    """Label names of each family's rows, by container: what the direct view has and the proxied lacks, or has more."""
    assert case.direct is not None  # noqa: S101 - altered asks only then
    direct, proxied = (_label_names(one.now[path].body) for one in (case.direct, view))
    lost: Counter[bytes] = Counter()
    gained: Counter[bytes] = Counter()
    hit: set[Key] = set()
    for row, names in proxied.items():
        if row in direct and names != direct[row]:
            lost.update(direct[row] - names)
            gained.update(names - direct[row])
            hit.add(Key(*(part.decode(errors="replace") for part in row[1:4])))
    for code, labels in (("KS0310", lost), ("KS0311", gained)):
        if labels:
            names_of = listed(sorted(name.decode(errors="replace") for name in labels))
            proof = Proof(f"{names_of}: {max(labels.values())} series", Source.PROXY, path)
            values = {"labels": names_of, "count": str(max(labels.values()))}
            explains = tuple(sorted(key for key in hit if key in case.running)) if code == "KS0310" else ()
            yield Finding(code, proof.text, (proof,), endpoint=path, explains=explains, values=values)


def _label_names(body: bytes) -> dict[tuple[bytes, bytes, bytes, bytes], frozenset[bytes]]:
    """(family, namespace, pod, container) → the label names of its rows."""
    found: dict[tuple[bytes, bytes, bytes, bytes], frozenset[bytes]] = {}
    for name, labels in series_of(body):
        values = dict(labels)
        row = (name, *(values.get(label, b"") for label in (b"namespace", b"pod", b"container")))
        found[row] = found.get(row, frozenset()) | frozenset(values)  # type: ignore[index,arg-type]
    return found
