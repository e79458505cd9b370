"""Reads a bundle that anybody may have made: fixed names only, no links, caps on number and size, a strict manifest."""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO

import msgspec

from kubesieve.doctor.bundle.manifest import LOG, MANIFEST, MOST_EXCHANGES, PODS, Manifest, restore
from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.evidence import Evidence
from kubesieve.faults import OwnFault

MOST_FILE = 128 * 1024 * 1024
MOST_BUNDLE = 256 * 1024 * 1024
MOST_FILES = MOST_EXCHANGES + 3
_NAME = re.compile(r"[0-9]{4}\.body")
_FIXED = frozenset({MANIFEST, PODS, LOG})


def load(path: Path) -> Evidence:
    """Evidence from a zip or a folder, redacted once more. Raises OwnFault: what was expected, and what came."""
    try:
        files = _read_folder(path) if path.is_dir() else _read_zip(path)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else "no bundle, or a damaged one"
        raise OwnFault("bundle-unreadable", f"expected a zip or folder made by --save; got: {words}") from None
    return redact(_evidence(files))


def _evidence(files: dict[str, bytes]) -> Evidence:
    if MANIFEST not in files:
        raise OwnFault("bundle-unreadable", f"expected a {MANIFEST} in the bundle; got none")
    try:
        return restore(msgspec.json.decode(files[MANIFEST], type=Manifest), files)
    except KeyError as missing:
        raise OwnFault("bundle-unreadable", f"expected a file {missing} in the bundle; got none") from None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise OwnFault("bundle-manifest", "expected a manifest as --save writes it; got another one") from None


def _read_zip(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BUNDLE
    with zipfile.ZipFile(path) as bundle:
        entries = bundle.infolist()
        _check_number(len(entries))
        for entry in entries:
            _check_name(entry.filename, known=entry.filename in files)
            with bundle.open(entry) as file:
                files[entry.filename] = _read(file, min(MOST_FILE, left))
            left -= len(files[entry.filename])
    return files


def _read_folder(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BUNDLE
    names = os.listdir(path)
    _check_number(len(names))
    for name in names:
        _check_name(name, known=False)
        number = os.open(path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise OwnFault("bundle-name", "expected plain files in the bundle; got something else")
            files[name] = _read(file, min(MOST_FILE, left))
        left -= len(files[name])
    return files


def _read(file: IO[bytes], most: int) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise OwnFault("bundle-too-large", f"expected at most {MOST_BUNDLE} bytes in a bundle; got more")
    return content


def _check_number(count: int) -> None:
    if count > MOST_FILES:
        raise OwnFault("bundle-too-large", f"expected at most {MOST_FILES} files in a bundle; got {count}")


def _check_name(name: str, *, known: bool) -> None:
    if known or not (name in _FIXED or _NAME.fullmatch(name)):
        raise OwnFault(
            "bundle-name", f"expected {MANIFEST}, {PODS}, {LOG} and 0000.body …, each once; got another name"
        )
