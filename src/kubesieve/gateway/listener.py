"""Connections: accepted within bounds, each with time limits from its first byte, handed to aiohttp's HTTP server.

aiohttp's own accepting knows no bound per client, and counts a connection only after its TLS handshake.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

from kubesieve.faults import OwnFault
from kubesieve.gateway.settings import EVERY_ADDRESS, Address, Limits

BACKLOG = 512
PAUSE_SECONDS = 0.1
ANSWERS_SHARE = 0.8
"""Of the time to stop: what answers may be worked on; the rest is for sending and for records."""

Handle = Callable[[BaseRequest], Awaitable[StreamResponse]]
HandleBroken = Callable[[BaseRequest, int], Response]
"""Answers what is no HTTP request, or an error of ours: the request as far as it goes, and the status."""


class Connection(RequestHandler):
    """aiohttp's protocol, with our answers to broken requests and nothing of a request in its logs."""

    def __init__(self, *args: Any, on_broken: HandleBroken, on_lost: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_broken, self._on_lost = on_broken, on_lost
        self.made = False
        self._tls = False
        self.ended = 0
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made = True
        self._tls = transport.get_extra_info("sslcontext") is not None
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.lost.set()
        self._on_lost()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client that has sent all it will (``nc -N``) still gets its answer; TLS knows no such half."""
        if self._tls or not self.answering:
            return None
        self.close()
        return True

    @property
    def answering(self) -> bool:
        """Whether a request has been read whose answer has not ended."""
        return self._request_count > self.ended

    @property
    def owes(self) -> bool:
        """Whether a client still has something to get here: an answer under way, or bytes the kernel has not taken."""
        return self.answering or _unsent(self.transport)

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way already")
        broken = isinstance(exc, HttpProcessingError)
        self.ended += broken  # an error while answering has been counted as that answer's end
        response = self._on_broken(request, status if broken else 500)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: errors are told by whoever knows what may be told."""


def plain_address(peer: str) -> str:
    """An IPv4 client of a socket for both families, as an IPv4 address."""
    return peer.removeprefix("::ffff:")


def _unsent(transport: asyncio.Transport | None) -> bool:
    """Of a TLS transport asyncio tells publicly what is not yet encrypted; what is waits in the socket's own below."""
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    return any(each is not None and each.get_write_buffer_size() > 0 for each in (transport, below))


class Listener:
    """One listening socket. ``open`` binds, ``start`` accepts, ``stop`` lets answers under way end."""

    def __init__(
        self,
        address: Address,
        handle: Handle,
        on_broken: HandleBroken,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address, self._limits, self._tls = address, limits, tls
        self._handle, self._on_broken = handle, on_broken
        self._by_peer: Counter[str] = Counter()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._answers: set[asyncio.Task[Any]] = set()
        self.connections = 0
        self.on_refused: Callable[[], None] = lambda: None

    def open(self) -> Address:
        """Binds and returns the address it got. Raises OwnFault where it cannot."""
        host = self._address.host
        if host == EVERY_ADDRESS and not socket.has_dualstack_ipv6():
            host = "0.0.0.0"  # noqa: S104 - what was asked for
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if host == EVERY_ADDRESS:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self._socket.bind((host, self._address.port))
            self._socket.listen(BACKLOG)
            self._socket.setblocking(False)
        except OSError as error:
            self._socket.close()
            raise OwnFault(
                "cannot-listen", f"expected to listen on {self._address}; got: {error.strerror or error}"
            ) from None
        return Address(host, self._socket.getsockname()[1])

    def start(self) -> None:
        self._server = Server(self._answer)
        self._accepting = asyncio.create_task(self._accept_all())

    async def stop(self) -> None:
        """Accepts no more, closes idle connections, gives answers under way their time, then closes the rest."""
        asyncio.get_running_loop().remove_reader(self._socket)  # asyncio's accept does not see that it was given up
        self._accepting.cancel()
        await asyncio.gather(self._accepting, return_exceptions=True)
        self._socket.close()
        for handshake in self._handshakes:
            handshake.cancel()
        owing = [
            protocol for protocol in self._server.connections if isinstance(protocol, Connection) and protocol.owes
        ]
        self._server.pre_shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.stop_seconds):
                await self._end_answers(self._limits.stop_seconds * ANSWERS_SHARE)
                await self._server.shutdown(self._limits.stop_seconds)
                await asyncio.gather(*(protocol.lost.wait() for protocol in owing))

    async def _end_answers(self, seconds: float) -> None:
        """Waits for the answers under way, so long; those that take longer are cut, and know it."""
        if self._answers:
            _, late = await asyncio.wait(self._answers, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _answer(self, request: BaseRequest) -> StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, Connection)  # noqa: S101 - made by _protocol alone
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler runs in one
        self._answers.add(task)
        try:
            return await self._handle(request)
        finally:
            protocol.ended += 1
            self._answers.discard(task)

    async def _accept_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self._socket)
            except OSError:  # out of file descriptors, or the client gave up: go on
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self._take(connection, plain_address(str(address[0])))

    def _take(self, connection: socket.socket, peer: str) -> None:
        limits = self._limits
        if self.connections >= limits.connections or self._by_peer[peer] >= limits.connections_per_peer:
            self.on_refused()
            connection.close()
            return
        self.connections += 1
        self._by_peer[peer] += 1
        task = asyncio.create_task(self._shake_hands(connection, peer))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, connection: socket.socket, peer: str) -> None:
        protocol = self._protocol(peer)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=self._limits.handshake_seconds if self._tls else None,
            )
        except (OSError, ValueError, asyncio.CancelledError):  # ValueError: a name in a certificate that is no text
            if not protocol.made:
                self._release(peer)
                connection.close()

    def _protocol(self, peer: str) -> Connection:
        limits = self._limits
        return Connection(
            self._server,
            loop=asyncio.get_running_loop(),
            on_broken=self._on_broken,
            on_lost=lambda: self._release(peer),
            access_log=None,
            keepalive_timeout=limits.idle_seconds,
            max_line_size=limits.header_line_bytes,
            max_field_size=limits.header_line_bytes,
            max_headers=limits.headers,
            lingering_time=0,
        )

    def _release(self, peer: str) -> None:
        self.connections -= 1
        self._by_peer[peer] -= 1
        if not self._by_peer[peer]:
            del self._by_peer[peer]
