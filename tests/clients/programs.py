"""Programs as people run them: ``kubesieve serve`` and curl as processes, over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from tests.waiting import becomes

KUBESIEVE = (sys.executable, "-m", "kubesieve")
_OURS = ("KUBELET_", "ALLOWED_", "KUBESIEVE_", "_KUBESIEVE_")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what would steer kubesieve or curl."""
    steering = (*_OURS, "PYTHON")  # PYTHONUNBUFFERED would hide what a buffer does
    kept = {k: v for k, v in os.environ.items() if not k.startswith(steering) and not k.lower().endswith("_proxy")}
    return {**kept, **extra}


class Serving:
    """``kubesieve serve`` as a process of its own. ``records`` is the file its stdout goes to."""

    def __init__(self, arguments: Sequence[str], records: Path, environment: dict[str, str] | None = None) -> None:
        self.records = records
        with records.open("wb") as file:
            self._begin(arguments, file.fileno(), environment)

    def _begin(self, arguments: Sequence[str], stdout: int, environment: dict[str, str] | None) -> None:
        self.process = subprocess.Popen(
            [*KUBESIEVE, "serve", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(**(environment or {})),
        )
        self.sentences: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not becomes(lambda: self.address or self.process.poll() is not None, 15) or not self.address:
            self.process.kill()
            raise AssertionError(f"it does not listen: {self.sentences}")

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.sentences.append(line.rstrip("\n"))

    @property
    def address(self) -> str:
        """The tenants' port, as a URL; empty until it is told."""
        return next((line.split()[-1] for line in self.sentences if line.startswith("listening on ")), "")

    @property
    def admin_address(self) -> str:
        return next(line.split()[-1] for line in self.sentences if "admin on " in line)

    def listens(self) -> bool:
        url = URL(self.address)
        try:
            socket.create_connection((url.host or "", url.port or 0), timeout=2).close()
        except ConnectionRefusedError:
            return False
        return True

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 20) -> int:
        """The exit code."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def stop(self) -> None:
        if self.process.poll() is None:
            self.terminate()
        try:
            self.wait()
        finally:
            self.process.kill()
            assert self.process.stderr is not None
            self.process.stderr.close()


class UnreadServing(Serving):
    """The same, with a stdout that is a pipe nobody reads."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._begin(arguments, subprocess.PIPE, None)

    def stop(self) -> None:
        super().stop()
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass(frozen=True, slots=True)
class Curled:
    """What curl got: its exit code, the answer's status, headers in lower case, and body; its stderr."""

    code: int
    status: int
    headers: dict[str, str]
    body: bytes
    stderr: str


@dataclass(frozen=True, slots=True)
class Curl:
    """curl with a CA and a token."""

    program: str
    url: str
    ca: Path
    authorization: str

    def command(self, *arguments: str) -> list[str]:
        common = ["-q", "--silent", "--show-error", "--max-time", "15", "--cacert", str(self.ca)]
        return [self.program, *common, "--header", f"Authorization: {self.authorization}", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self.command(*arguments), capture_output=True, timeout=20, env=clean_environment())

    def ask(self, path: str, *options: str) -> Curled:
        """One answer with its headers."""
        done = self.run("--include", *options, self.url + path)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1]) if first else 0
        return Curled(done.returncode, status, headers, body, done.stderr.decode())
