"""Who is let in, and who has to wait."""

from __future__ import annotations

from kubesieve.agents import Answer
from kubesieve.lab.evidence import Access
from kubesieve.lab.judged import Case
from kubesieve.lab.place import Waited, Way
from kubesieve.lab.scene import DIRECT, DOORS, NAIVE, SIEVE
from kubesieve.lab.values import Expectation, Expecting, Step, Table, cut

STEP = "4 access"
NOTES = (
    "Datadog's agents show their token on https only. The naive proxy speaks plain http, so every request of theirs "
    "comes without one: the kubelet says 401, and the proxy makes a 500 of it.",
    "The naive proxy serves one client at a time: one that never ends its request header holds up all others.",
)
_WIDTH = 34


def access(case: Case) -> Step:
    table = Table(
        "4. A caller without a token, and one client stuck in its headers",
        ("question", *(way.name for way in DOORS)),
        (
            ("no token: answer", *(_answer(case.access[way].refused) for way in DOORS)),
            ("one client stuck: others", *(waited_words(case.access[way].waited) for way in DOORS)),
        ),
        NOTES,
    )
    return Step((table,), tuple(_expectations(case)))


def first_line(answer: Answer) -> str:
    """An answer's body as far as it is worth a cell: of our own refusals the name and the reason code."""
    return answer.body.decode("utf-8", "replace").partition("\n")[0].partition(": expected")[0]


def waited_words(waited: Waited) -> str:
    if waited.status is None:
        return f"no answer in {waited.seconds:.1f} s"
    return f"{waited.status} after {1000 * waited.seconds:.0f} ms"


def _answer(answer: Answer) -> str:
    return cut(f"{answer.status} {first_line(answer)}", _WIDTH) if answer.status else cut(answer.error or "", _WIDTH)


def _expectations(case: Case) -> list[Expectation]:
    expecting, found = Expecting(STEP), case.access
    naive = found[NAIVE]
    return [
        expecting.same("no token, direct", "401 Unauthorized", _answer(found[DIRECT].refused)),
        expecting.same("no token, naive", "500 HTTP Error 401: Unauthorized", _answer(naive.refused)),
        expecting.same("no token, kubesieve", "401", str(found[SIEVE].refused.status)),
        _prompt(DIRECT, found[DIRECT]),
        expecting.holds(
            "others wait, naive", "no answer in time", waited_words(naive.waited), ok=naive.waited.status is None
        ),
        _prompt(SIEVE, found[SIEVE]),
    ]


def _prompt(way: Way, found: Access) -> Expectation:
    ok = found.waited.status == 200
    return Expecting(STEP).holds(f"others do not wait, {way.name}", "200 in time", waited_words(found.waited), ok=ok)
