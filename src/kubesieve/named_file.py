"""A file that somebody named, read whole up to a bound."""

from __future__ import annotations

import stat
from pathlib import Path

from kubesieve.faults import OwnFault

MAX_FILE_BYTES = 4 * 1024 * 1024


def read_file(path: Path, what: str, most: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file that should hold ``what``. Raises OwnFault with the path and the system's reason."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise OwnFault("file-unreadable", f"expected {what} in {path}; got: {error.strerror}") from None
    if len(content) > most:
        raise OwnFault("file-too-large", f"expected {what} of at most {most} bytes in {path}; got more")
    return content


def read_again(path: Path, what: str) -> bytes:
    """The same of a file that is looked at again and again, where a pipe would hold up everything. Raises the same."""
    try:
        waits = stat.S_ISFIFO(path.stat().st_mode)
    except OSError as error:
        raise OwnFault("file-unreadable", f"expected {what} in {path}; got: {error.strerror}") from None
    if waits:
        raise OwnFault("file-unreadable", f"expected {what} in {path}, a file; got a pipe")
    return read_file(path, what)
