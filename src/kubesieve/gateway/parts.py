"""What a pipeline works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from kubesieve.gateway.deciding import Decider
from kubesieve.gateway.kubelets import Kubelets
from kubesieve.gateway.limits import Places, Rates, Slots
from kubesieve.gateway.scrapes import TokenDigest
from kubesieve.gateway.settings import ContainerLogs
from kubesieve.gateway.telemetry import Telemetry


@dataclass(slots=True)
class Parts:
    """``seconds`` bounds the work on one answer. ``decider`` may be replaced while it works: a request ends under the
    one it began with. ``logs`` are those under way; ``stopping`` ends them.
    """

    kubelets: Kubelets
    decider: Decider
    slots: Slots
    rates: Rates
    telemetry: Telemetry
    digest: TokenDigest
    report: Callable[[str], None]
    seconds: float
    container_logs: ContainerLogs
    log_places: Places
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
