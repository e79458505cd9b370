"""What RBAC costs: so many reviews for one caller and for all, and nobody waits behind another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kubesieve.faults import CallerFault, Fault
from kubesieve.tenancy.access import AT_ONCE_IN_ALL, DENIED_SECONDS, EACH, AccessReviewer
from kubesieve.tenancy.values import Caller, RbacCheck
from tests.tenancy.answers import Clock, Says, run

JANE, JOHN = Caller("jane"), Caller("john")
MANY = [f"ns-{number}" for number in range(1000)]


def opens(*pairs: tuple[str, str], pause: float = 0.0) -> Says:
    """Opens namespaces to users; "" is every namespace."""

    def answer(_: str, body: dict[str, Any]) -> dict[str, Any]:
        spec = body["spec"]
        return {"status": {"allowed": (spec["user"], spec["resourceAttributes"]["namespace"]) in pairs}}

    return Says(answer, pause)


def reviewer(says: Says, clock: Clock | None = None) -> AccessReviewer:
    return AccessReviewer(says, RbacCheck(), clock or Clock())


async def anywhere(access: AccessReviewer, caller: Caller, names: list[str] = MANY) -> bool | str:
    try:
        return await access.any_of(caller, names)
    except Fault as fault:
        return fault.reason


def test_who_has_no_rights_costs_his_burst_and_then_so_many_a_second() -> None:
    says, clock = opens(), Clock()

    async def story() -> list[int]:
        access, counts = reviewer(says, clock), []
        for second in range(5):
            clock.now = float(second)
            for _ in range(20):
                assert await anywhere(access, JANE) == "too-many-reviews"
            counts.append(len(says.asked))
        return counts

    counts = run(story())
    assert counts[0] == EACH.burst
    assert counts[-1] <= EACH.burst + 4 * EACH.per_second


def test_beyond_the_budget_is_a_429_that_names_nobody_else() -> None:
    with pytest.raises(CallerFault) as caught:
        run(reviewer(opens()).allowed(JANE, MANY))
    assert (caught.value.status, caught.value.reason) == (429, "too-many-reviews")


def test_another_caller_has_a_budget_of_his_own() -> None:
    says = opens(("john", "ns-1"))

    async def story() -> frozenset[str]:
        access = reviewer(says)
        await anywhere(access, JANE)
        return await access.allowed(JOHN, ["ns-1", "ns-2"])

    assert run(story()) == {"ns-1"}


def test_nobody_waits_behind_anothers_thousand_namespaces() -> None:
    """The one who asks for little is asked for in turn with whoever asks for much."""
    says = opens(("john", "ns-1"), pause=0.01)

    async def story() -> int:
        access = reviewer(says)
        greedy = asyncio.ensure_future(access.allowed(JANE, MANY[:250]))
        await asyncio.sleep(0)
        await access.allowed(JOHN, ["ns-1"])
        greedy.cancel()
        return sum(body["spec"]["user"] == "jane" for body in says.asked)

    assert run(story()) <= 4 * AT_ONCE_IN_ALL


def test_never_more_at_once_than_leave_connections_for_tokens() -> None:
    under_way, most = 0, 0

    class Counting:
        async def create(self, _path: str, _body: dict[str, Any]) -> dict[str, Any]:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1
            return {"status": {"allowed": False}}

    async def story() -> None:
        access = AccessReviewer(Counting(), RbacCheck(), Clock())
        await asyncio.gather(*(access.allowed(Caller(f"user-{number}"), MANY[:20]) for number in range(10)))

    run(story())
    assert most == AT_ONCE_IN_ALL


def test_the_one_open_namespace_among_very_many_is_found_in_the_end() -> None:
    says, clock = opens(("jane", "ns-777")), Clock()

    async def story() -> bool | str:
        access = reviewer(says, clock)
        for second in range(600):
            clock.now = float(second)
            found = await anywhere(access, JANE)
            if found != "too-many-reviews":
                return found
        return "never"

    assert run(story()) is True


def test_nothing_to_ask_about_is_no_question() -> None:
    says = opens()
    assert run(reviewer(says).allowed(JANE, [])) == frozenset()
    assert says.asked == []


def test_no_is_found_once_and_remembered_for_its_time() -> None:
    says, clock = opens(), Clock()

    async def story() -> list[int]:
        access, counts = reviewer(says, clock), []
        for at in (0.0, DENIED_SECONDS - 1, DENIED_SECONDS + 1):
            clock.now = at
            assert await anywhere(access, JANE, MANY[:50]) is False
            counts.append(len(says.asked))
        return counts

    assert run(story()) == [51, 51, 102]


def test_a_namespace_that_was_open_on_the_way_is_not_searched_for_again() -> None:
    says = opens(("jane", "a"))

    async def story() -> bool | str:
        access = reviewer(says)
        await access.allowed(JANE, ["a"])
        says.asked.clear()
        return await anywhere(access, JANE)

    assert run(story()) is True
    assert says.asked == []
