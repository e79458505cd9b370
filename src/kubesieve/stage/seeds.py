"""Everything that looks random, made from a seed: the same parts always give the same value."""

from __future__ import annotations

import hashlib
import math


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()


def hex_id(*parts: object) -> str:
    """64 hexadecimal digits, as container ids have."""
    return _digest(parts).hex()


def uuid(*parts: object) -> str:
    """A version 4 UUID, as pods created through the API have."""
    digits = _digest(parts).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def fraction(*parts: object) -> float:
    """A number in [0, 1)."""
    return int.from_bytes(_digest(parts)[:6], "big") / 2**48


def wave(phase: float, at: float, period: float) -> float:
    """A smooth value in [-1, 1] that repeats after ``period`` seconds."""
    return math.sin(2 * math.pi * (at / period + phase))
