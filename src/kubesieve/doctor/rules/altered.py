"""03xx, too: kept series that lost or gained labels, and series that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.text import CPU, MEMORY, WORKING_SET, TextView, read_text_view
from kubesieve.doctor.views.view import CADVISOR, RESOURCE, View

_JOINED_BY = (b"namespace", b"pod", b"container")


def altered(case: Case) -> Iterator[Finding]:
    view = case.proxy
    if view is None:
        return
    for path in (CADVISOR, RESOURCE):
        shown = view.text(path)
        if shown is None:
            continue
        yield from _twice(case, path, shown.repeats)
        direct = case.direct.text(path) if case.direct else None
        if direct is not None:
            yield from _labels(case, path, direct, shown)
            yield from _values(case, path, direct, shown)
    yield from _invented(case, view)


def relabelled(case: Case) -> Iterator[Finding]:
    """Rows that lost what joins them to a pod: the cause of all that then seems to be missing."""
    for path in (CADVISOR, RESOURCE):
        shown, direct = (view.text(path) if view else None for view in (case.proxy, case.direct))
        if shown is None or direct is None:
            continue
        lost, gained = _lost_places(direct, shown)
        if lost:
            names = listed(sorted(name.decode() for name in lost))
            now = f", and have {listed(sorted(name.decode() for name in gained))} now" if gained else ""
            proof = Proof(f"{names}: {max(lost.values())} families{now}", Source.PROXY, path)
            values = {"labels": f"{names}{now}", "count": str(max(lost.values()))}
            explains = tuple(case.running) if path == CADVISOR else ()
            yield Finding("KS0310", proof.text, (proof,), endpoint=path, explains=explains, values=values)


def _lost_places(direct: TextView, proxied: TextView) -> tuple[Counter[bytes], frozenset[bytes]]:
    """Labels of place by how many families have rows without them that directly have them, and what came instead."""
    before, now = _label_sets(direct), _label_sets(proxied)
    lost: Counter[bytes] = Counter()
    gained: set[bytes] = set()
    for family, sets in now.items():
        known = frozenset[bytes]().union(*before.get(family, ()))
        for names in sets:
            gone = _gone(names & known, before.get(family, set()))
            lost.update(gone)
            gained |= names - known if gone else frozenset()
    return lost, frozenset(gained)


def _gone(names: frozenset[bytes], before: set[frozenset[bytes]]) -> frozenset[bytes]:
    """What a row lacks of the labels of place that every row of its family like it has directly."""
    if names in before:
        return frozenset()
    wider = [other for other in before if names < other and other - names <= frozenset(_JOINED_BY)]
    return min(wider, key=len) - names if wider else frozenset()


def _label_sets(text: TextView) -> dict[bytes, set[frozenset[bytes]]]:
    found: dict[bytes, set[frozenset[bytes]]] = {}
    for place, names in text.label_names.items():
        found.setdefault(place[0], set()).add(names)
    return found


def _twice(case: Case, path: str, count: int) -> Iterator[Finding]:
    if count:
        directly = case.direct.good(path) if case.direct else None
        same = directly is not None and read_text_view(directly.body, keep_series=True).repeats > 0
        proof = Proof(f"{count} series come again", Source.PROXY, path)
        values = {"count": str(count), "endpoint": path}
        blame = Blame.UPSTREAM if same else None
        yield Finding("KS0312", proof.text, (proof,), endpoint=path, values=values, blame=blame)


def _labels(case: Case, path: str, direct: TextView, proxied: TextView) -> Iterator[Finding]:
    """Label names of each family's rows, by container: what the direct view has and the proxied lacks, or has more."""
    lost: Counter[bytes] = Counter()
    gained: Counter[bytes] = Counter()
    hit: set[Key] = set()
    moved, _ = _lost_places(direct, proxied)
    for place, names in proxied.label_names.items():
        before = direct.label_names.get(place, names)
        if names != before and not moved:
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


def _values(case: Case, path: str, direct: TextView, proxied: TextView) -> Iterator[Finding]:
    """Other numbers than the kubelet's in rows of the same moment; or a total at 0 that directly is not."""
    other: dict[Key, set[bytes]] = {}
    for key, row in proxied.containers.items():
        there = direct.containers.get(key)
        if there is None or not case.mine(key.namespace) or row.names.keys() != there.names.keys():
            continue
        shared = [name for name in (CPU, MEMORY, WORKING_SET) if name in row.values and name in there.values]
        same = row.newest is not None and row.newest == there.newest
        changed = {name for name in shared if same and row.values[name] != there.values[name]}
        changed |= {name for name in shared if name == CPU and not row.values[name] and there.values[name]}
        if changed and case.settled(key):
            other[key] = changed
    if other:
        families = listed(sorted({name.decode() for names in other.values() for name in names}))
        pods = listed("/".join(key[:2]) for key in other)
        proof = Proof(f"{families} of {pods}: not the kubelet's numbers", Source.PROXY, path)
        values = {"endpoint": path, "parts": families, "pods": pods, "count": str(len(other))}
        yield Finding("KS0315", proof.text, (proof,), endpoint=path, explains=tuple(sorted(other)), values=values)


def _invented(case: Case, view: View) -> Iterator[Finding]:
    """Rows of pods that no list has, and the kubelet no row, in two looks: what ends between two is not there twice."""
    direct, earlier = case.direct.text(CADVISOR) if case.direct else None, view.before.get(CADVISOR)
    strange = [key for key in case.unlisted if direct is not None and key not in direct.containers]
    if strange and earlier is not None:
        before = read_text_view(earlier.body).containers
        strange = [key for key in strange if key in before]
        if strange:
            names = listed("/".join(key) for key in strange)
            proof = Proof(names, Source.PROXY, CADVISOR)
            values = {"containers": names, "count": str(len(strange))}
            yield Finding("KS0318", names, (proof,), endpoint=CADVISOR, explains=tuple(strange), values=values)
