"""What asking for more than is offered gave: odd paths, headers, parameters, formats, exec, ways round. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

from kubesieve.doctor.audit.found import foreign_in, has_data, is_data, searched
from kubesieve.doctor.audit.known import Known
from kubesieve.doctor.audit.observed import Look, Looks, Observed, Round, Way
from kubesieve.doctor.audit.refusals import Reached, reached, went_elsewhere
from kubesieve.doctor.audit.words import names_in
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof, Severity, Unknown
from kubesieve.doctor.rules.proofs import listed

_ROUND_CODES = {Way.TOKEN: "KS0420", Way.ANONYMOUS: "KS0421", Way.READ_ONLY: "KS0422"}
_FEW, _MANY = 3, 20
_FORMATS = ("protobuf", "openmetrics")

Foreign = Callable[[Look], frozenset[str]]
"""The foreign namespaces that an answer names; each answer is read once."""


def by_asking(seen: Observed, known: Known, common: Mapping[str, str]) -> Iterator[Finding | Unknown]:
    """Everything but the plain answers."""
    yield from _silent(seen)
    foreign = cache(partial(foreign_in, known=known, read=cache(partial(searched, known=known))))
    yield from _let_through("KS0411", seen.running, seen, common)
    yield from _let_through("KS0412", seen.reading, seen, common)
    switched = [look for look in (*seen.switching, *seen.running) if look.reply.status == 101]
    yield from _named("KS0413", switched, common)
    yield from _errors(seen, known, common)
    yield from _by_what_was_sent(seen, foreign, common)
    moved = [look for look in seen.elsewhere if went_elsewhere(look.reply, seen.control.reply)]
    yield from _named("KS0424", moved, common)
    yield from _nobody(seen, foreign, common)
    for around in seen.around:
        yield from _around(around, common)


def _by_what_was_sent(seen: Observed, foreign: Foreign, common: Mapping[str, str]) -> Iterator[Finding | Unknown]:
    """What a path's spelling, a header, a parameter or a format gives beyond the plain request."""
    unsteady = _unsteady(seen, foreign)
    if unsteady:
        question = "do headers, parameters, formats or odd spellings of paths widen the view?"
        yield Unknown(question, f"plain requests leak now and then, on {listed(unsteady)}: mend that first")
        return
    odd = tuple(_showing("KS0416", seen.odd, foreign, common))
    wider = _widened(seen.odd, seen, foreign)
    yield from odd if wider else (replace(one, severity=Severity.WARNING) for one in odd)
    for code, looks in (("KS0417", seen.spoofed), ("KS0418", seen.queries)):
        yield from _showing(code, _widened(looks, seen, foreign), foreign, common)
    yield from _showing("KS0419", [*_other_format(seen, foreign)], foreign, common)


def _unsteady(seen: Observed, foreign: Foreign) -> list[str]:
    """Paths whose plain answers show foreign namespaces, and not always the same."""
    return [path for path, sets in _plain(seen, foreign).items() if len(sets) > 1]


def _plain(seen: Observed, foreign: Foreign) -> dict[str, set[frozenset[str]]]:
    """The foreign namespaces that good plain answers show, by path: one set for each way it was answered."""
    found: dict[str, set[frozenset[str]]] = {}
    for look in (*seen.base, *seen.earlier):
        if look.good:
            found.setdefault(look.probe.meant, set()).add(foreign(look))
    return found


def _shown(look: Look) -> str:
    return look.probe.target + (" by WebSocket" if look.probe.upgrades else "")


def _came(look: Look) -> Proof:
    return Proof(f"status {look.reply.status}, {len(look.reply.body)} bytes", Source.PROXY, _shown(look))


def _silent(seen: Observed) -> Iterator[Unknown]:
    """Requests that got no answer at all, which is no refusal either."""
    groups: dict[str, list[str]] = {}
    for look in seen.tried:
        if look.reply.status is None:
            groups.setdefault(look.reply.failure, []).append(_shown(look))
    for failure, targets in groups.items():
        yield Unknown(f"are they refused: {listed(targets)}?", f"nothing came: {failure}")


def _let_through(code: str, looks: Looks, seen: Observed, common: Mapping[str, str]) -> Iterator[Finding]:
    far = {look: _how_far(look, seen) for look in looks}
    through = [look for look in looks if far[look] is not Reached.NO]
    if through:
        answers = listed((f"{look.reply.status}: {far[look].value}" for look in through), 4)
        judged = all(far[look] is Reached.JUDGED for look in through)
        yield _finding(code, through, {**common, "answers": answers}, Severity.WARNING if judged else None)


