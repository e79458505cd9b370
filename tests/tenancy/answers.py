"""An API server that says what a test wants it to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Says:
    """``create`` and ``get`` answer with ``answer(path, body)``, which may raise; all that was asked is kept."""

    def __init__(self, answer: Callable[[str, dict[str, Any]], dict[str, Any]], pause: float = 0.0) -> None:
        self.answer, self.pause = answer, pause
        self.asked: list[dict[str, Any]] = []
        self.watches: list[list[Any]] = []

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        await asyncio.sleep(self.pause)
        return self.answer(path, body)

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        self.asked.append({"path": path, **query})
        return self.answer(path, {})

    async def watch(self, path: str, seconds: int, **query: str) -> AsyncGenerator[dict[str, Any], None]:
        """The next of ``watches``: events, or what is raised; then it stays open."""
        self.asked.append({"path": path, "watch": "1", **query})
        if not self.watches:
            await asyncio.sleep(3600)
        for event in self.watches.pop(0):
            if isinstance(event, BaseException):
                raise event
            yield event


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(work: Awaitable[T]) -> T:
    """On an event loop of its own."""

    async def whole() -> T:
        return await work

    return asyncio.run(whole())
