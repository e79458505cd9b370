"""What stands since when."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.agents import Key
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.finding import Finding
from kubesieve.doctor.watch.looking import Watch
from kubesieve.doctor.watch.standing import MOST, OTHERS, Board
from kubesieve.doctor.watch.telemetry import Telemetry
from kubesieve.exposition import read
from kubesieve.faults import OwnFault


def lost(*namespaces: str, code: str = "KS0303") -> Finding:
    return Finding(code, "seen", explains=tuple(Key(name, "pod", "box") for name in namespaces))


def board_of(*looks: tuple[float, tuple[Finding, ...]]) -> Board:
    board = Board()
    for at, findings in looks:
        board.put(Diagnosis(findings), at)
    return board


def told(board: Board) -> dict[tuple[str, str], tuple[float, int]]:
    return {(one.code, one.namespace): (one.since, one.containers) for one in board}


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([(1.0, (lost("a"),))], {("KS0303", "a"): (1.0, 1)}, id="found once"),
        pytest.param([(1.0, (lost("a"),)), (2.0, (lost("a"),))], {("KS0303", "a"): (1.0, 1)}, id="still there"),
        pytest.param([(1.0, (lost("a"),)), (2.0, ())], {}, id="gone"),
        pytest.param(
            [(1.0, (lost("a"),)), (2.0, ()), (3.0, (lost("a"),))], {("KS0303", "a"): (3.0, 1)}, id="come back"
        ),
        pytest.param(
            [(1.0, (lost("a"),)), (2.0, (lost("a", "a", "b"),))],
            {("KS0303", "a"): (1.0, 2), ("KS0303", "b"): (2.0, 1)},
            id="another namespace",
        ),
        pytest.param([(1.0, (Finding("KS0101", ""),))], {("KS0101", ""): (1.0, 0)}, id="of no namespace"),
        pytest.param(
            [(1.0, (Finding("KS0303", "", namespace="a"), lost("a")))], {("KS0303", "a"): (1.0, 1)}, id="twice"
        ),
        pytest.param([(1.0, (lost('a"} 1\nforged 1'),))], {("KS0303", OTHERS): (1.0, 1)}, id="no name of a namespace"),
    ],
)
def test_a_finding_stands_since_the_look_that_first_had_it(
    looks: list[tuple[float, tuple[Finding, ...]]], expected: dict[tuple[str, str], tuple[float, int]]
) -> None:
    assert told(board_of(*looks)) == expected


def test_it_says_whether_other_findings_stand_than_before() -> None:
    board = Board()
    rounds = [(lost("a"),), (lost("a"),), (lost("a", "a"),), (lost("b"),), (), ()]
    assert [board.put(Diagnosis(findings), 1.0) for findings in rounds] == [True, False, False, True, True, False]


@given(st.lists(st.text(max_size=80), max_size=30))
def test_whatever_the_names_of_namespaces_the_metrics_are_bounded_and_readable(
    names: list[str],
) -> None:
    many = [f"{index}-ns" for index in range(MOST)]
    board = board_of((1.0, (lost(*many, *names), lost(*names, code="KS0301"))))
    assert len(board.standing) <= MOST + 2
    exposition = Telemetry(board).exposition()
    read(exposition)
    containers = re.findall(rb"^kubesieve_doctor_finding_containers\{.*\} (\S+)$", exposition, re.MULTILINE)
    assert sum(map(float, containers)) == MOST + 2 * len(names)


def run(watch: Watch, seconds: float) -> None:
    async def for_a_while() -> None:
        async with asyncio.timeout(seconds):
            await watch.run()

    with pytest.raises(TimeoutError):
        asyncio.run(for_a_while())


def test_a_look_that_fails_later_is_counted_and_what_stood_stands_on() -> None:
    answers = iter([Diagnosis((lost("a"),)), OwnFault("file-unreadable", "expected a token; got none")])
    shown: list[Diagnosis] = []
    said: list[str] = []

    async def look() -> Diagnosis:
        answer = next(answers, Diagnosis((lost("a"),)))
        if isinstance(answer, OwnFault):
            raise answer
        return answer

    watch = Watch(look, 0.02, shown.append, said.append)
    run(watch, 0.5)
    assert len(shown) == 1
    assert said[:3] == [
        "looked: KS0303",
        "could not look: file-unreadable: expected a token; got none",
        "looked: KS0303",
    ]
    assert b'kubesieve_doctor_looks_total{result="failed"} 1.0\n' in watch.telemetry.exposition()
    assert len({one.since for one in watch.board}) == 1


def test_a_look_that_could_tell_nothing_takes_nothing_off_the_board() -> None:
    answers = iter([Diagnosis((), looked=False), Diagnosis((lost("a"),)), Diagnosis((), looked=False)])
    shown: list[Diagnosis] = []
    said: list[str] = []

    async def look() -> Diagnosis:
        return next(answers, Diagnosis((), looked=False))

    watch = Watch(look, 0.02, shown.append, said.append)
    run(watch, 0.5)
    assert said[:3] == [
        "looked: nothing could be told",
        "looked: KS0303; changed",
        "looked: nothing could be told",
    ]
    assert [one.looked for one in shown] == [False, True]
    assert told(watch.board).keys() == {("KS0303", "a")}
    exposition = watch.telemetry.exposition()
    assert b'kubesieve_doctor_looks_total{result="findings"} 1.0\n' in exposition
    assert b'kubesieve_doctor_looks_total{result="nothing"} 0.0\n' not in exposition


def test_what_stood_is_counted_once_when_a_look_could_tell_little() -> None:
    board = board_of((1.0, (lost("a", "a"),)))
    board.put(Diagnosis((lost("a"),), looked=False), 2.0)
    assert told(board) == {("KS0303", "a"): (1.0, 1)}


def test_a_first_look_that_cannot_be_made_ends_it() -> None:
    async def look() -> Diagnosis:
        raise OwnFault("kubeconfig-unreadable", "expected a kubeconfig; got none")

    with pytest.raises(OwnFault):
        asyncio.run(Watch(look, 1, lambda _: None, lambda _: None).run())


def test_it_is_ready_from_the_first_look_until_looks_fail_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> Diagnosis:
        return Diagnosis(())

    watch = Watch(look, 60, lambda _: None, lambda _: None)
    assert asyncio.run(watch.problem()) == "no look yet"
    run(watch, 0.1)
    assert asyncio.run(watch.problem()) == ""
    later = time.monotonic() + 241
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert asyncio.run(watch.problem()).startswith("the last whole look ended 24")
