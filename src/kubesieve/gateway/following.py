"""The configuration file, read again when it changes: by content, so that a swapped symlink counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration import Configuration, load
from kubesieve.gateway.configured import Deciders, fixed_changes
from kubesieve.gateway.deciding import Decider
from kubesieve.named_file import read_file
from kubesieve.reload import Report

EVERY_SECONDS = 1.0


class Following:
    """``run`` until cancelled: ``use`` gets the decider of each good change, ``told`` whether the last one was good.

    What cannot be used is said and the old decider stays. Requests under way end with the decider they began with.
    """

    def __init__(
        self,
        path: Path,
        configuration: Configuration,
        deciders: Deciders,
        use: Callable[[Decider], None],
        told: Callable[[bool], None],
        report: Report,
    ) -> None:
        self._path, self._configuration, self._deciders = path, configuration, deciders
        self._use, self._told, self._report = use, told, report
        self._seen: bytes | str = self._content()

    async def run(self, every: float = EVERY_SECONDS) -> None:
        while True:
            await asyncio.sleep(every)
            content = self._content()
            if content != self._seen:
                self._seen = content
                await self._change()

    def _content(self) -> bytes | str:
        try:
            return read_file(self._path, "a configuration")
        except OwnFault as fault:
            return fault.sentence

    async def _change(self) -> None:
        try:
            changed = load(self._path, self._deciders.environment)
            decider = await self._deciders.of(changed)
        except OwnFault as fault:
            self._told(False)
            self._report(f"the configuration changed and cannot be used, the old one stays: {fault.sentence}")
            return
        fixed = fixed_changes(self._configuration, changed)
        self._configuration = changed
        self._use(decider)
        self._told(True)
        self._report("the configuration changed and was loaded")
        if fixed:
            self._report(f"restart to use the changed {', '.join(fixed)} of the configuration")
