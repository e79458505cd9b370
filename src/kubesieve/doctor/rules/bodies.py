"""02xx: what came with a 200 and cannot be used. What the kubelet itself says so is upstream's, and told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Coding, Exchange, Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.pods import ListFlaw
from kubesieve.doctor.views.text import CPU, MEMORY, MEMORY_LIMIT, TextView
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH, JSON

_READ_BY_AGENTS = frozenset({CPU, MEMORY, MEMORY_LIMIT})
_GROUPING = frozenset({"text-second-type", "text-late-type", "text-second-help"})
_NULLS = frozenset({ListFlaw.ITEMS_NULL, ListFlaw.ITEM_NULL})

_ALIKE = frozenset({"KS0205", "KS0209"})


def bodies(case: Case) -> Iterator[Finding]:
    told: set[tuple[str, str | None]] = set()
    for view in case.views():
        new = []
        for found in (*_unusable(view), *_unfit(view), *_read_raw(view)):
            if (found.code, found.endpoint) in told:
                continue
            told.add((found.code, found.endpoint))
            blame = Blame.UPSTREAM if view.source is Source.DIRECT else None
            new.append(replace(found, blame=found.blame or blame, explains=_explained(case, view, found)))
        yield from _joined(new)


def _joined(found: list[Finding]) -> Iterator[Finding]:
    """A sign-in page on every path, or one wrong type on several, is one cause."""
    groups: dict[tuple[str, str | int], list[Finding]] = {}
    for number, one in enumerate(found):
        groups.setdefault((one.code, one.code if one.code in _ALIKE else number), []).append(one)
    for first, *others in groups.values():
        every = (first, *others)
        yield replace(
            first,
            seen=listed(one.seen for one in every),
            proofs=tuple(proof for one in every for proof in one.proofs),
            explains=tuple(dict.fromkeys(key for one in every for key in one.explains)),
            values={**first.values, "endpoint": listed(one.endpoint for one in every)},
        )


def _explained(case: Case, view: View, found: Finding) -> tuple[Key, ...]:
    harmless = found.code in ("KS0203", "KS0205", "KS0213")
    decisive = found.endpoint in (CADVISOR, PODS) and view is case.seen and not harmless
    return tuple(case.running) if decisive else ()


def _unusable(view: View) -> Iterator[Finding]:
    """Framing and encoding, whatever the body is."""
    for exchange in (*view.now.values(), *view.zipped.values()):
        framing = exchange.framing
        cut = exchange.failure is not None and exchange.failure.reason == "upstream-truncated"
        mismatch = framing.announced is not None and framing.announced != framing.received
        if cut or (exchange.status == 200 and mismatch):
            yield _found(
                exchange, "KS0202", received=framing.received, announced=framing.announced or "an unknown number"
            )
        elif exchange.status == 200 and _miscoded(exchange):
            said = framing.said or "nothing"
            yield _found(exchange, "KS0207", said=said, coding=framing.coding.value)


def _read_raw(view: View) -> Iterator[Finding]:
    """Packed as it should be, and where a kubelet packs nothing."""
    exchange = view.zipped.get(PODS)
    if exchange and exchange.status == 200 and exchange.framing.coding is Coding.GZIP and not _miscoded(exchange):
        yield _found(exchange, "KS0213")


def _miscoded(exchange: Exchange) -> bool:
    said = exchange.framing.said.lower() in ("gzip", "x-gzip")
    return said != (exchange.framing.coding is Coding.GZIP)


def _unfit(view: View) -> Iterator[Finding]:
    for path in view.now:
        exchange = view.good(path)
        endpoint = BY_PATH.get(path)
        if exchange is None or endpoint is None or path == "/healthz" or _miscoded(exchange):
            continue
        page = _page(exchange)
        if page:
            yield _found(exchange, "KS0209", fault=page, expected=endpoint.content_type)
        else:
            yield from _of_json(view, exchange) if endpoint.media_type == JSON else _of_text(view, exchange)
            yield from _typed(exchange, endpoint.media_type, endpoint.content_type)


def _page(exchange: Exchange) -> str | None:
    """An HTML page, or a Status object where text is due."""
    start = exchange.body[:256].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        return "an HTML page"
    if exchange.path in (PODS, SUMMARY, "/runningpods/"):
        return None
    return "JSON" if start.startswith((b"{", b"[")) and b'"' in start else None


def _typed(exchange: Exchange, media_type: str, expected: str) -> Iterator[Finding]:
    said = exchange.content_type.partition(";")[0].strip().lower()
    if said == "application/openmetrics-text":
        yield _found(exchange, "KS0212")
    elif said != media_type:
        yield _found(exchange, "KS0205", content_type=exchange.content_type[:80] or "none", expected=expected)


def _of_text(view: View, exchange: Exchange) -> Iterator[Finding]:
    text = view.texts[exchange.path]
    fault = text.fault
    if fault is not None and fault.reason in _GROUPING:
        yield _regrouped(exchange, fault, text)
    elif fault is not None:
        line = fault.position.line if fault.position else 1
        yield _found(exchange, "KS0201", line, fault=fault.sentence, where=f" in line {line}")
    else:
        yield from _of_families(exchange, text)
    if not text.final_newline and fault is None:
        yield _found(exchange, "KS0203", exchange.body.count(b"\n") + 1)


def _of_families(exchange: Exchange, text: TextView) -> Iterator[Finding]:
    """Only families an agent reads: others may be untyped without harm."""
    read = {name: facts for name, facts in text.families.items() if name in _READ_BY_AGENTS}
    reopened = {name: facts.reopened for name, facts in read.items() if facts.reopened}
    untyped = [name for name, facts in read.items() if not facts.typed]
    if untyped:
        yield _found(exchange, "KS0204", families=_names(untyped))
    if reopened:
        first = min(line for line in reopened.values() if line)
        yield _found(exchange, "KS0210", first, families=_names(reopened))


def _regrouped(exchange: Exchange, fault: BodyFault, text: TextView) -> Finding:
    line = fault.position.line if fault.position else 1
    last = list(text.families)[-1:] or [b"a family"]
    return _found(exchange, "KS0210", line, families=_names(last))


def _names(families: Iterable[bytes]) -> str:
    return listed(name.decode(errors="replace") for name in families)


def _of_json(view: View, exchange: Exchange) -> Iterator[Finding]:
    source = view.pods if exchange.path == PODS else view.summary if exchange.path == SUMMARY else None
    flaw = source.flaw if source else None
    expected = "a PodList" if exchange.path == PODS else "a summary"
    if flaw is ListFlaw.EMPTY_BODY:
        yield _found(exchange, "KS0206")
    elif flaw in _NULLS:
        yield _found(exchange, "KS0208", flaw=flaw.value if flaw else "")
    elif flaw is ListFlaw.STATUS:
        yield _found(exchange, "KS0209", fault="a Status object", expected=expected)
    elif flaw is not None:
        yield _found(exchange, "KS0211", fault=flaw.value, expected=expected)
    if exchange.path == SUMMARY and view.summary and view.summary.fs_partial:
        yield replace(_found(exchange, "KS0214"), blame=Blame.UPSTREAM)


def _found(exchange: Exchange, code: str, line: int | None = None, **values: object) -> Finding:
    texts = {name: str(value) for name, value in values.items()}
    words = listed(f"{name}: {value}" for name, value in texts.items() if value) or f"{len(exchange.body)} bytes"
    return Finding(
        code,
        seen=f"{exchange.source.value}: {exchange.target}: {words}",
        proofs=(Proof(words, exchange.source, exchange.target, line),),
        endpoint=exchange.path,
        values={"endpoint": exchange.path, "line": str(line or 1), "where": "", **texts},
    )
