"""A real Prometheus as a process, and what its HTTP API says."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.clients.programs import clean_environment
from tests.waiting import becomes

_OWN = "up|scrape_(duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added)"

Series = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus' HTTP API."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, query: str) -> float | None:
        result = self.get("query", query=query)["result"]
        return float(result[0]["value"][1]) if result else None

    def targets(self) -> dict[str, dict[str, Any]]:
        return {target["labels"]["job"]: target for target in self.get("targets", state="active")["activeTargets"]}

    def series(self, job: str) -> set[Series]:
        """What was scraped for a job, without what Prometheus adds of its own."""
        found = self.get("series", **{"match[]": f'{{job="{job}",__name__!~"{_OWN}"}}'})
        own = ("job", "instance")
        return {frozenset((name, value) for name, value in one.items() if name not in own) for one in found}


def _free_port() -> int:
    """One that nobody has now, and that the kernel gives nobody who asks for any port (Linux: from 32768 on)."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class RunningPrometheus:
    """Prometheus as a process, storing below a folder, ready inside the block."""

    def __init__(self, program: str, folder: Path, configuration: Path) -> None:
        address = f"127.0.0.1:{_free_port()}"
        self._command = [
            program,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
        ]
        self._log, self._url = folder / "log", f"http://{address}"

    def __enter__(self) -> Prometheus:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=clean_environment())
        if not becomes(self._ready, 15):
            self.__exit__()
            raise AssertionError(self._log.read_text())
        return Prometheus(self._url)

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self._url}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.1)
            return False

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
