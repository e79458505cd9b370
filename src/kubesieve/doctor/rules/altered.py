"""03xx, too: kept series that lost or gained labels, and series that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.text import TextView
from kubesieve.doctor.views.view import CADVISOR, RESOURCE


def altered(case: Case) -> Iterator[Finding]:
    view = case.proxy
    if view is None:
        return
    for path in (CADVISOR, RESOURCE):
        shown = view.text(path)
        if shown is None:
            continue
        yield from _twice(path, shown.repeats)
        direct = case.direct.text(path) if case.direct else None
        if direct is not None:
            yield from _labels(case, path, direct, shown)


def _twice(path: str, count: int) -> Iterator[Finding]:
    if count:
        proof = Proof(f"{count} series come again", Source.PROXY, path)
        values = {"count": str(count), "endpoint": path}
        yield Finding("KS0312", proof.text, (proof,), endpoint=path, values=values)


def _labels(case: Case, path: str, direct: TextView, proxied: TextView) -> Iterator[Finding]:
    """Label names of each family's rows, by container: what the direct view has and the proxied lacks, or has more."""
    lost: Counter[bytes] = Counter()
    gained: Counter[bytes] = Counter()
    hit: set[Key] = set()
    for place, names in proxied.label_names.items():
        before = direct.label_names.get(place, names)
        if names != before:
            lost.update(before - names)
            gained.update(names - before)
            hit.add(Key(*(part.decode() for part in place[1:])))
    for code, labels in (("KS0310", lost), ("KS0311", gained)):
        if labels:
            names_of = listed(sorted(name.decode() for name in labels))
            proof = Proof(f"{names_of}: {max(labels.values())} series", Source.PROXY, path)
            values = {"labels": names_of, "count": str(max(labels.values()))}
            explains = tuple(sorted(key for key in hit if key in case.running)) if code == "KS0310" else ()
            yield Finding(code, proof.text, (proof,), endpoint=path, explains=explains, values=values)
