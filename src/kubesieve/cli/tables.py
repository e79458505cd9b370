"""How wide the terminal is that a table goes to."""

from __future__ import annotations

import shutil
import sys


def terminal_columns() -> int | None:
    """The width of the terminal that stdout is, None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
