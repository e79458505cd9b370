"""A release: one version everywhere, valid metadata, nothing forgotten; and no release out of what is not committed."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from kubesieve import __version__
from tests.conftest import ROOT

HELM = ROOT / ".venv/tools/helm"


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", ROOT / "deploy/release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_package_chart_and_overlays_are_of_one_version(release: ModuleType) -> None:
    found = release.versions()
    found.pop("CHANGELOG.md")
    assert set(found.values()) == {__version__}
    assert len(found) > 4


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            {"src/kubesieve/__init__.py": "1.2.3", "CHANGELOG.md": ""},
            "expected 1.2.3 everywhere; got CHANGELOG.md: none",
        ),
        ({"src/kubesieve/__init__.py": "1.2.3", "x": "1.2.4"}, "expected 1.2.3 everywhere; got x: 1.2.4"),
        ({"src/kubesieve/__init__.py": "1.2"}, "expected a semantic version; got 1.2"),
        ({"src/kubesieve/__init__.py": "1.2.3+local"}, "expected a semantic version"),
        ({"src/kubesieve/__init__.py": "01.2.3"}, "expected a semantic version"),
    ],
)
def test_versions_that_differ_or_are_none_are_no_release(release: ModuleType, found: dict[str, str], said: str) -> None:
    with pytest.raises(SystemExit, match=re.escape(said)):
        release.check_versions(found)


@pytest.mark.parametrize("version", ["0.1.0", "1.2.3", "2.0.0-rc.1"])
def test_semantic_versions_are_taken(release: ModuleType, version: str) -> None:
    assert release.check_versions({"src/kubesieve/__init__.py": version, "x": version}) == version


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed here, with a changelog that has this version."""
    folder = tmp_path_factory.mktemp("release") / "clone"
    if subprocess.run(["git", "clone", "-q", ROOT, folder], check=False, capture_output=True).returncode:
        pytest.skip("this is no git repository")
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased", f"## {__version__} - 2026-01-01", 1))
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *who, "commit", "-qam", "release"], check=True)
    return folder


def _release(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "deploy/release.py", "out", "--wheels", "local", "--helm", str(HELM)]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


def test_what_is_not_committed_is_not_released(clone: Path) -> None:
    (clone / "new").write_text("")
    done = _release(clone)
    (clone / "new").unlink()
    assert done.returncode == 1
    assert "expected a clean work tree" in done.stderr
    assert not (clone / "out").exists()


@pytest.mark.parametrize("place", [".", "..", "src", "mine"])
def test_what_is_no_release_is_not_written_over(clone: Path, place: str) -> None:
    (clone.parent / "mine").mkdir(exist_ok=True)
    (clone.parent / "mine/keep").write_text("")
    out = clone.parent / "mine" if place == "mine" else clone / place
    before = sorted(out.iterdir())
    command = [sys.executable, "deploy/release.py", str(out), "--wheels", "local", "--helm", str(HELM)]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "to be empty, or an earlier release" in done.stderr
    assert sorted(out.iterdir()) == before


def test_a_folder_that_is_empty_or_an_earlier_release_is_taken(release: ModuleType, tmp_path: Path) -> None:
    release.check_place(tmp_path / "new")
    release.check_place(tmp_path)
    (tmp_path / "SHA256SUMS").write_text("")
    (tmp_path / "old.whl").write_text("")
    release.check_place(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_release_has_everything_and_its_sums_are_right(release: ModuleType, clone: Path) -> None:
    if not HELM.exists():
        pytest.skip("helm is not installed (make tools)")
    (clone / "src/kubesieve/build").mkdir()
    (clone / "src/kubesieve/build/stray.py").write_text("")
    done = _release(clone)
    assert done.returncode == 0, done.stderr
    out = clone / "out"
    names = {path.name for path in out.iterdir()}
    assert {f"kubesieve-{__version__}.tar.gz", f"kubesieve-{__version__}.tgz", "SHA256SUMS"} <= names
    assert f"kubesieve-image-{__version__}.tar.gz" in names
    assert [name for name in names if name.endswith(".whl")]
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == names - {"SHA256SUMS"}
    assert all(hashlib.sha256((out / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    assert "not signed" in done.stdout
    for path in (*out.glob("*.whl"), out / f"kubesieve-{__version__}.tar.gz"):
        assert not [name for name in release._names(path) if "stray" in name]


@pytest.mark.slow
def test_a_package_that_lacks_a_file_is_no_release(release: ModuleType, clone: Path, tmp_path: Path) -> None:
    wheels = list((clone / "out").glob("*.whl")) if (clone / "out").exists() else []
    if not wheels:
        pytest.skip("no wheel was made before")
    shutil.copy(wheels[0], tmp_path)
    release.check_metadata(tmp_path, __version__)
    with pytest.raises(SystemExit, match=r"to be of 9\.9\.9"):
        release.check_metadata(tmp_path, "9.9.9")
    command = [sys.executable, "-c", _WITHOUT, str(tmp_path / wheels[0].name)]
    subprocess.run(command, check=True)
    with pytest.raises(SystemExit, match=r"expected naive_proxy\.txt in"):
        release.check_metadata(tmp_path, __version__)


_WITHOUT = """
import sys, zipfile
path = sys.argv[1]
with zipfile.ZipFile(path) as wheel:
    kept = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("naive_proxy.txt")}
with zipfile.ZipFile(path, "w") as wheel:
    for name, content in kept.items():
        wheel.writestr(name, content)
"""
