"""Reads a bundle that anybody may have made: fixed names only, no links, caps on number and size, a strict manifest."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from kubesieve.doctor.bundle.manifest import LOG, MANIFEST, MOST_EXCHANGES, PODS, SCHEMA, Manifest, restore
from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.evidence import MOST_LOG, Evidence
from kubesieve.faults import OwnFault

MOST_FILE = 48 * 1024 * 1024
MOST_BUNDLE = 384 * 1024 * 1024
"""Two looks, a list of pods and a log, each as large as it may be."""
MOST_FILES = MOST_EXCHANGES + 3
_NAME = re.compile(r"[0-9]{4}\.body", re.ASCII)
_FIXED = frozenset({MANIFEST, PODS, LOG})
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class _Schema(msgspec.Struct):
    schema: int


def load(path: Path) -> Evidence:
    """Evidence from a zip or a folder, redacted once more. Raises OwnFault: what was expected, and what came."""
    try:
        files = _read_folder(path) if path.is_dir() else _read_zip(path)
    except OSError as error:
        words = error.strerror or "nothing"
        raise OwnFault("bundle-unreadable", f"expected a zip or folder made by --save; got: {words}") from None
    except _DAMAGED:
        raise OwnFault("bundle-unreadable", "expected a zip made by --save; got none, or a damaged one") from None
    return redact(_evidence(files))


def _evidence(files: dict[str, bytes]) -> Evidence:
    if MANIFEST not in files:
        raise OwnFault("bundle-unreadable", f"expected a {MANIFEST} in the bundle; got none")
    if len(files.get(LOG, b"")) > MOST_LOG:
        raise OwnFault("bundle-too-large", f"expected at most {MOST_LOG} bytes of a log; got more")
    text = files[MANIFEST]
    try:
        return restore(msgspec.json.decode(text, type=Manifest), files)
    except KeyError as missing:
        raise OwnFault("bundle-unreadable", f"expected a file {missing} in the bundle; got none") from None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        expected = f"expected a manifest of schema {SCHEMA}, as --save writes it"
        raise OwnFault("bundle-manifest", f"{expected}; got {_another_schema(text)}") from None


def _another_schema(text: bytes) -> str:
    """Of a newer version, perhaps."""
    try:
        schema = msgspec.json.decode(text, type=_Schema).schema
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return "another text"
    return "another text" if schema == SCHEMA else f"schema {schema}"


def _read_zip(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BUNDLE
    with _opened(path) as raw, zipfile.ZipFile(raw) as bundle:
        entries = bundle.infolist()
        _check_number(len(entries))
        for entry in entries:
            _check_name(entry.filename, known=entry.filename in files)
            _check_entry(entry)
            with bundle.open(entry) as file:
                content = _read(file, min(MOST_FILE, left))
            if len(content) != entry.file_size:
                raise zipfile.BadZipFile
            files[entry.filename] = content
            left -= len(files[entry.filename])
    return files


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """A plain file, and unpacked piece by piece: other methods unpack what they like at once."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise OwnFault("bundle-name", "expected plain files in the bundle; got something else")
    if entry.flag_bits & _ENCRYPTED:
        raise OwnFault("bundle-unreadable", "expected a zip made by --save; got an encrypted one")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise OwnFault("bundle-unreadable", "expected files that are stored or deflated; got another compression")


def _read_folder(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BUNDLE
    names = os.listdir(path)
    _check_number(len(names))
    for name in names:
        _check_name(name, known=False)
        with _opened(path / name, os.O_NOFOLLOW) as file:
            files[name] = _read(file, min(MOST_FILE, left))
        left -= len(files[name])
    return files


def _opened(path: Path, flags: int = 0) -> BinaryIO:
    """A plain file of a size that may be: a pipe or a device is not waited for."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    found = os.fstat(number)
    if stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BUNDLE:
        return os.fdopen(number, "rb")
    os.close(number)
    if stat.S_ISREG(found.st_mode):
        raise OwnFault("bundle-too-large", f"expected at most {MOST_BUNDLE} bytes in a bundle; got more")
    raise OwnFault("bundle-unreadable", "expected plain files in a bundle, or a zip; got something else")


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
