"""Files that are replaced while the program runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubesieve.faults import OwnFault
from kubesieve.reload import Reloaded


def _upper(content: bytes) -> str:
    if not content.strip():
        raise OwnFault("empty", "expected text; got nothing")
    return content.decode().strip().upper()


class Watched:
    def __init__(self, path: Path) -> None:
        self.path, self.said = path, list[str]()
        self.value = Reloaded((path,), _upper, what="text", report=self.said.append, every=0.0)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    path = tmp_path / "file"
    path.write_text("one")
    return Watched(path)


def test_a_file_written_in_place_is_read_again(watched: Watched) -> None:
    assert watched.value.get() == "ONE"
    watched.path.write_text("two")
    assert watched.value.get() == "TWO"
    assert len(watched.said) == 1


def test_a_file_renamed_over_it_is_read(watched: Watched) -> None:
    new = watched.path.with_suffix(".new")
    new.write_text("two")
    os.replace(new, watched.path)
    assert watched.value.get() == "TWO"


def test_a_swapped_symlink_is_followed_as_kubernetes_mounts_do_it(tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "file").symlink_to("..data/file")
    watched = Watched(tmp_path / "file")
    (tmp_path / "..tmp").symlink_to("v2")
    os.replace(tmp_path / "..tmp", tmp_path / "..data")
    assert watched.value.get() == "V2"


def test_content_that_does_not_load_is_told_once_a_change_and_the_old_value_stays(watched: Watched) -> None:
    watched.path.write_text(" ")
    for _ in range(3):
        assert watched.value.get() == "ONE"
    assert watched.said == ["kept the former content of text: expected text; got nothing"]
    watched.path.unlink()
    for _ in range(3):
        assert watched.value.get() == "ONE"
    assert len(watched.said) == 2
    watched.path.write_text("three")
    assert watched.value.get() == "THREE"


def test_the_old_content_coming_back_is_taken_again(watched: Watched) -> None:
    watched.path.write_text("")
    watched.value.get()
    watched.path.write_text("one")
    assert watched.value.get() == "ONE"


def test_the_first_load_must_be_good(tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match=r"expected text in .*; got: No such file"):
        Watched(tmp_path / "missing")
    (tmp_path / "empty").touch()
    with pytest.raises(OwnFault, match="got nothing"):
        Watched(tmp_path / "empty")


def test_it_looks_at_most_once_in_its_interval(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    value = Reloaded((path,), _upper, what="text", every=60.0)
    path.write_text("two")
    assert value.get() == "ONE"
