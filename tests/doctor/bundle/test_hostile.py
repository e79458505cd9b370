"""Bundles that somebody made to hurt: each refused in a sentence, nothing outside is read or written, nothing hangs."""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kubesieve.doctor.bundle.loading import load
from tests.doctor.bundle.made import SECRET, members, refused, unpacked, zipped

ESCAPES = (
    "../manifest.json",
    "../../etc/passwd",
    "/etc/passwd",
    "a/manifest.json",
    "./manifest.json",
    "..\\manifest.json",
    "C:\\manifest.json",
    "manifest.json/",
    "manifest.json ",
    "MANIFEST.JSON",
    "0000.body.exe",
    "00000.body",
    "\u0660\u0660\u0660\u0660.body",
    "0000.body\n",
    "a" * 5000,
)


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_is_none_of_ours(name: str, tmp_path: Path) -> None:
    files: list[tuple[str | zipfile.ZipInfo, bytes]] = [*members().items(), (name, b"x")]
    assert refused(zipped(tmp_path / "x.zip", files)).reason == "bundle-name"


def test_a_name_given_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zipped(tmp_path / "x.zip", [*members().items(), ("manifest.json", b"{}")])
    assert refused(path).reason == "bundle-name"


def link(name: str, target: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    files: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("manifest.json", members()["manifest.json"]),
        (link("0000.body", "secret"), str(tmp_path / "secret").encode()),
    ]
    assert refused(zipped(tmp_path / "x.zip", files)).reason == "bundle-name"


def odd_file(kind: str) -> Callable[[Path], object]:
    kinds: dict[str, Callable[[Path], object]] = {
        "a link out": lambda path: path.symlink_to("/etc/passwd"),
        "a link beside it": lambda path: path.symlink_to(path.parent / "pods.json"),
        "a link to nothing": lambda path: path.symlink_to("/nowhere"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a FIFO": os.mkfifo,
        "a socket": lambda path: socket.socket(socket.AF_UNIX).bind(str(path)),
        "a folder": lambda path: path.mkdir(),
        "a device": lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5)),
    }
    return kinds[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "a link out",
        "a link beside it",
        "a link to nothing",
        "a link to itself",
        "a FIFO",
        "a socket",
        "a folder",
        "a device",
    ],
)
@pytest.mark.parametrize("name", ["0001.body", "agent.log"])
def test_what_is_no_plain_file_in_a_folder(kind: str, name: str, tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "x", {key: value for key, value in members().items() if key != name})
    try:
        odd_file(kind)(folder / name)
    except PermissionError:
        pytest.skip("making a device takes root")
    before = len(os.listdir("/proc/self/fd"))
    refused(folder)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("kind", ["a FIFO", "a socket", "a link to nothing", "a device"])
def test_a_bundle_that_is_no_file(kind: str, tmp_path: Path) -> None:
    try:
        odd_file(kind)(tmp_path / "x")
    except PermissionError:
        pytest.skip("making a device takes root")
    assert refused(tmp_path / "x").reason == "bundle-unreadable"


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "x.zip").sentence


def test_a_name_with_separators_of_windows_in_a_folder(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "x", {**members(), "..\\pods.json": b"x"})
    assert refused(folder).reason == "bundle-name"


# sizes


def zeros(path: Path, name: str, size: int, method: int = zipfile.ZIP_DEFLATED, count: int = 1) -> Path:
    with zipfile.ZipFile(path, "w", method, compresslevel=9) as bundle:
        for number in range(count):
            with bundle.open(name.format(number), "w") as file:
                for _ in range(size >> 20):
                    file.write(bytes(1 << 20))
    return path


def test_a_bomb(tmp_path: Path) -> None:
    path = zeros(tmp_path / "x.zip", "manifest.json", 300 << 20)
    assert path.stat().st_size < 1 << 20
    assert refused(path).reason == "bundle-too-large"


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from kubesieve.doctor.bundle.loading import load
from kubesieve.faults import OwnFault
try:
    load(Path(sys.argv[1]))
except OwnFault as fault:
    print(fault.reason)
"""


def test_a_bomb_takes_no_more_memory_than_a_bundle_may(tmp_path: Path) -> None:
    """300 MiB of zeros a member, in a process of a GiB."""
    path = zeros(tmp_path / "x.zip", "{:04}.body", 300 << 20, count=2)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("bundle-too-large\n", "")


def test_a_bomb_in_many_pieces(tmp_path: Path) -> None:
    path = zeros(tmp_path / "x.zip", "{:04}.body", 100 << 20, count=3)
    assert refused(path).reason == "bundle-too-large"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_whose_memory_nothing_bounds(method: int, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", members(), compression=method)
    assert "compress" in refused(path).sentence


def test_more_members_than_a_bundle_has(tmp_path: Path) -> None:
    files = {**members(), **{f"{number:04}.body": b"" for number in range(5000)}}
    assert refused(zipped(tmp_path / "x.zip", files)).reason == "bundle-too-large"
    assert refused(unpacked(tmp_path / "x", files)).reason == "bundle-too-large"


def test_a_zip_that_is_too_large_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.truncate(20 << 30)
    assert refused(path).reason == "bundle-too-large"


def test_a_file_in_a_folder_that_is_too_large(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "x", members())
    with (folder / "0000.body").open("wb") as file:
        file.truncate(20 << 30)
    assert refused(folder).reason == "bundle-too-large"


def patched(path: Path, offset: int, value: int) -> Path:
    """A number of the first entry of the central directory, and of its local header, changed."""
    raw = bytearray(zipped(path, members()).read_bytes())
    central = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, central + offset, value)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("offset", "value"),
    [(24, 1), (24, 0xFFFF_FFFE), (24, 1 << 27), (20, 1), (16, 7), (42, 0x7FFF_FFFF), (42, 5)],
)
def test_sizes_and_places_that_lie(offset: int, value: int, tmp_path: Path) -> None:
    refused(patched(tmp_path / "x.zip", offset, value))


def test_an_encrypted_zip(tmp_path: Path) -> None:
    raw = bytearray(zipped(tmp_path / "x.zip", members()).read_bytes())
    at = 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        raw[at + 8] |= 1
        at += 4
    (tmp_path / "x.zip").write_bytes(raw)
    assert "encrypted" in refused(tmp_path / "x.zip").sentence


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06", b"PK\x03\x04" + bytes(100), b"{}", b"\x1f\x8b\x08" + bytes(50)]
)
def test_a_file_that_is_no_zip(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert refused(tmp_path / "x.zip").reason == "bundle-unreadable"


def test_a_zip_in_a_zip_is_a_body_like_any_other(tmp_path: Path) -> None:
    inner = zeros(tmp_path / "inner.zip", "manifest.json", 50 << 20).read_bytes()
    assert load(zipped(tmp_path / "x.zip", {**members(), "0000.body": inner})).exchanges[0].body == inner
