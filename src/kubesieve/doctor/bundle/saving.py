"""Saves evidence as a zip (a name that ends in .zip) or a folder. Only what was redacted goes in."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kubesieve.doctor.bundle.manifest import LOG, MANIFEST, PODS, describe, name_of
from kubesieve.doctor.bundle.redact import NOTES, redact
from kubesieve.doctor.evidence import Evidence
from kubesieve.faults import OwnFault


def save(evidence: Evidence, path: Path) -> None:
    """Writes a bundle that only the owner may read. Raises OwnFault where something is there already."""
    files = _files(redact(evidence))
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


def _save_zip(files: Iterator[tuple[str, bytes]], path: Path) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files:
            bundle.writestr(name, content)


def _save_folder(files: Iterator[tuple[str, bytes]], path: Path) -> None:
    path.mkdir(mode=0o700)
    for name, content in files:
        (path / name).touch(mode=0o600)
        (path / name).write_bytes(content)
