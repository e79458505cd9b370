"""The tenants' port: aiohttp's requests in, answers out in pieces, one access record each."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.gateway.answers import SERVER, Answer, refusal
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.pipeline import Pipeline
from kubesieve.gateway.routes import METHODS, Asked, endpoint_name
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.gateway.telemetry import Telemetry

PIECE_BYTES = 64 * 1024
CREDENTIAL_CHARACTERS = 12


class TenantPort:
    """Handles requests on the port that tenants reach."""

    def __init__(
        self,
        pipeline: Pipeline,
        journal: Journal,
        telemetry: Telemetry,
        digest: TokenDigest,
        *,
        namespaces: frozenset[str],
        answer_seconds: float,
    ) -> None:
        self._pipeline, self._journal, self._telemetry, self._digest = pipeline, journal, telemetry, digest
        self._namespaces, self._answer_seconds = ",".join(sorted(namespaces)), answer_seconds

    async def handle(self, request: BaseRequest) -> StreamResponse:
        started = time.monotonic()
        asked = Asked(request.method, request.raw_path, request.headers, request.remote or "")
        answer = await self._pipeline.answer(asked)
        sent = "no"
        try:
            response = await self._send(request, answer)
            sent = "whole"
        finally:
            self._record(asked, answer, time.monotonic() - started, sent)
        return response

    def handle_broken(self, request: BaseRequest, status: int) -> Response:
        """What is no HTTP, or an error while answering: a short text and a record, nothing of the request."""
        fault: Fault = OwnFault("internal", "an error of ours")
        if status < 500:
            fault = CallerFault("not-http", "expected an HTTP/1.1 request within the bounds; got another", status=400)
        answer = refusal(fault)
        self._record(Asked("", "", request.headers, request.remote or ""), answer, 0.0, "whole")
        return Response(status=answer.status, body=answer.body, headers=_headers(answer))

    async def _send(self, request: BaseRequest, answer: Answer) -> StreamResponse:
        response = StreamResponse(status=answer.status, headers=_headers(answer))
        if answer.status == 400:
            response.force_close()
        try:
            async with asyncio.timeout(self._answer_seconds):
                await response.prepare(request)
                if request.method != "HEAD":
                    await _write(response, answer.body)
                    await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionError("the client did not take its answer in time") from None
        return response

    def _record(self, asked: Asked, answer: Answer, seconds: float, sent: str) -> None:
        endpoint = endpoint_name(asked.target)
        self._telemetry.answered(endpoint, answer, seconds)
        authorization = asked.headers.get("Authorization")
        credential = self._digest.of(authorization)[:CREDENTIAL_CHARACTERS] if authorization else None
        self._journal.record(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "peer": asked.peer,
                "credential": credential,
                "method": asked.method if asked.method in METHODS else "other",
                "target": asked.target.partition("?")[0],
                "endpoint": endpoint,
                "namespaces": self._namespaces,
                "status": answer.status,
                "reason": answer.reason,
                "kept": answer.kept,
                "dropped": answer.dropped,
                "bytes": len(answer.body),
                "sent": sent,
                "seconds": round(seconds, 6),
            }
        )


def _headers(answer: Answer) -> dict[str, str]:
    size = str(len(answer.body))
    return {**answer.headers, **SERVER, "Content-Type": answer.content_type, "Content-Length": size}


async def _write(response: StreamResponse, body: bytes) -> None:
    view = memoryview(body)
    for start in range(0, len(body), PIECE_BYTES):
        await response.write(view[start : start + PIECE_BYTES])
