"""Waiting for something that comes true by itself."""

from __future__ import annotations

import time
from collections.abc import Callable


def becomes(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
