"""The configuration file, read again when it changes: by content, so that a swapped symlink counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kubesieve.faults import Fault
from kubesieve.gateway.configuration import ConfigurationFault, read
from kubesieve.gateway.configured import RESTART, Configured, Deciders, in_effect, waiting
from kubesieve.gateway.deciding import Decider
from kubesieve.named_file import read_again
from kubesieve.reload import Report

EVERY_SECONDS = 1.0


class Following:
    """``run`` until cancelled: ``use`` gets the decider of each good change, ``told`` whether the file as it is now is
    good, and whether something of it waits for a restart.

    What cannot be used is said once and the old decider stays; it is tried again, where another file may mend it.
    Requests under way end with the decider they began with.
    """

    def __init__(
        self,
        configured: Configured,
        deciders: Deciders,
        use: Callable[[Decider], None],
        told: Callable[[bool, bool], None],
        report: Report,
    ) -> None:
        self._path, self._now = configured.path, configured.configuration
        self._deciders, self._use, self._told, self._report = deciders, use, told, report
        self._seen: bytes | None = None
        self._said = ""

    async def run(self, every: float = EVERY_SECONDS) -> None:
        while True:
            await asyncio.sleep(every)
            await self.look()

    async def look(self) -> None:
        """One look at the file. Raises nothing but a cancellation: a look that goes wrong is not the last one."""
        try:
            content = await asyncio.to_thread(read_again, self._path, "a configuration")
            if content != self._seen:
                await self._change(content)
        except ConfigurationFault as fault:
            self._bad(fault.sentence, content)
        except Fault as fault:
            self._bad(fault.sentence, restart=fault.reason == RESTART)
        except Exception as error:  # an unforeseen one is ours, and the next file may be read all the same
            self._bad(f"an error of ours: {type(error).__name__}")

    async def _change(self, content: bytes) -> None:
        """Raises ConfigurationFault, OwnFault."""
        changed = await asyncio.to_thread(read, content, self._deciders.environment)
        effective = in_effect(self._now, changed)
        if effective != self._now:
            decider = await self._deciders.of(effective)
            self._use(decider)
            self._now = effective
            self._report("the configuration changed and was loaded")
        left = waiting(effective, changed)
        if left:
            self._report(f"restart to use the changed {', '.join(left)} of the configuration")
        self._told(True, bool(left))
        self._seen, self._said = content, ""

    def _bad(self, sentence: str, seen: bytes | None = None, *, restart: bool = False) -> None:
        """``seen`` is not looked at again; without it, the next look tries again."""
        self._seen = seen
        self._told(False, restart)
        if sentence != self._said:
            self._said = sentence
            self._report(f"the configuration changed and cannot be used, the old one stays: {sentence}")
