"""Namespaces as they come and go: a list, a watch, and again when either ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from kubesieve.faults import OwnFault
from kubesieve.tenancy import live as keeping
from kubesieve.tenancy.api_server import ApiStatus
from kubesieve.tenancy.live import STALE_SECONDS
from kubesieve.tenancy.live_namespaces import LiveNamespaces
from tests.tenancy.answers import Clock, Says

AWAY = OwnFault("api-server-unavailable", "expected an answer; got none", status=503)


def namespace(name: str, version: str = "2", **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": version, "labels": labels}}


def listed(*items: dict[str, Any], version: str = "1") -> dict[str, Any]:
    return {"kind": "NamespaceList", "metadata": {"resourceVersion": version}, "items": list(items)}


def event(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": item}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE", 0.01)


def after(says: Says, clock: Clock | None = None, seconds: float = 0.15) -> tuple[LiveNamespaces, list[str]]:
    """What is known after a while, and what was said to the operator."""
    said: list[str] = []
    live = LiveNamespaces(says, said.append, clock or Clock())

    async def a_while() -> None:
        task = asyncio.ensure_future(live.run())
        await asyncio.sleep(seconds)
        task.cancel()

    asyncio.run(a_while())
    return live, said


def names(live: LiveNamespaces) -> Mapping[str, Mapping[str, str]]:
    return dict(live.labels())


def always(answer: dict[str, Any]) -> Says:
    return Says(lambda *_: answer)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], {"a": {"t": "1"}}, id="the list alone"),
        pytest.param([event("ADDED", namespace("b"))], {"a": {"t": "1"}, "b": {}}, id="one more"),
        pytest.param([event("MODIFIED", namespace("a", t="2"))], {"a": {"t": "2"}}, id="another label"),
        pytest.param([event("DELETED", namespace("a"))], {}, id="gone"),
        pytest.param([event("BOOKMARK", {"metadata": {"resourceVersion": "9"}})], {"a": {"t": "1"}}, id="a bookmark"),
        pytest.param([event("ADDED", {"metadata": {"name": 7}}), {}], {"a": {"t": "1"}}, id="what is no namespace"),
    ],
)
def test_events_change_what_is_known(events: list[Any], expected: dict[str, dict[str, str]]) -> None:
    says = always(listed(namespace("a", t="1")))
    says.watches = [events]
    live = LiveNamespaces(says, lambda _: None, Clock())

    async def one_round() -> None:
        version = await live._list()
        await live._follow(version)

    asyncio.run(one_round())
    assert names(live) == expected


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(ApiStatus(410), id="410"),
        pytest.param(event("ERROR", {"kind": "Status", "code": 410}), id="an event that says 410"),
    ],
)
def test_what_is_too_old_is_listed_again(end: Any) -> None:
    answers = iter([listed(namespace("a")), listed(namespace("b"), version="7")])
    says = Says(lambda *_: next(answers))
    says.watches = [[end]]
    live, said = after(says)
    assert set(names(live)) == {"b"}
    assert [one.get("resourceVersion") for one in says.asked if "watch" in one] == ["1", "7"]
    assert said == []


def test_a_watch_goes_on_where_the_last_one_ended() -> None:
    says = always(listed(namespace("a")))
    says.watches = [[event("ADDED", namespace("b", "5"))], [event("ADDED", namespace("c", "6"))]]
    live, _ = after(says)
    assert set(names(live)) == {"a", "b", "c"}
    assert [one["resourceVersion"] for one in says.asked if "watch" in one] == ["1", "5", "6"]


@pytest.mark.parametrize("error", [AWAY, ApiStatus(500), ApiStatus(403)], ids=["away", "500", "403"])
def test_an_outage_is_said_once_and_tried_again_with_pauses(error: Exception) -> None:
    answers = iter([error, error, error, listed(namespace("a"))])

    def answer(*_: Any) -> dict[str, Any]:
        found = next(answers, listed(namespace("a")))
        if isinstance(found, Exception):
            raise found
        return found

    live, said = after(Says(answer), seconds=0.4)
    assert set(names(live)) == {"a"}
    assert len(said) == 1


def test_nothing_is_known_before_the_first_list_and_nothing_after_a_minute_of_silence() -> None:
    clock = Clock()
    with pytest.raises(OwnFault) as caught:
        LiveNamespaces(always(listed()), lambda _: None, clock).labels()
    assert (caught.value.reason, caught.value.status) == ("namespaces-unknown", 503)
    says = always(listed(namespace("a")))
    says.watches = [[AWAY]]
    says.watches += [[AWAY]] * 50
    live, _ = after(says, clock)
    assert set(names(live)) == {"a"}
    clock.now = STALE_SECONDS + 1
    with pytest.raises(OwnFault):
        live.labels()
