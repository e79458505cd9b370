"""The manifest of a bundle: evidence but for its bodies, which are files beside it. Strictly typed: may be hostile."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from kubesieve.doctor.evidence import Coding, Door, Evidence, Exchange, Failure, Framing, Source

SCHEMA = 1
MANIFEST, PODS, LOG = "manifest.json", "pods.json", "agent.log"
MOST_EXCHANGES = 200

MOST_TEXT, MOST_NAMES, MOST_HEADERS, MOST_NAMESPACES = 2000, 200, 100, 10_000

Short = Annotated[str, Meta(max_length=MOST_TEXT)]
Count = Annotated[int, Meta(ge=0, le=1 << 62)]
Seconds = Annotated[float, Meta(ge=0, le=1 << 40)]


class FramingRecord(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    said: Short
    coding: Coding
    announced: Count | None
    received: Count


class FailureRecord(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Short
    sentence: Short
    names: Annotated[tuple[Short, ...], Meta(max_length=MOST_NAMES)]


class ExchangeRecord(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    source: Source
    target: Short
    method: Short
    status: Annotated[int, Meta(ge=0, le=999)] | None
    headers: Annotated[dict[Short, Short], Meta(max_length=MOST_HEADERS)]
    round: Annotated[int, Meta(ge=1, le=100)]
    at: Seconds
    took: Seconds
    framing: FramingRecord
    failure: FailureRecord | None
    sent_gzip: bool
    sent_token: bool
    body: Annotated[str, Meta(pattern=r"^[0-9]{4}\.body$")] | None


class DoorRecord(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    url: Short
    has_token: bool
    token_expires: Seconds | None
    server_name: Short | None = None
    issuer: Short = ""
    audiences: Annotated[tuple[Short, ...], Meta(max_length=MOST_NAMES)] = ()


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    schema: Annotated[int, Meta(ge=SCHEMA, le=SCHEMA)]
    version: Short
    taken: Seconds
    redacted: Annotated[tuple[Short, ...], Meta(max_length=20)]
    expected: Annotated[tuple[Short, ...], Meta(max_length=MOST_NAMESPACES)]
    doors: dict[Source, DoorRecord]
    exchanges: Annotated[tuple[ExchangeRecord, ...], Meta(max_length=MOST_EXCHANGES)]
    pods: bool
    agent_log: bool


def describe(evidence: Evidence, notes: tuple[str, ...]) -> Manifest:
    """The manifest of evidence; exchange number n (from 0) has its body in ``name_of(n)``."""
    return Manifest(
        schema=SCHEMA,
        version=evidence.version,
        taken=evidence.taken,
        redacted=notes,
        expected=tuple(sorted(evidence.expected)),
        doors={
            source: DoorRecord(
                door.url, door.has_token, door.token_expires, door.server_name, door.issuer, door.audiences
            )
            for source, door in evidence.doors.items()
        },
        exchanges=tuple(_record(number, one) for number, one in enumerate(evidence.exchanges)),
        pods=evidence.pods is not None,
        agent_log=evidence.agent_log is not None,
    )


def name_of(number: int) -> str:
    return f"{number:04d}.body"


def _record(number: int, one: Exchange) -> ExchangeRecord:
    framing, failure = one.framing, one.failure
    return ExchangeRecord(
        source=one.source,
        target=one.target,
        method=one.method,
        status=one.status,
        headers=dict(one.headers),
        round=one.round,
        at=one.at,
        took=one.took,
        framing=FramingRecord(framing.said, framing.coding, framing.announced, framing.received),
        failure=FailureRecord(failure.reason, failure.sentence, failure.names) if failure else None,
        sent_gzip=one.sent_gzip,
        sent_token=one.sent_token,
        body=name_of(number) if one.body else None,
    )


def restore(manifest: Manifest, files: dict[str, bytes]) -> Evidence:
    """Evidence out of a manifest and the files beside it, by name.

    Raises KeyError where a file it names is missing, ValidationError where a source's URL is none.
    """
    for door in manifest.doors.values():
        _check_url(door.url)
    named = [record.body for record in manifest.exchanges if record.body]
    if len(named) != len(set(named)):
        raise msgspec.ValidationError("expected a file of its own for each body; got one named twice")
    return Evidence(
        exchanges=tuple(_exchange(record, files) for record in manifest.exchanges),
        doors={
            source: Door(one.url, one.has_token, one.token_expires, one.server_name, one.issuer, one.audiences)
            for source, one in manifest.doors.items()
        },
        pods=files[PODS] if manifest.pods else None,
        agent_log=files[LOG].decode("utf-8", "replace") if manifest.agent_log else None,
        expected=frozenset(manifest.expected),
        taken=manifest.taken,
        version=manifest.version,
    )


def _check_url(url: str) -> None:
    try:
        port = urlsplit(url).port
    except ValueError:
        raise msgspec.ValidationError("expected a URL; got none") from None
    if port is not None and not url.startswith(("http://", "https://")):
        raise msgspec.ValidationError("expected http:// or https://; got another scheme")


def _exchange(record: ExchangeRecord, files: dict[str, bytes]) -> Exchange:
    framing, failure = record.framing, record.failure
    return Exchange(
        source=record.source,
        target=record.target,
        status=record.status,
        headers=record.headers,
        body=files[record.body] if record.body else b"",
        method=record.method,
        round=record.round,
        at=record.at,
        took=record.took,
        framing=Framing(framing.said, framing.coding, framing.announced, framing.received),
        failure=Failure(failure.reason, failure.sentence, failure.names) if failure else None,
        sent_gzip=record.sent_gzip,
        sent_token=record.sent_token,
    )
