"""Saves evidence as a zip (a name that ends in .zip) or a folder. Only what was redacted goes in."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from kubesieve.doctor.bundle.loading import MOST_BUNDLE
from kubesieve.doctor.bundle.manifest import LOG, MANIFEST, PODS, describe, name_of
from kubesieve.doctor.bundle.redact import NOTES, redact
from kubesieve.doctor.evidence import Evidence
from kubesieve.faults import OwnFault


def save(evidence: Evidence, path: Path) -> None:
    """Writes a bundle that only the owner may read, whole or not at all. Raises OwnFault where something is there
    already, or the bundle would be too large to be read again.
    """
    files = dict(_files(redact(evidence)))
    size = sum(map(len, files.values()))
    if size > MOST_BUNDLE:
        raise OwnFault("bundle-too-large", f"expected at most {MOST_BUNDLE} bytes to save; got {size}")
    try:
        _save_zip(files, path) if path.suffix == ".zip" else _save_folder(files, path)
    except FileExistsError:
        raise OwnFault("bundle-exists", f"expected a new file or folder at {path}; got one that is there") from None
    except OSError as error:
        raise OwnFault("bundle-unwritable", f"expected to write {path}; got: {error.strerror}") from None


def _files(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    yield MANIFEST, msgspec.json.format(msgspec.json.encode(describe(evidence, NOTES)), indent=1)
    for number, exchange in enumerate(evidence.exchanges):
        if exchange.body:
            yield name_of(number), exchange.body
    if evidence.pods is not None:
        yield PODS, evidence.pods
    if evidence.agent_log is not None:
        yield LOG, evidence.agent_log.encode("utf-8", "replace")


def _save_zip(files: Mapping[str, bytes], path: Path) -> None:
    file = _created(path)
    try:
        with file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in files.items():
                bundle.writestr(name, content)
    except OSError:
        path.unlink()
        raise


def _save_folder(files: Mapping[str, bytes], path: Path) -> None:
    path.mkdir(mode=0o700)
    try:
        for name, content in files.items():
            write(path / name, content)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
        raise


def write(path: Path, content: bytes) -> None:
    with _created(path) as file:
        file.write(content)


def _created(path: Path) -> BinaryIO:
    """A file of the owner's that was not there: no link is followed."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