def _finding(code: str, looks: Iterable[Look], values: Mapping[str, str], severity: Severity | None = None) -> Finding:
    """The title names a few of the targets, what was seen all of them."""
    shown = [_shown(look) for look in looks]
    texts = {**values, "targets": listed(shown, _FEW)}
    return Finding(code, listed(shown, _MANY), tuple(map(_came, looks)), values=texts, severity=severity)


def _how_far(look: Look, seen: Observed) -> Reached:
    control = seen.upgrade_control if look.probe.upgrades else seen.control
    return reached(look.reply, control.reply)


def _named(code: str, looks: Iterable[Look], common: Mapping[str, str]) -> Iterator[Finding]:
    kept = list(looks)
    if kept:
        answers = listed(f"status {look.reply.status}" for look in kept)
        yield _finding(code, kept, {**common, "answers": answers})


def _errors(seen: Observed, known: Known, common: Mapping[str, str]) -> Iterator[Finding]:
    """Foreign names in bodies of errors, in answers that have no data to give, and in headers of any."""
    plain = [look for look in seen.base if look.good and not has_data(look.probe.meant)]
    failed = [*plain, *(look for look in seen.proxied if (look.reply.status or 0) >= 400)]
    leaks = {look: tuple(names_in(look.reply.body, known, _sent(look), alone=True)) for look in failed}
    for look in seen.proxied:
        headers = "\n".join(look.reply.headers.values()).encode()
        leaks[look] = (*leaks.get(look, ()), *names_in(headers, known, _sent(look), alone=True))
    telling = [look for look in leaks if leaks[look]]
    if telling:
        names = listed(value for look in telling for value, _ in leaks[look])
        values = {**common, "targets": listed(map(_shown, telling)), "names": names}
        proofs = tuple(Proof(leaks[look][0][0], Source.PROXY, _shown(look)) for look in telling)
        yield Finding("KS0415", names, proofs, values=values)


def _sent(look: Look) -> str:
    """What the caller said himself: given back, it tells nothing."""
    return " ".join((look.probe.target, *(value for _, value in look.probe.headers), look.probe.body.decode()))


def _showing(code: str, looks: Iterable[Look], foreign: Foreign, common: Mapping[str, str]) -> Iterator[Finding]:
    hits = {look: found for look in looks if (found := foreign(look))}
    if hits:
        namespaces = listed(sorted(frozenset().union(*hits.values())), _MANY)
        headers = listed(name for look in hits for name, _ in look.probe.headers)
        told = _finding(code, hits, {**common, "namespaces": namespaces, "headers": headers})
        seen = f"{headers} on {told.seen}" if code == "KS0417" else told.seen
        yield replace(told, seen=f"{seen}: {namespaces}")


def _widened(looks: Looks, seen: Observed, foreign: Foreign) -> Looks:
    """Those that show a foreign namespace which no plain request does."""
    plain = _plain(seen, foreign)
    return tuple(look for look in looks if foreign(look).difference(*plain.get(look.probe.meant, ())))


def _other_format(seen: Observed, foreign: Foreign) -> Iterator[Look]:
    """Those that widen, and foreign data in a form that a filter for text cannot have read."""
    wider = _widened(seen.negotiated, seen, foreign)
    for look in seen.negotiated:
        if look in wider or any(name in look.reply.content_type for name in _FORMATS):
            yield look


def _nobody(seen: Observed, foreign: Foreign, common: Mapping[str, str]) -> Iterator[Finding]:
    """Without a token: more than with one is a leak, the same a door that stands open to everybody."""
    opened = [look for look in seen.nobody if is_data(look)]
    if opened:
        wider = _widened(tuple(opened), seen, foreign)
        yield _finding("KS0425", opened, common, None if wider else Severity.WARNING)


def _around(around: Round, common: Mapping[str, str]) -> Iterator[Finding | Unknown]:
    opened = [look for look in around.looks if is_data(look)]
    values = {**common, "url": around.url, "targets": listed(look.probe.target for look in opened)}
    if opened:
        proofs = tuple(Proof(_came(look).text, Source.DIRECT, look.probe.target) for look in opened)
        yield Finding(_ROUND_CODES[around.way], f"{around.url}: {values['targets']}", proofs, values=values)
    silent = [look.reply.failure for look in around.looks if look.reply.status is None]
    unsure = [failure for failure in silent if failure != "connection refused"]
    if unsure:
        yield Unknown(f"is {around.url} open to callers ({around.way.value})?", unsure[0])
