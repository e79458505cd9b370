"""The admin port: /-/healthy, /-/ready, /-/metrics. Never on the tenants' port."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response

from kubesieve.gateway.answers import SERVER

READY_SECONDS = 5.0
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Readiness:
    """Ready while ``ask`` tells of nothing that stands in the way."""

    def __init__(self, ask: Callable[[], Awaitable[str]]) -> None:
        self._ask = ask
        self._checked, self._problem = -READY_SECONDS, "not asked yet"
        self.stopping = False

    async def problem(self) -> str:
        """What stands in the way, or an empty text; asks at most once in five seconds."""
        if self.stopping:
            return "stopping"
        now = time.monotonic()
        if now - self._checked >= READY_SECONDS:
            self._checked = now
            self._problem = await self._ask()
        return self._problem


class AdminPort:
    """Handles requests on the port of whoever runs this."""

    def __init__(self, problem: Callable[[], Awaitable[str]], exposition: Callable[[], bytes]) -> None:
        """``problem`` says what stands in the way of being ready, or nothing; ``exposition`` gives our own metrics."""
        self._problem, self._exposition = problem, exposition

    async def handle(self, request: BaseRequest) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _text(405, "expected GET or HEAD\n")
        match request.raw_path.partition("?")[0]:
            case "/-/healthy":
                return _text(200, "ok\n")
            case "/-/ready":
                problem = await self._problem()
                return _text(503, problem + "\n") if problem else _text(200, "ready\n")
            case "/-/metrics":
                return Response(body=self._exposition(), headers={**SERVER, "Content-Type": METRICS_TYPE})
            case _:
                return _text(404, "expected /-/healthy, /-/ready or /-/metrics\n")

    def handle_broken(self, request: BaseRequest, status: int) -> Response:  # noqa: ARG002 - nothing of it is told
        return _text(400 if status < 500 else 500, "expected an HTTP/1.1 request within the bounds\n")


def _text(status: int, text: str) -> Response:
    return Response(status=status, text=text, headers=SERVER)
