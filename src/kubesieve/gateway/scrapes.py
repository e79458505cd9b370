"""Shared scrapes of one kubelet: one fetch for all who ask the same and may share it, while it is fresh."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from kubesieve.exposition import Partition
from kubesieve.faults import OwnFault
from kubesieve.gateway.answers import Answer
from kubesieve.kubelet.podlist import PodList
from kubesieve.kubelet.summary import Summary
from kubesieve.sieve import Scanned
from kubesieve.sieve.naming import Learnt

MOST_RUNNING = 256
"""Scrapes of one kubelet that run or are remembered: one that is slow fills its own places, not those of others."""
MOST_BYTES = 512 * 1024 * 1024
"""Of all kubelets' bodies that are remembered, and of the answers made of them."""

Key = tuple[str, bool, str]
"""Endpoint name, whether the parameter goes up, who may share it: all, or a digest of the token shown."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """A kubelet's answer, whole and read; what was made of it so far, by whether it is compressed and what was decided;
    and what a pod list told of virtual clusters, once. ``unmeasured``: the kubelet says that it could not measure.
    """

    content_type: str
    scanned: Scanned
    size: int
    namespaces: frozenset[str] = frozenset()
    unmeasured: bool = False
    made: dict[Hashable, asyncio.Task[Answer]] = field(default_factory=dict, compare=False)
    learnt: list[asyncio.Task[Learnt]] = field(default_factory=list, compare=False)
    number: int = field(default_factory=partial(next, count(1)))


def namespaces_of(scanned: Scanned) -> frozenset[str]:
    """Those with anything in a body that was read."""
    match scanned:
        case Partition():
            return frozenset(name.decode() for name in scanned.namespaces())
        case PodList():
            return frozenset(item.namespace for item in scanned.items)
        case Summary():
            return frozenset(item.namespace for item in scanned.pods)
        case _:
            return frozenset()


class TokenDigest:
    """A keyed digest stands for a token in memory and in records; the key lives as long as the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, authorization: str) -> str:
        return hmac.new(self._key, authorization.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()


class Held:
    """The bytes of all that is remembered, whatever node it is of: beyond ``most`` the oldest is forgotten first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self.bytes = most, 0
        self._scrapes: dict[int, tuple[int, Callable[[], None]]] = {}

    def add(self, number: int, size: int, forget: Callable[[], None]) -> None:
        """A scrape is remembered. ``forget`` is called where there is no place for it any more, and calls ``drop``."""
        self.drop(number)
        self._scrapes[number] = 0, forget
        self.grew(number, size)

    def grew(self, number: int, size: int) -> None:
        """So much more was made of it."""
        if number in self._scrapes:
            before, forget = self._scrapes[number]
            self._scrapes[number] = before + size, forget
            self.bytes += size
        while self.bytes > self._most:
            next(iter(self._scrapes.values()))[1]()

    def drop(self, number: int) -> None:
        self.bytes -= self._scrapes.pop(number, (0, None))[0]


@dataclass(frozen=True, slots=True)
class _Entry:
    task: asyncio.Task[Scrape]
    started: float


class SharedScrapes:
    """Single flight and a short memory. What is given out began less than ``seconds`` before it was asked for; with 0
    nothing is shared. One fetch begins when the one before has ended: nothing older comes behind something newer.
    Faults, and scrapes that the kubelet itself calls failed, are kept for ``fault_seconds`` at most: not at all where a
    kubelet judges each caller's token.
    """

    def __init__(self, seconds: float, fault_seconds: float = 0.0, held: Held | None = None) -> None:
        self._seconds, self._fault_seconds, self.held = seconds, fault_seconds, held or Held()
        self._entries: dict[Key, _Entry] = {}

    async def get(self, key: Key, fetch: Callable[[], Awaitable[Scrape]]) -> tuple[Scrape, bool]:
        """The fresh scrape for the key, and whether it was another's. Raises what the fetch raises.

        A caller that goes away does not take the fetch along: others may be waiting for it.
        """
        while True:
            now, entry = asyncio.get_running_loop().time(), self._entries.get(key)
            if entry is not None and now - entry.started < self._seconds:
                return await asyncio.shield(entry.task), True
            if entry is None or entry.task.done() or not self._seconds:
                return await asyncio.shield(self._start(key, fetch, now).task), False
            await asyncio.wait({entry.task})

    def _start(self, key: Key, fetch: Callable[[], Awaitable[Scrape]], now: float) -> _Entry:
        if len(self._entries) >= MOST_RUNNING:
            self._make_room()
        entry = _Entry(asyncio.ensure_future(_run(fetch)), now)
        self._entries[key] = entry
        entry.task.add_done_callback(lambda task: self._settled(key, entry, task))
        return entry

    def _make_room(self) -> None:
        """Forgets the oldest scrape that is done: what is remembered must not stand in the way of what is asked."""
        done = next((key for key, entry in self._entries.items() if entry.task.done()), None)
        if done is None:
            raise OwnFault("too-busy", f"expected at most {MOST_RUNNING} different scrapes at once", status=503)
        self._forget(done, self._entries[done])

    def _settled(self, key: Key, entry: _Entry, task: asyncio.Task[Scrape]) -> None:
        failed = task.cancelled() or task.exception() is not None
        poor = failed or task.result().unmeasured
        loop = asyncio.get_running_loop()
        left = entry.started + self._seconds - loop.time()
        if poor:
            left = 0.0 if task.cancelled() else min(left, self._fault_seconds)
        if left <= 0 or self._entries.get(key) is not entry:
            self._forget(key, entry)
            return
        loop.call_later(left, self._forget, key, entry)
        if not failed:
            scrape = task.result()
            self.held.add(scrape.number, scrape.size, lambda: self._forget(key, entry))

    def _forget(self, key: Key, entry: _Entry) -> None:
        if self._entries.get(key) is entry:
            del self._entries[key]
        if entry.task.done() and not entry.task.cancelled() and entry.task.exception() is None:
            self.held.drop(entry.task.result().number)

    def forget_all(self) -> None:
        """Nothing that is here now is given out any more."""
        for key, entry in list(self._entries.items()):
            self._forget(key, entry)


async def _run(fetch: Callable[[], Awaitable[Scrape]]) -> Scrape:
    return await fetch()
