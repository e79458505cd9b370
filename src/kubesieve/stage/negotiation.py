"""What /metrics* makes of Accept and Accept-Encoding, as Go's promhttp does."""

from __future__ import annotations

import gzip
import re

from kubesieve.stage.http_values import Answer, Headers, Request

METRICS_TEXT = "text/plain; version=0.0.4; charset=utf-8"
METRICS_PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
_TYPES = {"counter": 0, "gauge": 1, "summary": 2, "untyped": 3, "histogram": 4}


def metrics_answer(request: Request, text: bytes) -> Answer:
    """An exposition: text unless protobuf is liked better, compressed if asked. It speaks no OpenMetrics."""
    protobuf = _wants_protobuf(request.header("Accept"))
    body, kind = (_as_protobuf(text), METRICS_PROTOBUF) if protobuf else (text, METRICS_TEXT)
    headers: Headers = ()
    if wants_gzip(request.header("Accept-Encoding")):
        body, headers = gzip.compress(body, 1, mtime=0), (("Content-Encoding", "gzip"),)
    return Answer(200, body, kind, headers)


def wants_gzip(accept_encoding: str) -> bool:
    """promhttp's own rule: a part that is gzip, or starts with `gzip;`. It does not look at q."""
    parts = [part.strip() for part in accept_encoding.split(",")]
    return any(part == "gzip" or part.startswith("gzip;") for part in parts)


def _wants_protobuf(accept: str) -> bool:
    clauses = [clause.strip() for clause in accept.split(",")]
    protobuf = [_quality(c) for c in clauses if "vnd.google.protobuf" in c and "MetricFamily" in c]
    text = [_quality(c) for c in clauses if c.startswith("text/plain")]
    return bool(protobuf) and max(protobuf) >= max(text, default=0.0)


def _quality(clause: str) -> float:
    found = re.search(r";\s*q=([0-9.]+)", clause)
    return float(found[1]) if found else 1.0


def _as_protobuf(text: bytes) -> bytes:
    """A stand-in: length-delimited MetricFamily messages with names and types, their samples as help text."""
    messages, name, kind, lines = [], "", "untyped", [""]
    for line in [*text.decode().splitlines(), "# TYPE  end"]:
        if line.startswith("# TYPE "):
            messages.append(_message(name, kind, "\n".join(lines))) if name else None
            (name, kind), lines = line.split(" ")[2:4], []
        elif not line.startswith("#"):
            lines.append(line)
    return b"".join(messages)


def _message(name: str, kind: str, text: str) -> bytes:
    body = _field(1, name.encode()) + _field(2, text.encode()) + bytes((0x18, _TYPES.get(kind, 3)))
    return _varint(len(body)) + body


def _field(number: int, value: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    head = bytearray()
    while value > 0x7F:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*head, value))
