"""Files that are replaced while the program runs: certificates, CA bundles, tokens.

They are read again by path, so that a rename or a swapped symlink (how Kubernetes updates mounted volumes) counts, and
compared by content. New content that does not load is not taken: the old stays, and the problem is told once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from kubesieve.faults import OwnFault
from kubesieve.named_file import read_again

T = TypeVar("T")

Report = Callable[[str], None]
"""Takes one sentence for the operator's log."""


class Reloaded(Generic[T]):
    """A value made from files, made anew when their content changes.

    ``load`` takes the contents in the order of ``paths`` and raises OwnFault where they are no good. The first load
    happens at once and its fault is raised; a later one is reported, once for each change, and the old value stays.
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        load: Callable[..., T],
        *,
        what: str,
        report: Report = lambda _: None,
        every: float = 1.0,
    ) -> None:
        self._paths, self._load, self._what = paths, load, what
        self._report, self._every = report, every
        self._seen: tuple[bytes, ...] | str = self._read()
        self._value = load(*self._seen)
        self._checked = time.monotonic()

    def get(self) -> T:
        """The current value; looks at the files at most once in ``every`` seconds."""
        now = time.monotonic()
        if now - self._checked >= self._every:
            self._checked = now
            self._refresh()
        return self._value

    def _read(self) -> tuple[bytes, ...]:
        return tuple(read_again(path, self._what) for path in self._paths)

    def _refresh(self) -> None:
        try:
            content = self._read()
        except OwnFault as fault:
            self._keep_old(fault.sentence, fault)
            return
        if content == self._seen:
            return
        try:
            self._value = self._load(*content)
        except OwnFault as fault:
            self._keep_old(content, fault)
            return
        self._seen = content
        self._report(f"{self._what} in {', '.join(map(str, self._paths))} changed and was loaded")

    def _keep_old(self, seen: tuple[bytes, ...] | str, fault: OwnFault) -> None:
        if seen != self._seen:
            self._seen = seen
            self._report(f"kept the former content of {self._what}: {fault.sentence}")
