"""Makes everything of a release in a folder, checks it, and writes down what it is; signing is the last step.

    python deploy/release.py OUT [--wheels local|all] [--helm F] [--sign KEY]

OUT has then: the sdist and the wheels made of it, the chart, the recipe of the image (its Dockerfile and locks), and
SHA256SUMS, with ``--sign`` also SHA256SUMS.asc by gpg. The versions of package, chart, overlays and changelog have to
be one; the work tree has to be clean. ``--wheels all`` runs cibuildwheel (an engine is needed), ``local`` makes this
machine's own. Exits with a sentence where something is not as it has to be. docs/releasing.md has the whole process.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.metadata import Metadata
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
CHART = "deploy/chart/kubesieve"
SUMS = "SHA256SUMS"
RECIPE = ("deploy/image", "pyproject.toml", "README.md", "LICENSE", "src")
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
"""The core and the pre-release of a version as semver.org has them; no build metadata, which images cannot carry."""


def versions(root: Path = ROOT) -> dict[str, str]:
    """Every place that says a version, and what it says."""
    chart = yaml.safe_load((root / "deploy/chart/kubesieve/Chart.yaml").read_text())
    found = {
        "src/kubesieve/__init__.py": _first(root / "src/kubesieve/__init__.py", r'__version__ = "(.*)"'),
        "Chart.yaml, version": chart["version"],
        "Chart.yaml, appVersion": chart["appVersion"],
        "CHANGELOG.md": _first(root / "CHANGELOG.md", r"## (\d\S*)"),
    }
    for path in sorted((root / "deploy/kustomize").rglob("kustomization.yaml")):
        for image in yaml.safe_load(path.read_text()).get("images", ()):
            found[str(path.relative_to(root))] = image["newTag"]
    return found


def check_versions(found: dict[str, str]) -> str:
    """The one version. Raises SystemExit where there are two, or where it is no semantic version."""
    wrong = {where: version for where, version in found.items() if version != found["src/kubesieve/__init__.py"]}
    version = found["src/kubesieve/__init__.py"]
    if wrong:
        told = "; ".join(f"{where}: {other or 'none'}" for where, other in wrong.items())
        sys.exit(f"release: expected {version} everywhere; got {told}")
    if not SEMANTIC.fullmatch(version):
        sys.exit(f"release: expected a semantic version; got {version}")
    return version


def check_metadata(out: Path, version: str) -> None:
    """Core metadata of each sdist and wheel has to be valid and of this version, and what is needed inside."""
    for path in _packages(out):
        names = _names(path)
        metadata = Metadata.from_email(_read(path, r"(^|\.dist-info/|^[^/]+/)(METADATA|PKG-INFO)$"), validate=True)
        if metadata.version != Version(version) or metadata.license_expression is None:
            sys.exit(f"release: expected {path.name} to be of {version} and under a licence; got {metadata.version}")
        for wanted in ("configuration.schema.json", "naive_proxy.txt", "datadog_values.yaml", "py.typed", "LICENSE"):
            if not any(name.endswith(wanted) for name in names):
                sys.exit(f"release: expected {wanted} in {path.name}; it is not there")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wheels", choices=["local", "all"], default="all")
    parser.add_argument("--helm", default="helm")
    parser.add_argument("--sign", metavar="KEY")
    given = parser.parse_args()
    version = check_versions(versions())
    if _run("git", "status", "--porcelain").strip():
        sys.exit("release: expected a clean work tree; commit first")
    out = given.out.resolve()
    check_place(out)
    with tempfile.TemporaryDirectory(prefix="kubesieve-release-") as folder:
        made = Path(folder) / "out"
        made.mkdir()
        make(Path(folder) / "source", made, version, given)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(made, out)
    print((out / SUMS).read_text(), end="")
    print(f"{version}: {len(list(out.iterdir()))} files in {given.out}" + ("" if given.sign else ", not signed"))


def check_place(out: Path) -> None:
    """A folder that is not there, that is empty, or that holds an earlier release. Raises SystemExit for others."""
    strange = out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / SUMS).is_file()))
    if strange or ROOT.is_relative_to(out):
        sys.exit(f"release: expected {out} to be empty, or an earlier release; got something else, which stays")


def make(source: Path, out: Path, version: str, given: argparse.Namespace) -> None:
    """Fills ``out`` from what is committed, and from nothing else that lies about."""
    _run("git", "clone", "--quiet", str(ROOT), str(source))
    _run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", str(out), str(source))
    sdist = next(out.glob("*.tar.gz"))
    if given.wheels == "all":
        _run(sys.executable, "-m", "cibuildwheel", "--platform", "linux", "--output-dir", str(out), str(sdist))
    else:
        pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
        _run(*pip, "--wheel-dir", str(out), str(sdist))
    check_metadata(out, version)
    _run(given.helm, "package", str(source / CHART), "--destination", str(out))
    recipe = out / f"kubesieve-image-{version}.tar.gz"
    _run("git", "archive", "--format=tar.gz", f"--output={recipe}", "HEAD", *RECIPE)
    sums = out / SUMS
    sums.write_text("".join(f"{_digest(path)}  {path.name}\n" for path in sorted(out.iterdir())))
    if given.sign:
        _run("gpg", "--batch", "--yes", "--local-user", given.sign, "--armor", "--detach-sign", str(sums))


def _packages(out: Path) -> Iterator[Path]:
    yield from sorted([*out.glob("*.whl"), *out.glob("kubesieve-*.tar.gz")])


def _names(path: Path) -> list[str]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.namelist()
    with tarfile.open(path) as sdist:
        return sdist.getnames()


def _read(path: Path, pattern: str) -> bytes:
    name = next(name for name in _names(path) if re.search(pattern, name))
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(name)
    with tarfile.open(path) as sdist:
        file = sdist.extractfile(name)
        assert file is not None  # noqa: S101 - for the type checker: a name of the list is a file
        return file.read()


def _first(path: Path, pattern: str) -> str:
    found = re.search(rf"^{pattern}", path.read_text(), re.MULTILINE)
    return found[1] if found else ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(*command: str) -> str:
    """stdout. Raises SystemExit with what the command said where it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        sys.exit(f"release: expected to run {command[0]}; got: {error.strerror}")
    if done.returncode:
        sys.exit(f"release: {' '.join(command[:4])}: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


if __name__ == "__main__":
    main()
