"""What is saved and read again gives the same words, byte for byte."""

from __future__ import annotations

import os
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from kubesieve.doctor.bundle.loading import load
from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.bundle.saving import save
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Failure, Framing, Source
from kubesieve.doctor.reports.json_form import as_json
from kubesieve.faults import OwnFault
from tests.doctor.bundle.made import small
from tests.doctor.corpus import CORPUS
from tests.doctor.diagnosed import diagnosis_of, evidence_of

MANY = (
    "no SAN for the host",
    "plain http proxy, no token sent",
    "gzip edited as text",
    "not UTF-8",
    "filtered, and the tenant's own list of pods",
    "both limits",
    "mirror pods",
    "stuck proxy",
    "another port in the log",
)


@pytest.mark.parametrize("name", MANY)
def test_a_bundle_gives_the_verdicts_of_the_live_look(name: str, tmp_path: Path) -> None:
    evidence = evidence_of(CORPUS[name][1])
    path = tmp_path / ("bundle.zip" if MANY.index(name) % 2 else "folder")
    save(evidence, path)
    read = load(path)
    assert read == redact(evidence)
    assert as_json(diagnose(redact(read))) == as_json(diagnosis_of(name))


ODD = {
    "nothing at all": Evidence(),
    "an empty list of pods and an empty log": Evidence(pods=b"", agent_log=""),
    "line ends and characters of a log": Evidence(agent_log="a\r\nb\rc\n\x00\x1b[31m\u2028\u00e9\ufffd\U0001f600"),
    "half a character": Evidence(agent_log="a\udc80\ud800b", expected=frozenset({"a\udcff"})),
    "any bytes": Evidence((Exchange(Source.PROXY, "/pods", 200, {}, bytes(range(256))),), pods=bytes(range(256))),
    "a long header": Evidence((Exchange(Source.PROXY, "/pods", 200, {"server": "x" * 60_000}),)),
    "a long Content-Encoding": Evidence((Exchange(Source.PROXY, "/pods", 200, framing=Framing("x" * 9000)),)),
    "many headers": Evidence((Exchange(Source.PROXY, "/pods", 200, {f"x-{n}": "" for n in range(300)}),)),
    "a header of raw bytes": Evidence((Exchange(Source.PROXY, "/pods", 200, {"server": "a\udcff"}),)),
    "a length beyond all": Evidence(
        (Exchange(Source.PROXY, "/pods", 200, framing=Framing(announced=999_999_999_999_999_999)),)
    ),
    "a certificate with many names": Evidence(
        (
            Exchange(
                Source.PROXY, "/pods", None, failure=Failure("upstream-tls", "x" * 9000, ("DNS:" + "a" * 3000,) * 999)
            ),
        )
    ),
    "a long URL": Evidence(doors={Source.PROXY: Door("https://a/" + "b" * 9000)}),
    "many looks": Evidence(tuple(Exchange(Source.PROXY, "/pods", 200, round=n) for n in range(1, 100))),
    "many namespaces": Evidence(expected=frozenset(f"ns-{n}" for n in range(3000))),
}


@pytest.mark.parametrize("form", ["zip", "folder"])
@pytest.mark.parametrize("name", ODD)
def test_whatever_is_saved_can_be_read(name: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / ("bundle.zip" if form == "zip" else "folder")
    save(ODD[name], path)
    assert load(path) == redact(ODD[name])


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save(small(), tmp_path / "bundle.zip")
        save(small(), tmp_path / "folder")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes.pop(tmp_path / "folder") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_zip_holds_the_files_of_the_folder(tmp_path: Path) -> None:
    save(small(), tmp_path / "bundle.zip")
    save(small(), tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        zipped = {name: bundle.read(name) for name in bundle.namelist()}
    assert zipped == {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
    assert {"manifest.json", "0000.body", "pods.json", "agent.log"} <= set(zipped)


THERE = {
    "a file": lambda path: path.write_bytes(b"mine"),
    "a folder": lambda path: path.mkdir(),
    "a folder with files": lambda path: (path.mkdir(), (path / "manifest.json").write_bytes(b"mine")),
    "a link to nothing": lambda path: path.symlink_to(path.parent / "elsewhere"),
    "a link to a folder": lambda path: ((path.parent / "other").mkdir(), path.symlink_to(path.parent / "other")),
    "a FIFO": os.mkfifo,
}


@pytest.mark.parametrize("name", ["bundle.zip", "folder"])
@pytest.mark.parametrize("there", THERE)
def test_nothing_that_is_there_is_written_over_or_followed(there: str, name: str, tmp_path: Path) -> None:
    THERE[there](tmp_path / name)  # type: ignore[no-untyped-call]
    before = {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}
    with pytest.raises(OwnFault, match="expected a new file or folder") as caught:
        save(small(), tmp_path / name)
    assert caught.value.reason == "bundle-exists"
    assert {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")} == before


def test_where_nothing_can_be_written_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match="No such file") as caught:
        save(small(), tmp_path / "no" / "bundle.zip")
    assert caught.value.reason == "bundle-unwritable"


@pytest.mark.parametrize("name", ["bundle.zip", "folder"])
def test_what_cannot_be_finished_is_not_left_behind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: a bundle is whole, or it is not there."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    monkeypatch.setattr("kubesieve.doctor.bundle.saving.write", full)
    with pytest.raises(OwnFault, match="No space left"):
        save(small(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_read_again_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubesieve.doctor.bundle.saving.MOST_BUNDLE", 1000)
    large = replace(small(), agent_log="x" * 2000)
    with pytest.raises(OwnFault, match="expected at most 1000 bytes") as caught:
        save(large, tmp_path / "bundle.zip")
    assert caught.value.reason == "bundle-too-large"
    assert list(tmp_path.iterdir()) == []
