"""A collection of the API server's, kept up to date: a list page by page, then watches, and again from the start.

How old what is known can be: ``STALE_SECONDS`` after the last word of the API server (a whole list, an event, a
bookmark, a watch that ended properly) everything counts as unknown, whether a connection still hangs there or not.
Where nothing happens, a watch ends by itself after ``WATCH_SECONDS``, which is a word: two of them fit, so that one may
be lost on the way. A watch that hangs is given up five seconds after it should have ended, and all is listed anew.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from kubesieve.faults import OwnFault
from kubesieve.tenancy.api_server import ApiStatus, refused_to_us

T = TypeVar("T")

WATCH_SECONDS = 25
STALE_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LIVED_SECONDS = 5.0
"""A watch that lived for so long needs no pause after it; after one that brought something new pauses do not grow."""
MOST_PAGES, MOST_TRIES, MOST_MARK = 200, 3, 4096
GONE = 410


class Listing(Protocol):
    """Who lists and watches, as an API server does."""

    async def get(self, path: str, **query: str) -> dict[str, Any]: ...

    def watch(self, path: str, seconds: int, **query: str) -> AsyncGenerator[dict[str, Any], None]: ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What is kept: its plural, as in rights and reason codes, where it is listed, and how an object of it is read:
    None where it cannot be, and then it is not known. A page has to be small enough whatever stands in the objects.
    """

    plural: str
    path: str
    read: Callable[[dict[str, Any]], T | None]
    page: int = 500


class Live(Generic[T]):
    """``run`` until cancelled; ``known()`` is what stands now, by name. ``report`` takes sentences for the operator,
    ``changed`` is called after each change with the name of what changed, None where it may be anything.
    """

    def __init__(
        self,
        kind: Kind[T],
        api: Listing,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._kind, self._api, self._report, self._clock, self._changed = kind, api, report, clock, changed
        self._known: dict[str, T] = {}
        self._heard = float("-inf")
        self._failing = False

    def known(self) -> Mapping[str, T]:
        """Raises OwnFault (503) where nothing was heard of them, or not for a minute."""
        if self._clock() - self._heard > STALE_SECONDS:
            raise self._unknown(
                f"the cluster's {self._kind.plural} from the API server; got none yet, or none for a minute: "
                f"our account needs list and watch on {self._kind.plural}"
            )
        return self._known

    async def listed(self) -> frozenset[str]:
        """The names of all, asked for now. Raises OwnFault (503)."""
        try:
            await self._list()
        except ApiStatus as answered:
            plural = self._kind.plural
            raise refused_to_us(f"a list of {plural}", answered, f"list on {plural}") from None
        return frozenset(self._known)

    async def run(self) -> None:
        pause, version = FIRST_PAUSE, ""
        while True:
            began, before = self._clock(), version
            version = await self._round(before)
            lived = version and self._clock() - began >= LIVED_SECONDS
            if lived or (before and version not in ("", before)):
                pause = FIRST_PAUSE
            if lived:
                continue
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause, no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _round(self, version: str) -> str:
        """A list where there is no version to go on from, and a watch. The version to go on from, "" without one."""
        try:
            version = version or await self._list()
            version = await self._follow(version) if version else ""
        except ApiStatus as answered:
            plural = self._kind.plural
            self._fails(f"status {answered.status} (our account needs list and watch on {plural})")
        except OwnFault as fault:
            self._fails(fault.sentence)
        except Exception as error:  # whatever it is, others wait for what is kept here
            self._fails(f"an error of ours, {type(error).__name__}")
        else:
            self._failing = self._failing and not version
            return version
        return ""

    def _fails(self, words: str) -> None:
        if not self._failing:
            self._report(f"{self._kind.plural} cannot be watched: {words}; trying again")
        self._failing = True

    async def _list(self) -> str:
        """Everything anew; the version to watch from. What is too old between two pages begins anew."""
        for _ in range(MOST_TRIES):
            try:
                found, version = await self._pages()
            except ApiStatus as answered:
                if answered.status != GONE:
                    raise
            else:
                self._known, self._heard = found, self._clock()
                self._changed(None)
                return version
        raise self._unknown("a whole list; got one that was too old before its end, again and again")

    async def _pages(self) -> tuple[dict[str, T], str]:
        found: dict[str, T] = {}
        mark, version = "", ""
        for _ in range(MOST_PAGES):
            query = {"limit": str(self._kind.page), **({"continue": mark} if mark else {})}
            answer = await self._api.get(self._kind.path, **query)
            items, metadata = answer.get("items"), answer.get("metadata")
            if not isinstance(items, list | None) or not isinstance(metadata, dict):
                raise self._unknown(f"a list of {self._kind.plural}; got something else")
            found.update((name, value) for name, value in map(self._read, items or ()) if name and value is not None)
            version = version or _text(metadata.get("resourceVersion"))
            mark = self._mark(metadata)
            if not mark:
                return found, version
        raise self._unknown(f"a list of at most {MOST_PAGES} pages; got more")

    def _mark(self, metadata: dict[str, Any]) -> str:
        """Where the next page begins, "" on the last."""
        mark = metadata.get("continue", "")
        if not isinstance(mark, str) or len(mark) > MOST_MARK:
            raise self._unknown("a mark of the next page; got something else")
        return mark

    async def _follow(self, version: str) -> str:
        """One watch. The version to go on from, "" where it has to be listed again (410: too old)."""
        query = {"resourceVersion": version, "allowWatchBookmarks": "true"}
        try:
            async with aclosing(self._api.watch(self._kind.path, WATCH_SECONDS, **query)) as events:
                async for event in events:
                    if event.get("type") == "ERROR":
                        return ""
                    self._heard = self._clock()
                    version = self._take(event) or version
        except ApiStatus as answered:
            if answered.status != GONE:
                raise
            return ""
        self._heard = self._clock()
        return version

    def _take(self, event: dict[str, Any]) -> str:
        """The version after an event, "" where it says none."""
        kind, item = event.get("type"), event.get("object")
        name, value = self._read(item)
        if name and kind in ("ADDED", "MODIFIED", "DELETED"):
            self._known.pop(name, None)
            if kind != "DELETED" and value is not None:
                self._known[name] = value
            self._changed(name)
        return _text(_metadata(item).get("resourceVersion"))

    def _read(self, item: Any) -> tuple[str, T | None]:
        """An object's name, "" where it has none, and what is made of it."""
        name = _text(_metadata(item).get("name"))
        return name, self._kind.read(item) if name else None

    def _unknown(self, expected: str) -> OwnFault:
        return OwnFault(f"{self._kind.plural}-unknown", f"expected {expected}", status=503)


def _metadata(item: Any) -> dict[str, Any]:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
