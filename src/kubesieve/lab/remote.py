"""Looks that are taken somewhere else: what is asked and what came, as JSON for a pipe.

``asked`` on one side, ``run_of`` and ``waited_of`` for what comes back, and ``perform`` where the client runs: one
format, which only this module knows.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yarl import URL

from kubesieve.agents import Answer, CheckRequest, CheckRun, View
from kubesieve.faults import OwnFault
from kubesieve.kubelet.trust import unverified, verified
from kubesieve.lab.client import Client, Door
from kubesieve.lab.place import Waited

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RemoteDoor:
    """Where a look begins. ``token_file`` is read where the client runs; ``ca`` is PEM, None verifies nobody."""

    url: str
    token_file: str | None
    ca: str | None


def asked(door: RemoteDoor, asks: Sequence[CheckRequest], stuck_seconds: float | None = None) -> bytes:
    """All asks in order; with ``stuck_seconds`` the first alone, beside a client that is stuck in its headers."""
    record = {
        "url": door.url,
        "token_file": door.token_file,
        "ca": door.ca,
        "asks": [{"target": ask.target, "method": ask.method, "headers": dict(ask.headers)} for ask in asks],
        "stuck_seconds": stuck_seconds,
    }
    return json.dumps(record).encode()


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked, where it is done."""

    door: Door
    tls: ssl.SSLContext
    asks: tuple[CheckRequest, ...]
    stuck_seconds: float | None


async def perform(request: bytes) -> bytes:
    """Does what ``asked`` says, and gives what ``run_of`` or ``waited_of`` read. Raises OwnFault where it is none."""
    look = _look(request)
    async with Client(look.tls, seconds=_SECONDS) as client:
        if look.stuck_seconds is not None:
            waited = await client.beside_stuck(look.door, look.asks[0], look.stuck_seconds)
            return json.dumps({"status": waited.status, "seconds": waited.seconds}).encode()
        run = await client.look(look.door, look.asks)
    answers = {key: _record(answer) for key, answer in run.view.answers.items()}
    return json.dumps({"at": run.at, "token_sent": run.view.token_sent, "answers": answers}).encode()


def _look(request: bytes) -> _Look:
    try:
        record = json.loads(request)
        asks = tuple(CheckRequest(one["target"], one["method"], one["headers"]) for one in record["asks"])
        token = Path(record["token_file"]).read_text().strip() if record["token_file"] else None
        return _Look(Door(URL(record["url"]), token), _tls(record["ca"]), asks, record["stuck_seconds"])
    except (ValueError, LookupError, TypeError, OSError) as error:
        what = f"expected a look as `kubesieve lab verify` asks for it; got: {type(error).__name__}"
        raise OwnFault("look-unreadable", what) from None


def run_of(told: bytes) -> CheckRun:
    """Raises OwnFault where the other end said something else."""
    record = _read(told)
    answers = {key: _answer(one) for key, one in record["answers"].items()}
    return CheckRun(View(answers, token_sent=record["token_sent"]), record["at"])


def waited_of(told: bytes) -> Waited:
    """Raises OwnFault where the other end said something else."""
    record = _read(told)
    return Waited(record["status"], record["seconds"])


def _read(told: bytes) -> Any:
    try:
        return json.loads(told)
    except ValueError:
        raise OwnFault(
            "look-unreadable", f"expected what came of a look; got {len(told)} bytes that are no JSON"
        ) from None


def _tls(ca: str | None) -> ssl.SSLContext:
    """Without a CA nobody is verified: agents that are told so show their token all the same."""
    return unverified() if ca is None else verified(ca.encode())


def _record(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "content_type": answer.content_type,
        "headers": dict(answer.headers),
        "body": base64.b64encode(answer.body).decode(),
        "error": answer.error,
    }


def _answer(record: Mapping[str, Any]) -> Answer:
    body = base64.b64decode(record["body"])
    return Answer(record["status"], record["content_type"], body, record["headers"], record["error"])
