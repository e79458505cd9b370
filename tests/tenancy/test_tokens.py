"""Tokens: who stands behind them, how long that is believed, and what a flood of bad ones costs."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import pytest

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.tenancy.api_server import ApiStatus
from kubesieve.tenancy.tokens import (
    EACH,
    KNOWN_SECONDS,
    LEAST_KNOWN_SECONDS,
    MOST_EXTRA,
    REFUSED_SECONDS,
    TokenReviewer,
    read_review,
)
from kubesieve.tenancy.values import Caller
from tests.tenancy.answers import Clock, Says, run

YES = {"status": {"authenticated": True, "user": {"username": "jane", "uid": "7", "groups": ["dev"]}}}
NO = {"status": {"user": {}, "error": "invalid bearer token"}}
JANE = Caller("jane", frozenset({"dev"}), "7")
WITH_EXTRA = Caller("jane", extra=(("a", ()), ("scopes", ("b", "a"))))


def said(**more: Any) -> dict[str, Any]:
    """A review that says jane, and so much more."""
    return {"status": {"authenticated": True, "user": {"username": "jane", **more}}}


def reviewer(says: Says, clock: Clock | None = None, audiences: tuple[str, ...] = ()) -> TokenReviewer:
    return TokenReviewer(says, audiences, lambda text: f"digest of {hash(text)}", clock or Clock())


def always(answer: dict[str, Any]) -> Says:
    return Says(lambda *_: answer)


async def outcome(one: TokenReviewer, token: str = "t", peer: str = "p") -> Caller | str:
    try:
        return await one.caller(f"Bearer {token}", peer)
    except Fault as fault:
        return fault.reason


@pytest.mark.parametrize(
    ("answer", "audiences", "caller"),
    [
        pytest.param(YES, (), JANE, id="known"),
        pytest.param(NO, (), None, id="unknown"),
        pytest.param({"status": {"authenticated": "true", "user": {"username": "jane"}}}, (), None, id="yes as a text"),
        pytest.param({"status": {"authenticated": True, "user": {"username": ""}}}, (), None, id="nobody"),
        pytest.param({"status": {"authenticated": True}}, (), None, id="no user"),
        pytest.param({"status": None}, (), None, id="no status"),
        pytest.param({}, (), None, id="nothing"),
        pytest.param(YES, ("kubesieve",), None, id="an audience was asked for, and none named"),
        pytest.param({"status": {**YES["status"], "audiences": ["api"]}}, ("kubesieve",), None, id="another audience"),
        pytest.param({"status": {**YES["status"], "audiences": ["api", "b"]}}, ("b", "c"), JANE, id="one of two"),
        pytest.param(said(groups=[1]), (), None, id="odd groups"),
        pytest.param(said(extra={"scopes": ["b", "a"], "a": []}), (), WITH_EXTRA, id="what else is known"),
        pytest.param(said(extra={"scopes": "read"}), (), None, id="odd extra: no list"),
        pytest.param(said(extra={"scopes": [1]}), (), None, id="odd extra: no texts"),
        pytest.param(said(extra=[]), (), Caller("jane"), id="no extra"),
        pytest.param(said(extra=["a"]), (), None, id="odd extra: no table"),
        pytest.param(said(extra={"a": ["x" * MOST_EXTRA]}), (), None, id="far too much extra"),
        pytest.param(
            {"status": {**YES["status"], "audiences": [{}, ["b"], None]}}, ("b",), None, id="audiences that are none"
        ),
    ],
)
def test_an_answer_that_does_not_say_yes_says_no(
    answer: dict[str, Any], audiences: tuple[str, ...], caller: Caller | None
) -> None:
    found = read_review(answer, audiences)
    assert found == caller if caller else isinstance(found, str)


def test_the_audiences_are_asked_for_and_the_token_is_in_no_sentence() -> None:
    says = always(NO)
    with pytest.raises(CallerFault) as caught:
        run(reviewer(says, audiences=("kubesieve",)).caller("Bearer SECRET", "p"))
    assert says.asked[0]["spec"] == {"token": "SECRET", "audiences": ["kubesieve"]}
    assert caught.value.status == 401
    assert "SECRET" not in str(caught.value) + caught.value.sentence


def test_a_known_token_is_asked_for_once_in_its_time_and_a_revoked_one_stops_then() -> None:
    says, clock = always(YES), Clock()

    async def story() -> list[Caller | str]:
        one = reviewer(says, clock)
        found = [await outcome(one), await outcome(one)]
        says.answer = lambda *_: NO
        for at in (KNOWN_SECONDS - 1, KNOWN_SECONDS):
            clock.now = at
            found.append(await outcome(one))
        return found

    assert run(story()) == [JANE, JANE, JANE, "token-refused"]
    assert len(says.asked) == 2


def test_a_refusal_is_remembered_for_ten_seconds() -> None:
    says, clock = always(NO), Clock()

    async def story() -> list[Caller | str]:
        one = reviewer(says, clock)
        found = [await outcome(one)]
        says.answer = lambda *_: YES
        for at in (REFUSED_SECONDS - 1, REFUSED_SECONDS):
            clock.now = at
            found.append(await outcome(one))
        return found

    assert run(story()) == ["token-refused", "token-refused", JANE]


@pytest.mark.parametrize(
    ("ends_in", "good_for"),
    [
        pytest.param(20.0, 20.0, id="soon"),
        pytest.param(3600.0, KNOWN_SECONDS, id="late"),
        pytest.param(-3600.0, LEAST_KNOWN_SECONDS, id="an hour ago, by a clock that is ahead"),
        pytest.param(float("nan"), LEAST_KNOWN_SECONDS, id="at no time"),
    ],
)
def test_a_token_is_remembered_no_longer_than_it_lasts_but_for_some_seconds(ends_in: float, good_for: float) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + ends_in}).encode()).rstrip(b"=").decode()
    says, clock = always(YES), Clock()

    async def story() -> list[int]:
        one, counts = reviewer(says, clock), []
        for at in (0.0, good_for - 1, good_for + 1):
            clock.now = at
            await outcome(one, f"h.{claims}.s")
            counts.append(len(says.asked))
        return counts

    assert run(story()) == [1, 1, 2]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(OwnFault("api-server-unavailable", "x", status=503), "api-server-unavailable", id="away"),
        pytest.param(ApiStatus(403), "api-server-refused", id="our own account may not"),
        pytest.param(ApiStatus(500), "api-server-refused", id="an error"),
    ],
)
def test_where_the_api_server_does_not_say_nobody_is_let_in_and_nothing_remembered(
    error: Exception, reason: str
) -> None:
    def fails(*_: Any) -> dict[str, Any]:
        raise error

    says = Says(fails)

    async def story() -> list[Caller | str]:
        one = reviewer(says)
        found = [await outcome(one)]
        says.answer = lambda *_: YES
        return [*found, await outcome(one)]

    assert run(story()) == [reason, JANE]


def test_who_is_known_is_served_through_an_outage_for_a_minute_and_then_no_more() -> None:
    says, clock = always(YES), Clock()

    def fails(*_: Any) -> dict[str, Any]:
        raise OwnFault("api-server-unavailable", "x", status=503)

    async def story() -> list[Caller | str]:
        one = reviewer(says, clock)
        found = [await outcome(one)]
        says.answer = fails
        for at in (KNOWN_SECONDS - 1, KNOWN_SECONDS):
            clock.now = at
            found.append(await outcome(one))
        return found

    assert run(story()) == [JANE, JANE, "api-server-unavailable"]


def test_many_who_come_at_once_with_one_token_are_one_question() -> None:
    says = Says(lambda *_: YES, pause=0.05)

    async def story() -> list[Caller | str]:
        one = reviewer(says)
        return await asyncio.gather(*(outcome(one) for _ in range(50)))

    assert run(story()) == [JANE] * 50
    assert len(says.asked) == 1


def test_a_caller_that_goes_away_takes_no_question_along() -> None:
    says = Says(lambda *_: YES, pause=0.05)

    async def story() -> Caller | str:
        one = reviewer(says)
        first = asyncio.ensure_future(outcome(one))
        second = asyncio.ensure_future(outcome(one))
        await asyncio.sleep(0.01)
        first.cancel()
        return await second

    assert run(story()) == JANE


def test_a_flood_of_bad_tokens_is_held_back_and_drives_out_nobody() -> None:
    says = Says(lambda _, body: YES if body["spec"]["token"] == "good" else NO)

    async def story() -> tuple[list[Caller | str], Caller | str, Caller | str]:
        one = reviewer(says)
        await outcome(one, "good")
        flood = [await outcome(one, f"bad-{number}", "flooder") for number in range(1000)]
        return flood, await outcome(one, "good", "flooder"), await outcome(one, "new", "another")

    flood, good, another = run(story())
    assert flood.count("token-refused") == EACH.burst
    assert flood.count("too-many-new-tokens") == 1000 - EACH.burst
    assert (good, another) == (JANE, "token-refused")
    assert len(says.asked) == EACH.burst + 2


@pytest.mark.parametrize("given", ["Basic dXNlcg==", "Token x"])
def test_another_scheme_is_no_token(given: str) -> None:
    with pytest.raises(CallerFault) as caught:
        run(reviewer(always(YES)).caller(given, "p"))
    assert (caught.value.status, caught.value.reason) == (401, "token-malformed")
