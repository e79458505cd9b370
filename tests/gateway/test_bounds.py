"""What is counted and remembered is bounded, and given back."""

from __future__ import annotations

import asyncio
import io
import threading
from functools import partial

import pytest

from kubesieve.faults import CallerFault, OwnFault
from kubesieve.gateway import journal as journal_module
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.limits import Places, Slots
from kubesieve.gateway.scrapes import MOST_RUNNING, Held, Scrape, SharedScrapes, TokenDigest
from kubesieve.gateway.settings import Limits
from kubesieve.kubelet.podlist import PodList

SCRAPE = Scrape("application/json", PodList((), ()), 0)


async def _scrape() -> Scrape:
    return SCRAPE


async def test_scrapes_are_forgotten_after_their_time_so_that_tokens_do_not_pile_up() -> None:
    scrapes = SharedScrapes(0.05)
    for number in range(MOST_RUNNING):
        await scrapes.get(("pods", False, str(number)), _scrape)
    await asyncio.sleep(0.1)
    assert await scrapes.get(("pods", False, "one more"), _scrape) == (SCRAPE, False)
    assert len(scrapes._entries) == 1


async def test_what_is_remembered_never_stands_in_the_way_and_what_runs_is_bounded() -> None:
    scrapes, go = SharedScrapes(60.0), asyncio.Event()

    async def waiting() -> Scrape:
        await go.wait()
        return SCRAPE

    for number in range(MOST_RUNNING + 20):
        await scrapes.get(("pods", False, f"done {number}"), _scrape)
    assert len(scrapes._entries) == MOST_RUNNING
    running = [asyncio.create_task(scrapes.get(("pods", False, str(n)), waiting)) for n in range(MOST_RUNNING)]
    await asyncio.sleep(0)
    with pytest.raises(OwnFault, match="different scrapes at once"):
        await scrapes.get(("pods", False, "one more"), waiting)
    go.set()
    assert await asyncio.gather(*running) == [(SCRAPE, False)] * MOST_RUNNING


async def test_who_gives_up_waiting_does_not_end_the_scrape_of_the_others() -> None:
    scrapes, go, ended = SharedScrapes(60.0), asyncio.Event(), []

    async def waiting() -> Scrape:
        await go.wait()
        ended.append("whole")
        return SCRAPE

    first = asyncio.create_task(scrapes.get(("pods", False, "x"), waiting))
    second = asyncio.create_task(scrapes.get(("pods", False, "x"), waiting))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    assert (await second, ended) == ((SCRAPE, True), ["whole"])


def scrape_of(size: int) -> Scrape:
    return Scrape("application/json", PodList((), ()), size)


async def test_the_bytes_of_all_nodes_together_are_bounded_and_the_oldest_goes_first() -> None:
    held = Held(most=100)
    nodes = [SharedScrapes(60.0, held=held) for _ in range(3)]

    async def one(size: int) -> Scrape:
        return scrape_of(size)

    for node in nodes:
        await node.get(("pods", False, ""), partial(one, 40))
    await asyncio.sleep(0)
    assert ([len(node._entries) for node in nodes], held.bytes) == ([0, 1, 1], 80)
    scrape, shared = await nodes[2].get(("pods", False, ""), partial(one, 40))
    assert shared
    held.grew(scrape.number, 50)
    assert ([len(node._entries) for node in nodes], held.bytes) == ([0, 0, 1], 90)
    held.grew(scrape.number, 50)
    assert ([len(node._entries) for node in nodes], held.bytes) == ([0, 0, 0], 0)
    held.grew(scrape.number, 1000)
    assert held.bytes == 0, "what is remembered no more takes no place"


async def test_what_is_forgotten_gives_its_bytes_back() -> None:
    held = Held()
    brief, long = SharedScrapes(0.05, held=held), SharedScrapes(60.0, held=held)

    async def one() -> Scrape:
        return scrape_of(7)

    for scrapes in (brief, long):
        await scrapes.get(("pods", False, ""), one)
    await asyncio.sleep(0.1)
    assert held.bytes == 7
    long.forget_all()
    assert (held.bytes, long._entries) == (0, {})


async def test_what_is_forgotten_while_it_is_fetched_takes_no_bytes_when_it_comes() -> None:
    held, go = Held(), asyncio.Event()
    scrapes = SharedScrapes(60.0, held=held)

    async def slow() -> Scrape:
        await go.wait()
        return scrape_of(7)

    waiting = asyncio.create_task(scrapes.get(("pods", False, ""), slow))
    await asyncio.sleep(0)
    scrapes.forget_all()
    go.set()
    await waiting
    await asyncio.sleep(0)
    assert (held.bytes, scrapes._entries) == (0, {})


