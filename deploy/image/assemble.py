"""Makes the root of the image: a Python, kubesieve with all it needs, the shared libraries of both, and nothing else.

    python assemble.py PACKAGES ROOT

``PACKAGES`` is a folder that ``pip install --target`` filled; ``ROOT`` is made anew. The interpreter that runs this is
the one that the image gets, moved to /usr/local. There is no shell in it, no package manager and no C compiler; the
same inputs give the same files, whose times are SOURCE_DATE_EPOCH (seconds, default 0).

Needs Linux with glibc, and ``ldd`` beside the interpreter. Exits with a sentence where something is not as it expects.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

USER = 65532
PREFIX = Path("usr/local")
PACKAGES = Path("opt/kubesieve")
CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
COMMANDS = ("kubesieve", "kubectl-kubesieve")
LAUNCHER = f"""#!/{PREFIX}/bin/python3 -I
import sys

sys.path.insert(0, "/{PACKAGES}")
from kubesieve.cli.main import main

main()
"""
ACCOUNTS = {
    "etc/passwd": f"root:x:0:0::/:/none\nkubesieve:x:{USER}:{USER}::/:/none\n",
    "etc/group": f"root:x:0:\nkubesieve:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
UNUSED = (
    "config-*", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "dist-packages", "test", "tests",
    "tkinter", "turtledemo", "turtle.py", "_tkinter*", "_test*", "_ctypes_test*", "xxlimited*", "_xxtestfuzz*",
    "curses", "_curses*", "readline*", "sqlite3", "_sqlite3*", "nis*", "dbm", "_dbm*", "_gdbm*", "crypt.py", "_crypt*",
    "distutils", "__pycache__", "*.a", "*.o",
)  # fmt: skip
"""Of the standard library: what no server imports, and what belongs to the machine it was built on."""
UNUSED_OF_PACKAGES = ("bin", "__pycache__", "direct_url.json", "*.pyx", "*.pxd", "*.pxi", "*.c", "*.h", "tests")
_USR = ("bin", "lib", "lib64", "sbin")


def assemble(packages: Path, root: Path) -> None:
    """Fills ``root``. Raises SystemExit with a sentence where the machine is not as it has to be."""
    if root.exists():
        shutil.rmtree(root)
    _skeleton(root)
    _python(root)
    shutil.copytree(packages, root / PACKAGES, ignore=shutil.ignore_patterns(*UNUSED_OF_PACKAGES), symlinks=False)
    for command in COMMANDS:
        _write(root / PREFIX / "bin" / command, LAUNCHER, mode=0o755)
    _libraries(root)
    _compile(root)
    _settle(root)


def _skeleton(root: Path) -> None:
    for name in _USR:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    (root / "tmp").mkdir()
    for name, text in ACCOUNTS.items():
        _write(root / name, text)
    certificates = Path("/") / CERTIFICATES
    if certificates.exists():
        _write(root / CERTIFICATES, certificates.read_text())


def _python(root: Path) -> None:
    """The interpreter finds its library by its own place: moved together, they work anywhere."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    binary = root / PREFIX / "bin" / "python3"
    binary.parent.mkdir(parents=True)
    shutil.copy(Path(sys._base_executable).resolve(), binary)  # type: ignore[attr-defined]
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    shutil.copytree(library, root / PREFIX / "lib" / version, ignore=shutil.ignore_patterns(*UNUSED), symlinks=False)


def _libraries(root: Path) -> None:
    """Every shared library that anything in the root needs, in the folder that the loader looks in by itself."""
    folder = root / "usr/lib" / (sysconfig.get_config_var("MULTIARCH") or "")
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(_needed(list(_binaries(root)))):
        target = folder / source.name
        if source.name.startswith("ld-linux"):
            target = root / source.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(source.resolve(), target)


def _binaries(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def _needed(binaries: Iterable[Path]) -> set[Path]:
    """What ``ldd`` finds for them; a library that a wheel brings along is where the wheel has it already."""
    found = set()
    for binary in binaries:
        said = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False, env=_where_python_is())  # noqa: S603, S607
        for line in said.stdout.splitlines():
            words = line.split()
            if "not found" in line:
                sys.exit(f"assemble: expected every library of {binary.name} to be here; got none for {words[0]}")
            path = next((Path(word) for word in words if word.startswith("/")), None)
            if path and not path.is_relative_to(binary.parents[1]) and path != binary:
                found.add(path)
    return found


def _where_python_is() -> dict[str, str]:
    """A moved interpreter no longer names the place of its own libpython."""
    return {"LD_LIBRARY_PATH": str(Path(sys.base_prefix) / "lib"), "PATH": os.environ["PATH"]}


def _compile(root: Path) -> None:
    """Nothing can be written beside the sources later, and their times say nothing: bytecode that is not checked."""
    for folder in (root / PREFIX / "lib", root / PACKAGES):
        done = compileall.compile_dir(
            folder,
            quiet=2,
            stripdir=str(root),
            prependdir="/",
            force=True,
            workers=1,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        if not done:
            sys.exit(f"assemble: expected all sources below {folder.relative_to(root)} to compile")


def _settle(root: Path) -> None:
    """Modes and times as they are to be in the image, whatever they were here."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    for path in sorted(root.rglob("*"), reverse=True):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    (root / "tmp").chmod(0o1777)
    os.utime(root, (epoch, epoch))


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    assemble(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
