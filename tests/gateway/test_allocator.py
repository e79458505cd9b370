"""glibc keeps what large bodies free; any other C library is left as it is."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from kubesieve.gateway.allocator import keep_freed_memory

FAULTS = """
import resource, sys
from kubesieve.gateway.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for number in range(12):
    if number == 2:
        before = faults()
    held = [b"x" * 10_000_000 for _ in range(3)]
    del held
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_that_is_freed_is_used_again_without_asking_the_kernel() -> None:
    run = [sys.executable, "-c", FAULTS]
    faults = {
        way: int(subprocess.run([*run, way], capture_output=True, check=True).stdout) for way in ("kept", "as it is")
    }
    assert faults["kept"] < faults["as it is"] / 10


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert keep_freed_memory() is False
