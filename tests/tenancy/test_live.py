"""A live collection beside an API server that is odd, slow or silent: never hammered, never believed for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from kubesieve.faults import OwnFault
from kubesieve.tenancy import live
from kubesieve.tenancy.api_server import ApiStatus
from kubesieve.tenancy.live_namespaces import LiveNamespaces
from tests.tenancy.answers import Clock

AWAY = OwnFault("api-server-unavailable", "expected an answer; got none", status=503)
GOOD = {"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "a", "labels": {"t": "1"}}}]}
BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}


class Server:
    """Answers lists with ``lists`` (the last again and again), watches with ``watches``, then each with ``watch``."""

    def __init__(self, *lists: Any, watch: tuple[Any, ...] = ()) -> None:
        self.clock, self.lists, self.events = Clock(), list(lists), watch
        self.asked: list[dict[str, str]] = []
        self.watched: list[int] = []
        self.watches: list[tuple[Any, ...]] = []

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        self.asked.append(query)
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def watch(self, path: str, seconds: int, **query: str) -> AsyncGenerator[dict[str, Any], None]:
        self.watched.append(seconds)
        for event in self.watches.pop(0) if self.watches else self.events:
            if isinstance(event, Exception):
                raise event
            if callable(event):
                event()
                continue
            yield event

    def passes(self, seconds: float) -> Callable[[], None]:
        """An event of a watch that only takes time."""

        def later() -> None:
            self.clock.now += seconds

        return later


class Pauses:
    """Stands for asyncio.sleep: notes each pause and takes the clock along; stops the run after ``most``."""

    def __init__(self, server: Server, most: int = 8) -> None:
        self.server, self.most, self.taken = server, most, list[float]()

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.server.clock.now += seconds
        if len(self.taken) >= self.most:
            raise asyncio.CancelledError
        await real_sleep(0)


real_sleep = asyncio.sleep


def runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, most: int = 8
) -> tuple[LiveNamespaces, list[float], list[str]]:
    """What is known after so many pauses, how long they were, and what was said."""
    said: list[str] = []
    kept, pauses = LiveNamespaces(server, said.append, server.clock), Pauses(server, most)
    monkeypatch.setattr(asyncio, "sleep", pauses)

    async def whole() -> None:
        async with asyncio.timeout(5):
            await kept.run()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(whole())
    return kept, pauses.taken, said


ODD: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "a watch that ends at once": (GOOD, ()),
    "a watch that tells something and ends": (GOOD, (BOOKMARK,)),
    "too old, by status": (GOOD, (ApiStatus(410),)),
    "too old, by event": (GOOD, ({"type": "ERROR", "object": {"kind": "Status", "code": 410}},)),
    "may list and not watch": (GOOD, (ApiStatus(403),)),
    "a list without a version": ({**GOOD, "metadata": {}}, ()),
    "a list with a version that is no text": ({**GOOD, "metadata": {"resourceVersion": {}}}, ()),
    "a list that is none": ({"metadata": 7, "items": 7}, ()),
    "neither list nor watch": (AWAY, (AWAY,)),
    "an unforeseen error of ours": (ZeroDivisionError(), ()),
    "an unforeseen error in a watch": (GOOD, (RecursionError(),)),
}


@pytest.mark.parametrize(("answer", "watch"), ODD.values(), ids=ODD)
def test_every_round_that_was_short_is_followed_by_a_pause_that_grows(
    answer: Any, watch: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(answer, watch=watch)
    _, pauses, _ = runs(server, monkeypatch)
    assert len(server.asked) + len(server.watched) <= 2 * len(pauses)
    assert pauses[-1] > 8
    assert max(pauses) <= 30


def test_a_watch_that_lived_for_a_while_is_followed_by_the_next_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(GOOD)
    server.watches = [(server.passes(25.0),)] * 5
    _, pauses, said = runs(server, monkeypatch, most=1)
    assert len(server.watched) == 6, "five that lived, one that ended at once"
    assert len(server.asked) == 1
    assert pauses[0] <= 0.5
    assert said == []


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("secret"), TypeError(), RecursionError()], ids=lambda one: type(one).__name__
)
def test_an_unforeseen_error_is_said_and_the_run_goes_on(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(error, error, GOOD, watch=(lambda: None,))
    kept, _, said = runs(server, monkeypatch)
    assert set(kept.labels()) == {"a"}
    assert len(said) == 1
    assert type(error).__name__ in said[0]
    assert "secret" not in said[0]


SILENT = [
    # what the first watch does (a number: seconds without a word); then when the namespaces are asked for; believed?
    pytest.param((AWAY,), 59.0, True, id="a minute after the list is not yet over"),
    pytest.param((AWAY,), 61.0, False, id="a minute after the list"),
    pytest.param((29.0, BOOKMARK, 1.0, AWAY), 88.0, True, id="a minute after a bookmark is not yet over"),
    pytest.param((29.0, BOOKMARK, 1.0, AWAY), 90.0, False, id="a minute after a bookmark"),
    pytest.param((29.0, AWAY), 59.0, True, id="a watch that broke off, and the list's minute"),
    pytest.param((29.0, AWAY), 61.0, False, id="a watch that broke off is no word"),
    pytest.param((29.0,), 88.0, True, id="a watch that ended properly is a word"),
    pytest.param((29.0,), 90.0, False, id="a minute after a watch that ended"),
]


@pytest.mark.parametrize(("watch", "at", "believed"), SILENT)
def test_what_is_known_is_unknown_a_minute_after_the_last_word(
    watch: tuple[Any, ...], at: float, believed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(GOOD, AWAY)
    server.watches = [tuple(server.passes(one) if isinstance(one, float) else one for one in watch)]
    server.events = (AWAY,)
    kept, _, _ = runs(server, monkeypatch, most=1)
    server.clock.now = at
    if believed:
        assert set(kept.labels()) == {"a"}
        return
    with pytest.raises(OwnFault) as caught:
        kept.labels()
    assert (caught.value.reason, caught.value.status) == ("namespaces-unknown", 503)


def test_an_open_watch_that_says_nothing_is_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(GOOD)
    believed: list[bool] = []

    def look() -> None:
        try:
            kept.labels()
        except OwnFault:
            believed.append(False)
        else:
            believed.append(True)

    server.events = (server.passes(59), look, server.passes(2), look)
    kept = LiveNamespaces(server, lambda _: None, server.clock)
    server.watches, server.events = [server.events], (AWAY,)
    monkeypatch.setattr(asyncio, "sleep", Pauses(server, 1))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(kept.run())
    assert believed == [True, False]


def test_pages_of_a_list_that_is_never_whole_are_no_word() -> None:
    first_page = {**GOOD, "metadata": {"resourceVersion": "2", "continue": "more"}}
    server = Server(GOOD, first_page, AWAY, first_page, AWAY)
    namespaces = LiveNamespaces(server, lambda _: None, server.clock)

    async def story() -> None:
        await namespaces.listed()
        for _ in range(2):
            server.clock.now += 50.0
            with pytest.raises(OwnFault):
                await namespaces.listed()

    asyncio.run(story())
    with pytest.raises(OwnFault):
        namespaces.labels()


def test_a_watch_is_asked_to_end_early_enough_that_a_cluster_where_nothing_happens_is_never_unknown() -> None:
    """Twice its length, and what a slow answer takes, is within the minute: one watch may be lost on the way."""
    assert live.WATCH_SECONDS * 2 <= live.STALE_SECONDS


def page(*names: str, more: str = "", version: str = "5") -> dict[str, Any]:
    return {
        "metadata": {"resourceVersion": version, **({"continue": more} if more else {})},
        "items": [{"metadata": {"name": name}} for name in names],
    }


PAGES = [
    pytest.param([page("a", more="x"), page("b", more="y"), page("c")], {"a", "b", "c"}, ["", "x", "y"], id="three"),
    pytest.param(
        [page("a", more="x"), ApiStatus(410), page("b", more="z"), page("c")],
        {"b", "c"},
        ["", "x", "", "z"],
        id="too old in the middle: from the start, nothing of the first try stays",
    ),
]


@pytest.mark.parametrize(("pages", "known", "asked"), PAGES)
def test_a_list_is_read_page_by_page(pages: list[Any], known: set[str], asked: list[str]) -> None:
    server = Server(*pages)
    assert asyncio.run(LiveNamespaces(server, lambda _: None, server.clock).listed()) == known
    assert [one.get("continue", "") for one in server.asked] == asked
    assert {one["limit"] for one in server.asked} == {"500"}


ENDLESS = [
    pytest.param([page("a", more="x")], id="pages without end"),
    pytest.param([page("a", more="x"), ApiStatus(410)], id="too old again and again"),
    pytest.param([page("a", more="x" * 10_000)], id="a mark beyond the bounds"),
    pytest.param([{**page("a"), "metadata": {"resourceVersion": "1", "continue": {}}}], id="a mark that is no text"),
]


@pytest.mark.parametrize("pages", ENDLESS)
def test_a_list_that_does_not_end_is_no_list(pages: list[Any]) -> None:
    server = Server(*pages, *pages[-1:])
    with pytest.raises(OwnFault) as caught:
        asyncio.run(LiveNamespaces(server, lambda _: None, server.clock).listed())
    assert caught.value.status == 503
    assert len(server.asked) <= live.MOST_PAGES


ODD_LABELS = (7, "x", ["x"], {"t": 7}, {"t": None}, {"t": {}})
NO_NAMESPACES: list[Any] = [
    *(None, 7, "a", [], [[]], {}, {"metadata": None}, {"metadata": []}, {"metadata": {"name": None}}),
    *({"metadata": {"name": "b", "labels": odd}} for odd in ODD_LABELS),
]


@pytest.mark.parametrize("item", NO_NAMESPACES, ids=repr)
def test_what_is_no_namespace_is_not_known_as_one(item: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that cannot be read are not "no labels": a selector could ask for a label's absence."""
    answer = {**GOOD, "items": [*GOOD["items"], item, {"metadata": {"name": "b"}}]}
    events = tuple({"type": kind, "object": item} for kind in ("ADDED", "MODIFIED", "DELETED", ["ADDED"], None))
    kept, _, _ = runs(Server(answer, watch=events), monkeypatch, most=1)
    assert set(kept.labels()) - {"b"} == {"a"}
    labelled = isinstance(item, dict) and isinstance(item.get("metadata"), dict) and "labels" in item["metadata"]
    assert ("b" in kept.labels()) != labelled
