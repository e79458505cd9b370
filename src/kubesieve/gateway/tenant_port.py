"""The tenants' port: aiohttp's requests in, answers out in pieces, one access record each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import HttpVersion10, HttpVersion11
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.gateway.answers import SERVER, Answer, refusal
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.listener import Connection, plain_address
from kubesieve.gateway.log_streams import LogStream
from kubesieve.gateway.node_paths import names
from kubesieve.gateway.parts import Parts
from kubesieve.gateway.pipeline import Pipeline
from kubesieve.gateway.routes import METHODS, Asked, same_token
from kubesieve.gateway.tls import Believes

VERSIONS = (HttpVersion10, HttpVersion11)
PIECE_BYTES = 128 * 1024
CREDENTIAL_CHARACTERS = 12


class TenantPort:
    """Handles requests on the port that tenants reach."""

    def __init__(
        self, pipeline: Pipeline, parts: Parts, journal: Journal, answer_seconds: float, believes: Believes
    ) -> None:
        self._pipeline, self._parts, self._journal = pipeline, parts, journal
        self._answer_seconds, self._believes = answer_seconds, believes

    async def handle(self, request: BaseRequest) -> StreamResponse:
        if request.version not in VERSIONS:
            return self.handle_broken(request, 400)
        started, asked = time.monotonic(), self._asked(request)
        answer, whole = refusal(OwnFault("stopping", "stopped before there was an answer", status=503)), False
        try:
            async with self._pipeline.answering(asked) as answer:
                if answer.stream is not None:
                    response = await self._send_log(request, answer, answer.stream)
                else:
                    response = await self._send(request, answer, close=answer.status == 400 or asked.outdated)
                whole = True
        finally:
            self._record(asked, answer, time.monotonic() - started, whole)
        return response

    def handle_broken(self, request: BaseRequest, status: int) -> Response:
        """What is no HTTP, or an error while answering: a short text and a record, nothing of the request."""
        fault: Fault = OwnFault("internal", "an error of ours")
        if status < 500:
            fault = CallerFault("not-http", "expected an HTTP/1.1 request within the bounds; got another", status=400)
        answer = refusal(fault)
        self._record(replace(self._asked(request), method="", target=""), answer, 0.0, True)
        return Response(status=answer.status, body=answer.body, headers=_headers(answer))

    async def _send(self, request: BaseRequest, answer: Answer, *, close: bool) -> StreamResponse:
        response = StreamResponse(status=answer.status, headers=_headers(answer))
        if close:
            response.force_close()
        try:
            async with asyncio.timeout(self._answer_seconds):
                await response.prepare(request)
                if request.method != "HEAD":
                    await _write(response, answer.body)
                    await response.write_eof()
        except TimeoutError:
            raise _cut(request) from None
        return response

    async def _send_log(self, request: BaseRequest, answer: Answer, stream: LogStream) -> StreamResponse:
        """In chunks, so that a log that was cut shows it (to HTTP/1.0 by a connection that breaks)."""
        protocol = request.protocol
        assert isinstance(protocol, Connection)  # noqa: S101 - the listener makes no others
        response = StreamResponse(status=answer.status, headers={**_headers(answer), "Cache-Control": "no-store"})
        del response.headers["Content-Length"]
        if request.version == HttpVersion11:
            response.enable_chunked_encoding()
        try:
            await response.prepare(request)
            async for piece in stream.until(protocol.lost):
                async with asyncio.timeout(min(self._answer_seconds, stream.left)):
                    await response.write(piece)
            await response.write_eof()
        except (Fault, TimeoutError):
            raise _cut(request) from None
        return response

    def _asked(self, request: BaseRequest) -> Asked:
        transport = request.transport
        certificate = transport.get_extra_info("peercert") if transport else None
        outdated = transport and certificate and not self._believes(transport.get_extra_info("ssl_object"))
        peer = plain_address(request.remote or "")
        return Asked(request.method, request.raw_path, request.headers, peer, certificate or None, bool(outdated))

    def _record(self, asked: Asked, answer: Answer, seconds: float, whole: bool) -> None:
        endpoint, node = names(asked.target, by_node=self._parts.kubelets.by_node)
        size = len(answer.body)
        if answer.stream is not None:
            size, answer = answer.stream.sent, replace(answer, reason=answer.stream.cut or answer.reason)
        sent_bytes = size if whole and asked.method != "HEAD" else 0
        self._parts.telemetry.answered(endpoint, answer, seconds, sent_bytes)
        given = asked.headers.get("Authorization")
        credential = answer.credential or (self._parts.digest.of(same_token(given)) if given else "")
        self._journal.record(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "peer": asked.peer,
                "credential": credential[:CREDENTIAL_CHARACTERS] or None,
                "method": asked.method if asked.method in METHODS else "other",
                "target": asked.target.partition("?")[0],
                "node": node,
                "endpoint": endpoint,
                "caller": answer.caller,
                "namespaces": ",".join(sorted(answer.namespaces)),
                "vclusters": ",".join(sorted(answer.vclusters)),
                "grant": answer.grant,
                "status": answer.status,
                "reason": answer.reason,
                "kept": answer.kept,
                "dropped": answer.dropped,
                "bytes": size,
                "sent": "whole" if whole else "no",
                "seconds": round(seconds, 6),
            }
        )


def _headers(answer: Answer) -> dict[str, str]:
    size = str(len(answer.body))
    return {**answer.headers, **SERVER, "Content-Type": answer.content_type, "Content-Length": size}


def _cut(request: BaseRequest) -> ConnectionError:
    if request.transport is not None:
        request.transport.abort()
    return ConnectionError("the client did not take its answer in time, or it could not be had to its end")


async def _write(response: StreamResponse, body: bytes) -> None:
    view = memoryview(body)
    for start in range(0, len(body), PIECE_BYTES):
        await response.write(view[start : start + PIECE_BYTES])
