"""A body is what its bytes are, whatever was said of it; how much is unpacked is bounded."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from kubesieve.doctor.collect import bodies
from kubesieve.doctor.collect.bodies import TooLarge, decode
from kubesieve.doctor.evidence import Coding

PACKED = gzip.compress(b"first ", mtime=0)


@pytest.mark.parametrize(
    ("wire", "body", "coding"),
    [
        (b"", b"", Coding.PLAIN),
        (b"text", b"text", Coding.PLAIN),
        (PACKED, b"first ", Coding.GZIP),
        (PACKED + gzip.compress(b"second", mtime=0), b"first second", Coding.GZIP),
        (PACKED[:-3], b"", Coding.BROKEN),
        (PACKED + b"more", b"", Coding.BROKEN),
        (PACKED + b"\x1f\x8bmore", b"", Coding.BROKEN),
        (b"\x1f\x8b", b"", Coding.BROKEN),
        (b"\x1f\x8b" + b"x" * 50, b"", Coding.BROKEN),
        (PACKED.decode(errors="replace").encode(), b"", Coding.MANGLED),
        (b"\x1f", b"\x1f", Coding.PLAIN),
    ],
)
def test_what_a_body_is_whatever_was_said_of_it(wire: bytes, body: bytes, coding: Coding) -> None:
    for said in ("", "gzip", "br"):
        found, framing = decode(wire, said, len(wire))
        assert (found, framing.coding, framing.said, framing.received) == (body, coding, said, len(wire))


@pytest.mark.parametrize("make", [lambda n: gzip.compress(bytes(n)), lambda n: gzip.compress(bytes(n // 4)) * 4])
def test_how_much_is_unpacked_is_bounded(make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_DECODED", 1 << 20)
    assert len(decode(make(1 << 20), "gzip", None)[0]) == 1 << 20
    with pytest.raises(TooLarge):
        decode(make((1 << 20) + 8), "gzip", None)