async def test_with_no_time_nothing_is_remembered() -> None:
    scrapes = SharedScrapes(0.0)
    for _ in range(3):
        await scrapes.get(("pods", False, "x"), _scrape)
    await asyncio.sleep(0)
    assert scrapes._entries == {}


async def test_one_who_comes_late_to_a_long_scrape_gets_a_fresh_one() -> None:
    """What is given out began less than the time to live ago, also while it is still coming in."""
    scrapes, started = SharedScrapes(0.05), 0

    async def slow() -> Scrape:
        nonlocal started
        started += 1
        await asyncio.sleep(0.2)
        return SCRAPE

    first = asyncio.create_task(scrapes.get(("pods", False, "x"), slow))
    await asyncio.sleep(0.1)
    await asyncio.gather(first, scrapes.get(("pods", False, "x"), slow))
    assert started == 2


async def test_no_fetch_begins_before_the_one_before_it_has_ended() -> None:
    """Else what began first, and is stamped last, could come before what began later."""
    scrapes, under_way, most = SharedScrapes(0.02), 0, 0

    async def slow() -> Scrape:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1
        return SCRAPE

    async def late(number: int) -> None:
        await asyncio.sleep(number * 0.015)
        await scrapes.get(("pods", False, "x"), slow)

    await asyncio.gather(*(late(number) for number in range(20)))
    assert most == 1


async def test_what_was_forgotten_while_it_was_fetched_holds_no_bytes() -> None:
    held = Held()
    scrapes, go = SharedScrapes(0.05, held=held), asyncio.Event()

    async def slow() -> Scrape:
        await go.wait()
        return SCRAPE

    waiting = [asyncio.create_task(scrapes.get(("pods", False, str(number)), slow)) for number in range(5)]
    await asyncio.sleep(0)
    scrapes.forget_all()
    go.set()
    await asyncio.gather(*waiting)
    await asyncio.sleep(0)
    assert (held.bytes, held._scrapes) == (0, {})


def test_places_are_given_back_also_after_an_error() -> None:
    places = Places(2, "requests")
    with pytest.raises(ValueError, match="x"), places.taken(("peer a", 1), ("token t", 1)):
        raise ValueError("x")
    assert (places.total, dict(places._by_caller)) == (0, {})


def test_each_bound_has_its_refusal() -> None:
    slots = Slots(Limits(requests=2, requests_per_peer=1, requests_per_token=1))
    with slots.taken("a", "s"), slots.taken("b", "t"):
        for peer, token, reason in (
            ("a", "u", "too-many-requests"),
            ("c", "t", "too-many-requests"),
            ("c", "u", "too-busy"),
        ):
            with pytest.raises((CallerFault, OwnFault)) as caught, slots.taken(peer, token):
                pass
            assert caught.value.reason == reason


def test_digests_tell_tokens_apart_and_nothing_else() -> None:
    one, other = TokenDigest(), TokenDigest()
    assert one.of("Bearer a") == one.of("Bearer a")
    assert one.of("Bearer a") != one.of("Bearer b")
    assert one.of("Bearer a") != other.of("Bearer a"), "keyed: no table of tokens finds it"


class Stuck(io.StringIO):
    """A stream whose reader has stopped reading."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def write(self, text: str) -> int:
        self.go.wait(10)
        return super().write(text)


def test_a_reader_who_stops_reading_holds_up_nobody_and_is_told_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MOST_WAITING", 10)
    records, sentences = Stuck(), io.StringIO()
    journal = Journal(records, sentences)
    for number in range(100):
        journal.record({"n": number})
    records.go.set()
    journal.stop()
    written = len(records.getvalue().splitlines())
    assert 10 <= written <= 12
    assert f"{100 - written} lines lost" in sentences.getvalue()


def test_a_closed_stream_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    journal = Journal(stream, stream)
    journal.record({"a": 1})
    journal.say("b")
    journal.stop()


def test_a_sentence_for_the_operator_is_one_line_without_control_characters() -> None:
    sentences = io.StringIO()
    journal = Journal(io.StringIO(), sentences)
    journal.say("a\nforged line\x1b[2J")
    journal.stop()
    assert sentences.getvalue() == "kubesieve: a\\nforged line\\x1b[2J\n"
