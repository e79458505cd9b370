"""Putting an answer on the wire: framed as Go frames it, or cut, dripped or withheld on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase

from kubesieve.stage.http_values import Answer

Pause = Callable[[float], bool]

_SMALL = 2048
_CHUNK = 32768
_DRIPS = 20
_FOREVER = 3600.0


def deliver(wire: BufferedIOBase, method: str, answer: Answer, pause: Pause) -> bool:
    """Writes the answer; False where the connection must end after it. ``pause`` waits, and says False to give up."""
    if answer.delivery == "stuck":
        pause(_FOREVER)
        return False
    wire.write(_head(method, answer))
    if method == "HEAD" or answer.status in (101, 204, 304):
        return answer.status != 101
    for piece in _pieces(answer):
        if answer.delivery == "drip" and not pause(answer.seconds / _DRIPS):
            return False
        wire.write(piece)
    return answer.delivery != "cut"


def _chunked(answer: Answer) -> bool:
    return answer.framing == "chunked" or (answer.framing == "auto" and len(answer.body) > _SMALL)


def _head(method: str, answer: Answer) -> bytes:
    """Status line and headers. A HEAD answer too long for Go's buffer has no length at all (as recorded)."""
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    if answer.content_type is not None:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    if answer.status == 101:
        pass
    elif not _chunked(answer):
        lines.append(f"Content-Length: {len(answer.body)}")
    elif method != "HEAD":
        lines.append("Transfer-Encoding: chunked")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unknown"


def _pieces(answer: Answer) -> Iterator[bytes]:
    """The body in pieces: twenty for a drip, half of it where it is cut."""
    body = answer.body[: len(answer.body) // 2] if answer.delivery == "cut" else answer.body
    size = max(len(body) // _DRIPS, 1) if answer.delivery == "drip" else _CHUNK
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield b"%x\r\n%s\r\n" % (len(piece), piece) if _chunked(answer) else piece
    if _chunked(answer) and answer.delivery != "cut":
        yield b"0\r\n\r\n"
