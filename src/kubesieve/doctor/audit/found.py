"""Leaks become findings: one for each code and endpoint, counted, with the first few as proof. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from kubesieve.doctor.audit.known import Known, read_json
from kubesieve.doctor.audit.observed import Look
from kubesieve.doctor.audit.search import Leak, namespaces_of, neighbours_interface, search
from kubesieve.doctor.audit.words import labels_in, names_in
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof, Severity, Unknown
from kubesieve.doctor.rules.proofs import listed
from kubesieve.exposition import SampleLine, lines
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH, Kind

UNREAD = "is all of"
"""How a question begins that a body leaves open which no reader takes."""

_PROOFS = 5
_AS_WORDS = {Kind.TEXT: "KS0401", Kind.PODS: "KS0402", Kind.SUMMARY: "KS0403"}
_LISTS = {"KS0404": "places", "KS0407": "interfaces", "KS0410": "families", "KS0423": "members"}


def in_bodies(looks: Iterable[Look], known: Known, common: Mapping[str, str]) -> Iterator[Finding | Unknown]:
    """What the proxy's good answers hold; ``common`` are values of every finding."""
    unread: dict[str, str] = {}
    for look in looks:
        path = look.probe.meant
        if not look.good or not path:
            continue
        try:
            leaks = search(BY_PATH[path], look.reply.body, known)
        except BodyFault as fault:
            unread[path] = fault.sentence
            leaks = as_words(look, known)
        yield from grouped(path, leaks, common)
    if unread:
        because = f"no exact reader takes it: {next(iter(unread.values()))}"
        yield Unknown(f"{UNREAD} {listed(unread, 12)} the caller's?", because)


def has_data(path: str) -> bool:
    """Whether the path is an endpoint that gives what belongs to namespaces."""
    return path in BY_PATH and BY_PATH[path].kind is not Kind.HEALTH


def is_data(look: Look) -> bool:
    """A 200 with what a kubelet says on that path: something else may answer there."""
    endpoint = BY_PATH.get(look.probe.meant)
    if not look.good or endpoint is None:
        return False
    if endpoint.kind is Kind.TEXT:
        return _has_samples(look.reply.body)
    value = read_json(look.reply.body)
    return isinstance(value, dict) and ("items" in value or "pods" in value)


def _has_samples(body: bytes) -> bool:
    try:
        return any(isinstance(line, SampleLine) for line in lines(body))
    except BodyFault:
        return False


def unanswered(looks: Iterable[Look], absent: Collection[str]) -> Iterator[Unknown]:
    """Endpoints with data that gave none, but for those that this kubelet does not have."""
    groups: dict[str, list[str]] = {}
    for look in looks:
        path = look.probe.meant
        if not look.good and has_data(path) and path not in absent:
            came = f"status {look.reply.status}" if look.reply.status else look.reply.failure
            groups.setdefault(came, []).append(path)
    for came, paths in groups.items():
        yield Unknown(f"do they leak: {listed(paths, 12)}?", f"the proxy did not answer well: {came}")


def as_words(look: Look, known: Known) -> tuple[Leak, ...]:
    """Foreign names in a body that no reader takes, as leaks of its endpoint."""
    path, body = look.probe.meant, look.reply.body
    kind = BY_PATH[path].kind
    found = (*names_in(body, known, look.probe.target), *(labels_in(body, known) if kind is Kind.TEXT else ()))
    return tuple(Leak(_AS_WORDS[kind], path, value, namespace) for value, namespace in found)


Namespaces = frozenset[str] | None
"""Foreign ones that a body names; None where no exact reader takes it."""


def searched(path: str, body: bytes, known: Known) -> Namespaces:
    try:
        return namespaces_of(search(BY_PATH[path], body, known))
    except BodyFault:
        return None


def foreign_in(look: Look, known: Known, read: Callable[[str, bytes], Namespaces]) -> frozenset[str]:
    """The foreign namespaces an answer names, whatever it is; none where nothing good came. ``read`` is ``searched``,
    which may remember: many requests get the same body.
    """
    if not look.good or look.probe.meant not in BY_PATH:
        return frozenset()
    exact = read(look.probe.meant, look.reply.body)
    if exact is not None:
        return exact
    return frozenset(namespace for _, namespace in names_in(look.reply.body, known, look.probe.target))


def grouped(path: str, leaks: Iterable[Leak], common: Mapping[str, str]) -> Iterator[Finding]:
    groups: dict[str, list[Leak]] = {}
    for leak in leaks:
        groups.setdefault(leak.code, []).append(leak)
    for code, group in sorted(groups.items()):
        yield _finding(code, path, group, common)


def _finding(code: str, path: str, leaks: list[Leak], common: Mapping[str, str]) -> Finding:
    namespaces = sorted(namespaces_of(leaks))
    values = {**common, "endpoint": path, "count": str(len(leaks)), "namespaces": listed(namespaces)}
    if code in _LISTS:
        values[_LISTS[code]] = listed(leak.path if code == "KS0404" else _bare(leak) for leak in leaks)
    whose = f" of {listed(namespaces, 12)}" if namespaces else ""
    warns = code == "KS0407" and any(map(neighbours_interface, leaks))
    return Finding(
        code,
        f"{len(leaks)} in {path}{whose}",
        tuple(Proof(_told(leak), Source.PROXY, path, leak.line) for leak in leaks[:_PROOFS]),
        endpoint=path,
        values=values,
        severity=Severity.WARNING if warns else None,
    )


def _told(leak: Leak) -> str:
    return f"{leak.path}: {leak.value}" if leak.path and leak.path != leak.value else leak.value


def _bare(leak: Leak) -> str:
    return leak.value.split('"')[1] if leak.code == "KS0407" else leak.value
