"""Shared scrapes: one fetch for all who ask the same with the same token, while it is fresh."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kubesieve.faults import OwnFault
from kubesieve.sieve import Scanned

MOST_ENTRIES = 256

Key = tuple[str, bool, str]
"""Endpoint name, whether the parameter goes up, digest of the token."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """A kubelet's answer, whole and read."""

    content_type: str
    scanned: Scanned
    size: int


class TokenDigest:
    """A keyed digest stands for a token in memory and in records; the key lives as long as the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, authorization: str) -> str:
        return hmac.new(self._key, authorization.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class _Entry:
    task: asyncio.Task[Scrape]
    started: float


class SharedScrapes:
    """Single flight and a short memory. What is given out began less than ``seconds`` ago; faults are not kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: dict[Key, _Entry] = {}
        self.hits = 0

    async def get(self, key: Key, fetch: Callable[[], Awaitable[Scrape]]) -> Scrape:
        """The fresh scrape for the key, fetching it where there is none. Raises what the fetch raises.

        A caller that goes away does not take the fetch along: others may be waiting for it.
        """
        now = asyncio.get_running_loop().time()
        entry = self._entries.get(key)
        if entry is None or now - entry.started >= self._seconds:
            entry = self._start(key, fetch, now)
        else:
            self.hits += 1
        return await asyncio.shield(entry.task)

    def _start(self, key: Key, fetch: Callable[[], Awaitable[Scrape]], now: float) -> _Entry:
        if len(self._entries) >= MOST_ENTRIES and key not in self._entries:
            raise OwnFault("too-busy", f"expected at most {MOST_ENTRIES} different scrapes at once", status=503)
        entry = _Entry(asyncio.ensure_future(_run(fetch)), now)
        self._entries[key] = entry
        entry.task.add_done_callback(lambda task: self._settled(key, entry, task))
        return entry

    def _settled(self, key: Key, entry: _Entry, task: asyncio.Task[Scrape]) -> None:
        failed = task.cancelled() or task.exception() is not None
        loop = asyncio.get_running_loop()
        left = entry.started + self._seconds - loop.time()
        if failed or left <= 0:
            self._forget(key, entry)
        else:
            loop.call_later(left, self._forget, key, entry)

    def _forget(self, key: Key, entry: _Entry) -> None:
        if self._entries.get(key) is entry:
            del self._entries[key]


async def _run(fetch: Callable[[], Awaitable[Scrape]]) -> Scrape:
    return await fetch()
