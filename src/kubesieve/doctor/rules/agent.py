"""08xx: consumers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.agent_log import Remark, Said
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.text import CPU, WORKING_SET
from kubesieve.doctor.views.view import PODS, RESOURCE, SUMMARY, TEXTS

_FIRST = tuple((name, re.compile(name + b'="([^"]*)"')) for name in (b"namespace", b"pod", b"container"))
_ON_THE_WAY = (Said.UNKNOWN_AUTHORITY, Said.NO_IP_SAN, Said.UNAUTHORIZED, Said.FORBIDDEN)
_EXPLAINED_BY = (
    (Said.NIL_STATS, (SUMMARY,), ("KS01", "KS02", "KS03", "KS06")),
    (Said.PARSE_ERROR, TEXTS, ("KS01", "KS02")),
    *((said, (PODS, SUMMARY, *TEXTS), ("KS01",)) for said in _ON_THE_WAY),
    (Said.NO_NODE_NAME, (SUMMARY,), ("KS01", "KS0308")),
)
"""What a log says, the paths where one sees why, and the groups of codes that are why."""
_WHOLE = re.compile(rb'[{,]([a-zA-Z_][a-zA-Z0-9_]*)="')


def agent(case: Case) -> Iterator[Finding]:
    yield from _no_pods(case)
    yield from _ports(case)
    yield from _filters(case)
    yield from _zero(case)
    yield from _misread(case)


def _no_pods(case: Case) -> Iterator[Finding]:
    """Told where nothing says that a pod of the tenant should be here."""
    view = case.seen
    if view is None or view.list is None or view.list.pods or case.running or (view.pods and view.pods.flaw):
        return
    if view.source is Source.PROXY or case.known is not None:
        proof = Proof("an empty list of pods", view.source, PODS)
        yield Finding("KS0801", "an empty list of pods", (proof,), endpoint=PODS)


def _ports(case: Case) -> Iterator[Finding]:
    if case.log is None or case.seen is None or not case.seen.door.url:
        return
    url = urlsplit(case.seen.door.url)
    port = str(url.port or (443 if url.scheme == "https" else 80))
    remarks = [one for one in (*case.log.of(Said.PORT_REFUSED), *case.log.of(Said.PLAIN_PORT)) if one.about != port]
    answered = any(one.status is not None for one in case.seen.all())
    if remarks and answered:
        ports = listed(one.about for one in remarks)
        detail = f"line {remarks[0].line} names port {remarks[0].about}; {port} answers"
        yield Finding("KS0802", detail, _lines(remarks), values={"ports": ports, "detail": detail, "port": port})


def _filters(case: Case) -> Iterator[Finding]:
    remarks = case.log.of(Said.EXCLUDED) if case.log else ()
    if remarks:
        what = listed(one.about for one in remarks)
        yield Finding("KS0803", what, _lines(remarks), values={"what": what})


def _lines(remarks: object) -> tuple[Proof, ...]:
    assert isinstance(remarks, list | tuple)  # noqa: S101 - for the type checker
    return tuple(Proof(f"{one.said.value} {one.about}".strip(), None, "agent log", one.line) for one in remarks[:20])


def _zero(case: Case) -> Iterator[Finding]:
    """metrics-server's rule, read in its source: one container at 0 hides its pod."""
    view = case.seen
    text = view.text(RESOURCE) if view else None
    if view is None or text is None:
        return
    zero: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, row in text.containers.items():
        measured = [row.values[name] for name in (CPU, WORKING_SET) if name in row.values]
        if measured and min(measured) == 0 and case.mine(key.namespace):
            zero[key.namespace, key.pod].append(key.container)
    if zero:
        pods = listed("/".join(pod) for pod in zero)
        detail = listed(f"{name} of {pod[1]} measures 0" for pod, names in zero.items() for name in names)
        first = next(iter(zero))
        proofs = (Proof(detail, view.source, RESOURCE),)
        yield Finding(
            "KS0805",
            detail,
            proofs,
            first[0],
            first[1],
            zero[first][0],
            RESOURCE,
            values={"pods": pods, "detail": detail},
        )


def _misread(case: Case) -> Iterator[Finding]:
    """Label names that end in the three words and come first in a raw line."""
    exchange = case.proxy.good(RESOURCE) if case.proxy else None
    found = _first_misread(exchange.body) if exchange else None
    if found is None:
        return
    number, line = found
    directly = case.direct.good(RESOURCE) if case.direct else None
    read = {name: match[1].decode(errors="replace") for name, rx in _FIRST if (match := rx.search(line))}
    detail = listed(f"{name.decode()} is read as {value}" for name, value in read.items())
    yield Finding(
        "KS0806",
        detail,
        (Proof(detail, Source.PROXY, RESOURCE, number),),
        endpoint=RESOURCE,
        values={"labels": listed(_wrong_labels(line)), "detail": detail},
        blame=Blame.UPSTREAM if directly and _first_misread(directly.body) else None,
    )


def _first_misread(body: bytes) -> tuple[int, bytes] | None:
    """The first line (counted from 1) whose labels are misread."""
    lines = enumerate(body.split(b"\n"), 1)
    rows = ((number, line) for number, line in lines if line.startswith((b"container_", b"pod_")))
    return next((row for row in rows if _wrong_labels(row[1])), None)


def _wrong_labels(line: bytes) -> list[str]:
    names = _WHOLE.findall(line)
    first = {word: next((name for name in names if name.endswith(word)), word) for word, _ in _FIRST}
    return [name.decode() for word, name in first.items() if name != word]


def unexplained(case: Case, told: frozenset[str]) -> Iterator[Finding]:
    """What a log tells of, where one looked and no finding of the groups that could explain it was told."""
    if case.log is None or case.seen is None:
        return
    left: list[Remark] = []
    for said, paths, groups in _EXPLAINED_BY:
        looked = any(path in case.seen.now for path in paths)
        if looked and not any(code.startswith(groups) for code in told):
            left += case.log.of(said)
    if left:
        detail = listed(f"line {one.line}: {one.said.value}" for one in left)
        yield Finding("KS0809", detail, _lines(left), values={"detail": detail})
