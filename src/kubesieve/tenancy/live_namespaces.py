"""The cluster's namespaces with their labels, kept up to date: a list, then a watch, and again from the start."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from kubesieve.faults import OwnFault
from kubesieve.tenancy.api_server import ApiStatus, refused_to_us

PATH = "/api/v1/namespaces"
WATCH_SECONDS = 55
STALE_SECONDS = 60.0
"""Without word from the API server for so long, what is known of namespaces counts as unknown."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
_ENDED = "DELETED"


class Listing(Protocol):
    """Who lists and watches, as an API server does."""

    async def get(self, path: str, **query: str) -> dict[str, Any]: ...

    def watch(self, path: str, seconds: int, **query: str) -> AsyncIterator[dict[str, Any]]: ...


class LiveNamespaces:
    """``run`` until cancelled; ``labels()`` is what stands now. ``report`` takes a sentence for the operator."""

    def __init__(
        self,
        api: Listing,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        watch_seconds: int = WATCH_SECONDS,
    ) -> None:
        self._api, self._report, self._clock, self._watch_seconds = api, report, clock, watch_seconds
        self._labels: dict[str, dict[str, str]] = {}
        self._heard = float("-inf")
        self._watching = False

    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """Labels by namespace. Raises OwnFault (503) where nothing was heard of them, or not for long."""
        if not self._watching and self._clock() - self._heard > STALE_SECONDS:
            raise OwnFault(
                "namespaces-unknown",
                "expected the cluster's namespaces from the API server; got none yet, or none for a minute: "
                "our account needs list and watch on namespaces",
                status=503,
            )
        return self._labels

    async def listed(self) -> frozenset[str]:
        """All of them, asked for now. Raises OwnFault (503)."""
        try:
            await self._list()
        except ApiStatus as answered:
            raise refused_to_us("a list of namespaces", answered, "list on namespaces") from None
        return frozenset(self._labels)

    async def run(self) -> None:
        pause, failing = FIRST_PAUSE, False
        while True:
            try:
                version = await self._list()
                pause, failing = FIRST_PAUSE, False
                while version:
                    version = await self._follow(version)
            except (ApiStatus, OwnFault) as error:
                if not failing:
                    self._report(f"namespaces cannot be watched: {_words(error)}; trying again")
                failing = True
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause, no secret
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _list(self) -> str:
        """Everything anew; the version to watch from."""
        answer = await self._api.get(PATH)
        items, metadata = answer.get("items"), answer.get("metadata")
        if not isinstance(items, list | None) or not isinstance(metadata, dict):
            raise OwnFault("namespaces-unknown", "expected a list of namespaces; got something else", status=503)
        found = (_of(item) for item in items or [])
        self._labels = {one[0]: one[1] for one in found if one}
        self._heard = self._clock()
        return str(metadata.get("resourceVersion", ""))

    async def _follow(self, version: str) -> str:
        """One watch. The version to go on from, "" where it has to be listed again (410: too old)."""
        events = self._api.watch(PATH, self._watch_seconds, resourceVersion=version, allowWatchBookmarks="true")
        self._watching = True
        try:
            async for event in events:
                moved = self._take(event)
                if moved is None:
                    return ""
                version = moved or version
        except ApiStatus as answered:
            if answered.status != 410:
                raise
            return ""
        finally:
            self._watching, self._heard = False, self._clock()
        return version

    def _take(self, event: dict[str, Any]) -> str | None:
        """The version after an event, "" where it says none; None where it cannot be gone on from."""
        kind, item = event.get("type"), event.get("object")
        if kind == "ERROR" or not isinstance(item, dict):
            return None
        found = _of(item)
        if found and kind == _ENDED:
            self._labels.pop(found[0], None)
        elif found and kind in ("ADDED", "MODIFIED"):
            self._labels[found[0]] = found[1]
        metadata = item.get("metadata")
        return str(metadata.get("resourceVersion", "")) if isinstance(metadata, dict) else ""


def _of(item: Any) -> tuple[str, dict[str, str]] | None:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(name, str) or not name:
        return None
    labels = metadata.get("labels") or {}
    pairs = labels.items() if isinstance(labels, dict) else ()
    return name, {key: value for key, value in pairs if isinstance(value, str)}


def _words(error: Exception) -> str:
    return f"status {error.status}" if isinstance(error, ApiStatus) else str(getattr(error, "sentence", error))
