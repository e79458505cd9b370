"""The image: its Dockerfile by hadolint's rules and our own, its locks, and its root, made here and run."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.conftest import ROOT

IMAGE = ROOT / "deploy/image"
DOCKERFILE = IMAGE / "Dockerfile"
LOCKS = ("runtime.lock", "build.lock")
TOOLS = {"sh", "bash", "dash", "ash", "busybox", "apt", "apt-get", "dpkg", "pip", "pip3", "gcc", "cc", "curl", "wget"}


def _instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with their words, lines joined, comments gone."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_hadolint_has_nothing_to_say() -> None:
    binary = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([binary, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_from_scratch_and_nobody_in_it_is_root() -> None:
    found = _instructions()
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    stage = dict(found[last:])
    assert stage["FROM"] == "scratch"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", stage["USER"])
    assert stage["ENTRYPOINT"] == '["kubesieve"]'
    assert not {"RUN", "ADD", "SHELL", "VOLUME"} & set(stage)


def test_nothing_is_installed_that_no_lock_file_names() -> None:
    commands = [part for word, rest in _instructions() if word == "RUN" for part in rest.split("&&")]
    pips = [command for command in commands if re.search(r"pip (install|download|wheel)", command)]
    assert len(pips) == 5
    assert all("--require-hashes" in one or {"--no-deps", "--no-index"} <= set(one.split()) for one in pips)


def test_only_the_first_stage_needs_the_network() -> None:
    stages = DOCKERFILE.read_text().split("\nFROM ")[1:]
    assert ["apt-get" in stage or "pip download" in stage for stage in stages] == [True, False, False, False]


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^ \\]+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_images_locks_agree_with_the_repositorys(name: str) -> None:
    pins, known = _pins(IMAGE / name), _pins(ROOT / "requirements.lock")
    assert pins
    assert pins.items() <= known.items()


def test_the_ignore_file_lets_in_what_is_copied() -> None:
    lines = (IMAGE / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = tuple(line[1:] for line in lines if line.startswith("!"))
    copies = [rest.split()[:-1] for word, rest in _instructions() if word == "COPY" and "--from" not in rest]
    sources = {source for sources in copies for source in sources}
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert not [one for one in sources if not any(one == name or one.startswith(f"{name}/") for name in let_in)]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would have put there, out of this interpreter's own packages."""
    folder = tmp_path_factory.mktemp("image") / "packages"
    for name in _pins(IMAGE / "runtime.lock"):
        for file in distribution(name).files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file() and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / file)
    shutil.copytree(ROOT / "src/kubesieve", folder / "kubesieve")
    return folder


def _assembled(packages: Path, root: Path) -> Path:
    command = [sys.executable, IMAGE / "assemble.py", packages, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def root(packages: Path) -> Path:
    return _assembled(packages, packages.with_name("root"))


def test_there_is_no_shell_no_compiler_and_nothing_that_gives_rights(root: Path) -> None:
    files = [path for path in root.rglob("*") if not path.is_symlink()]
    assert not TOOLS & {path.name for path in files if path.is_file() and os.access(path, os.X_OK)}
    assert not [path for path in files if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    assert [path.relative_to(root).as_posix() for path in files if path.stat().st_mode & stat.S_IWOTH] == ["tmp"]
    assert not [path for path in files if path.suffix in (".pyx", ".c", ".a")]


def test_the_same_inputs_give_the_same_files_and_times(packages: Path, root: Path) -> None:
    again = _assembled(packages, packages.with_name("again"))
    assert _facts(again) == _facts(root)
    shutil.rmtree(again)


def _facts(root: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in root.rglob("*"):
        facts = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[path.relative_to(root).as_posix()] = (facts.st_mode, int(facts.st_mtime), content)
    return found


def _inside(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    chroot = shutil.which("chroot") or "chroot"
    command = [chroot, "--userspec=65532:65532", root, f"/usr/local/bin/{words[0]}", *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kubectl-kubesieve", "policy"), "endpoint"),
        (("kubesieve", "explain", "KS0301"), "KS0301"),
        (("python3", "-I", "-c", "import ssl, zlib, json, asyncio; print('fine')"), "fine"),
    ],
)
def test_it_runs_alone_as_nobody(root: Path, words: tuple[str, ...], said: str) -> None:
    done = _inside(root, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(said)


def test_its_readers_are_those_of_its_packages(root: Path) -> None:
    here = subprocess.run([sys.executable, "-m", "kubesieve", "version"], capture_output=True, text=True, check=True)
    assert _inside(root, "kubesieve", "version").stdout == here.stdout


def test_a_library_that_is_not_here_is_named_and_no_root_is_called_done(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    module = tmp_path / "packages/lost.so"
    module.parent.mkdir()
    library = tmp_path / "libgone.so"
    for output, more in ((library, []), (module, [f"-L{tmp_path}", "-Wl,--no-as-needed", "-lgone"])):
        subprocess.run(["gcc", "-shared", "-o", output, "-x", "c", "/dev/null", "-x", "none", *more], check=True)
    library.unlink()
    command = [sys.executable, IMAGE / "assemble.py", module.parent, tmp_path / "root"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "expected every library of lost.so to be here; got none for libgone.so" in done.stderr
