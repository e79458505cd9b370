"""Bundles made by hand: a good one, and any way to spoil it."""

from __future__ import annotations

import json
import time
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kubesieve.doctor.bundle.loading import load
from kubesieve.doctor.bundle.saving import save
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Failure, Framing, Source
from kubesieve.doctor.reports.json_form import as_json
from kubesieve.faults import OwnFault

PODS = (
    b'{"kind":"PodList","items":[{"metadata":{"name":"web-0","namespace":"team-a","uid":"u"},"spec":{"containers":'
    b'[{"name":"app","resources":{"limits":{"memory":"1Gi"}}}]},"status":{"phase":"Running"}}]}'
)
SERIES = (
    b"# TYPE container_memory_usage_bytes gauge\n"
    b'container_memory_usage_bytes{container="app",id="/x",image="",name="n",namespace="team-a",pod="web-0"} 5 1000\n'
)


def small() -> Evidence:
    """A bit of everything."""
    exchanges = (
        Exchange(Source.DIRECT, "/pods", 200, {"content-type": "application/json"}, PODS, at=2.0),
        Exchange(Source.PROXY, "/pods", 403, {}, b"no", at=3.0, framing=Framing("", announced=2, received=2)),
        Exchange(Source.PROXY, "/metrics/cadvisor", 200, {"content-type": "text/plain; version=0.0.4"}, SERIES, at=4.0),
        Exchange(Source.PROXY, "/metrics", None, failure=Failure("upstream-tls", "x; got y", ("DNS:a", "IP:::1"))),
    )
    doors = {source: Door("https://node:10250", True, 5.0) for source in Source}
    return Evidence(exchanges, doors, PODS, "a line\n", frozenset({"team-a"}), 9.0, "1")


@cache
def members() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        save(small(), path)
        with zipfile.ZipFile(path) as bundle:
            return {name: bundle.read(name) for name in bundle.namelist()}


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(members()["manifest.json"])
    return found


def zipped(path: Path, files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], **more: Any) -> Path:
    with zipfile.ZipFile(path, "w", **{"compression": zipfile.ZIP_DEFLATED, **more}) as bundle:
        for name, content in files.items() if isinstance(files, dict) else files:
            bundle.writestr(name, content)
    return path


def unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def with_manifest(changed: Any) -> dict[str, bytes]:
    text = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    return {**members(), "manifest.json": text}


def words(path: Path) -> str:
    """What is made of a bundle, as JSON."""
    return as_json(diagnose(load(path)))


SECRET = "outside-of-the-bundle"


def refused(path: Path) -> OwnFault:
    """The fault; quick, and with a sentence that says what was expected and what came."""
    started = time.monotonic()
    with pytest.raises(OwnFault) as caught:
        load(path)
    assert time.monotonic() - started < 8
    fault = caught.value
    assert fault.reason.startswith("bundle-")
    assert fault.sentence.startswith("expected ")
    assert "; got" in fault.sentence
    assert len(fault.sentence) < 300
    assert SECRET not in fault.sentence
    return fault
