"""07xx: two looks, some seconds apart, and the time stamps in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubesieve.agents import Dash, Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.limits import about
from kubesieve.doctor.views.case import SETTLED_SECONDS, Case
from kubesieve.doctor.views.pods import State
from kubesieve.doctor.views.text import read_text_view
from kubesieve.doctor.views.view import CADVISOR, PODS, View

STALE_SECONDS = 120.0
MOVES_SECONDS = 12.0
"""cAdvisor measures every 10 s and a little more: within that a body may well stay the same."""


def freshness(case: Case) -> Iterator[Finding]:
    for view in case.views():
        stale = _stale(view)
        if stale and not (view.source is Source.PROXY and case.direct and _stale(case.direct)):
            blame = Blame.PROXY if view.source is Source.PROXY and case.direct else Blame.UPSTREAM
            yield _old(view, stale, blame)
    yield from _not_moving(case)
    yield from gone_back(case)
    yield from _young(case)
    yield from _not_running(case)


def _stale(view: View) -> float | None:
    """How old the newest sample was when it came (seconds), where that is too old."""
    text, exchange = view.text(CADVISOR), view.now.get(CADVISOR)
    if text is None or text.newest is None or exchange is None or not exchange.at:
        return None
    age = exchange.at - text.newest / 1000
    return age if age > STALE_SECONDS else None


def _old(view: View, age: float, blame: Blame) -> Finding:
    words = f"{age:.0f} s" if age < 7200 else f"{age / 3600:.0f} h"
    proof = Proof(f"newest sample {words} before the answer", view.source, CADVISOR)
    return Finding(
        "KS0701", words, (proof,), endpoint=CADVISOR, values={"age": words, "endpoint": CADVISOR}, blame=blame
    )


def _not_moving(case: Case) -> Iterator[Finding]:
    for view in case.views():
        seconds = _seconds(view)
        if seconds < MOVES_SECONDS or not _same(view):
            continue
        direct = case.direct
        if view.source is Source.PROXY and direct and _same(direct):
            continue
        moved = view.source is Source.PROXY and direct is not None and _seconds(direct) >= MOVES_SECONDS
        other = "the direct view moved meanwhile" if moved else "counters of running containers always move"
        yield Finding(
            "KS0702",
            f"{CADVISOR} unchanged after {seconds:.0f} s",
            (Proof(f"the same {len(view.now[CADVISOR].body)} bytes", view.source, CADVISOR),),
            endpoint=CADVISOR,
            explains=tuple(case.running) if view is case.seen else (),
            values={"endpoint": CADVISOR, "seconds": f"{seconds:.0f}", "other": other},
            blame=Blame.PROXY if view.source is Source.PROXY else Blame.UPSTREAM,
        )


def _seconds(view: View) -> float:
    now, before = view.good(CADVISOR), view.before.get(CADVISOR)
    return now.at - before.at if now and before and before.status == 200 else 0.0


def _same(view: View) -> bool:
    text = view.text(CADVISOR)
    return (
        bool(text and text.containers) and view.now[CADVISOR].body == view.before[CADVISOR].body
        if _seconds(view)
        else False
    )


def gone_back(case: Case) -> Iterator[Finding]:
    view = case.proxy
    now = view.text(CADVISOR) if view and _seconds(view) else None
    if view is None or now is None:
        return
    before = read_text_view(view.before[CADVISOR].body, keep_series=True)
    back = regressions(before.series, now.series) if before.readable else ()
    if back:
        proof = Proof(f"{len(back)} series are older than a scrape before", Source.PROXY, CADVISOR)
        values = {"count": str(len(back)), "endpoint": CADVISOR}
        yield Finding("KS0704", proof.text, (proof,), endpoint=CADVISOR, values=values)


def regressions(before: Mapping[bytes, int | None], now: Mapping[bytes, int | None]) -> tuple[bytes, ...]:
    """Series whose timestamp went back from one look to the next."""
    stamps = ((series, before.get(series), stamp) for series, stamp in now.items())
    return tuple(series for series, old, stamp in stamps if old is not None and stamp is not None and stamp < old)


def _young(case: Case) -> Iterator[Finding]:
    """Of containers without a CPU limit nothing is missing, young or old."""
    rows = ((key, row.cpu.dash) for key, row in case.rows.items() if key in case.running)
    dashes = {key: dash for key, dash in rows if dash not in (None, Dash.NO_LIMIT)}
    young = [key for key in dashes if dashes[key] is Dash.ONE_SCRAPE or _fresh(case, key)]
    if young:
        yield about("KS0703", young, CADVISOR)
    reset = [key for key in dashes if dashes[key] is Dash.COUNTER_RESET]
    if reset:
        yield about("KS0707", reset, CADVISOR, pod=reset[0].pod)


def _fresh(case: Case, key: Key) -> bool:
    started = case.running[key][1].started
    return started is not None and case.seen is not None and 0 <= case.seen.at - started < SETTLED_SECONDS


def _not_running(case: Case) -> Iterator[Finding]:
    stopped = [
        key
        for key, (pod, box) in case.boxes.items()
        if case.mine(key.namespace) and (box.state in (State.WAITING, State.TERMINATED) or not pod.running)
    ]
    if stopped:
        yield about("KS0705", stopped, PODS, pod=stopped[0].pod)
