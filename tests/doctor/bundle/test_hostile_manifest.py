"""Manifests that are none, or lie: refused in a sentence, or harmless; what is read can be told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubesieve.doctor.bundle.loading import load
from kubesieve.faults import OwnFault
from tests.doctor.bundle.made import manifest, members, refused, unpacked, with_manifest, words, zipped


@pytest.mark.parametrize("name", ["manifest.json", "0000.body", "pods.json", "agent.log"])
def test_a_member_that_is_missing(name: str, tmp_path: Path) -> None:
    files = {key: value for key, value in members().items() if key != name}
    for path in (zipped(tmp_path / "x.zip", files), unpacked(tmp_path / "x", files)):
        assert name in refused(path).sentence


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "manifest.json" in refused(tmp_path).sentence


TEXTS = {
    "empty": b"",
    "not UTF-8": b'{"schema": 1, "version": "\xff"}',
    "UTF-16": '{"schema": 1}'.encode("utf-16"),
    "no JSON": b"<html>",
    "cut": members()["manifest.json"][:-20],
    "more behind it": members()["manifest.json"] + b"{}",
    "deep": b'{"schema":' + b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "null": b"null",
    "a list": b"[]",
    "a huge number": b'{"schema": ' + b"9" * 100_000 + b"}",
    "large": b'{"schema": 1, "version": "' + b"x" * (20 << 20) + b'"}',
    "many keys": b'{"schema": 1, ' + b", ".join(b'"k%d": 1' % n for n in range(100_000)) + b"}",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_manifest_that_is_none(name: str, tmp_path: Path) -> None:
    assert refused(zipped(tmp_path / "x.zip", with_manifest(TEXTS[name]))).reason == "bundle-manifest"


@pytest.mark.parametrize("schema", [0, 2, 99, -1, "1", 1.5, None, True])
def test_another_schema_says_which_is_known(schema: object, tmp_path: Path) -> None:
    fault = refused(zipped(tmp_path / "x.zip", with_manifest({**manifest(), "schema": schema})))
    if isinstance(schema, int) and schema > 1:
        assert f"schema 1, as --save writes it; got schema {schema}" in fault.sentence


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a manifest."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(path: tuple[Any, ...], value: object) -> Any:
    whole = manifest()
    if not path:
        return value
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return whole


WRONG: tuple[object, ...] = (
    None,
    True,
    -1,
    1 << 70,
    1.5,
    "",
    "x" * 3000,
    "\x00",
    "../pods.json",
    [],
    {},
    [None],
    {"a": 1},
    [[]],
)


def test_another_type_anywhere_is_refused_or_harmless(tmp_path: Path) -> None:
    """Every place of a manifest gets every wrong value."""
    folder = unpacked(tmp_path / "x", members())
    good = 0
    for path in places(manifest()):
        for value in WRONG:
            (folder / "manifest.json").write_text(json.dumps(changed(path, value)))
            try:
                words(folder)
                good += 1
            except OwnFault as fault:
                assert fault.reason.startswith("bundle-")
    assert good > 0


URLS = (
    "http://[::1",
    "https://a:99999",
    "https://a:b",
    "//",
    "javascript:x",
    "\x1b[31m",
    "https://[v1.a]/",
    "http://\u2100.x",
)


@pytest.mark.parametrize("url", URLS)
def test_a_door_that_is_no_url(url: str, tmp_path: Path) -> None:
    whole = changed(("doors", "proxy", "url"), url)
    path = zipped(tmp_path / "x.zip", with_manifest(whole))
    try:
        assert words(path)
    except OwnFault as fault:
        assert fault.reason == "bundle-manifest"


def test_a_key_that_is_given_twice_or_unknown(tmp_path: Path) -> None:
    text = members()["manifest.json"]
    unknown = text.replace(b'"schema"', b'"more": 1, "schema"', 1)
    assert refused(zipped(tmp_path / "x.zip", with_manifest(unknown))).reason == "bundle-manifest"


def test_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "x.zip", members())
    opened: list[str] = []
    real = io.open

    def watched(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        opened.append(mode)
        return real(file, mode, *more, **named)

    monkeypatch.setattr("io.open", watched)
    monkeypatch.setattr("builtins.open", watched)
    assert load(path).exchanges
    assert all(set(mode) <= {"r", "b"} for mode in opened)
    assert [one.name for one in tmp_path.iterdir()] == ["x.zip"]
