"""The terminal that a table goes to."""

from __future__ import annotations

import io
import shutil
import sys


def terminal_columns() -> int | None:
    """The width of the terminal that stdout is, None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def escape_for_locale() -> None:
    """From here on stdout shows characters that the locale has no way to write escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
