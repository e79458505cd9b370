"""Processes that are measured: kubesieve as people start it, nginx; their CPU seconds and their memory (Linux)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

STARTED_SECONDS = 20.0
NGINX = "/usr/sbin/nginx"


@dataclass(frozen=True, slots=True)
class Serving:
    """What listens: its address (``https://…``), its processes, the admin port of kubesieve."""

    url: str
    pids: tuple[int, ...]
    started_seconds: float
    admin: str = ""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """Of all its threads since they began, user and system."""
        return sum(time.clock_gettime(_cpu_clock(pid)) for pid in self.pids)

    def memory(self, what: str = "VmRSS") -> float:
        """MB: ``VmRSS`` now, ``VmHWM`` at the peak."""
        found = (re.findall(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in self.pids)
        return sum(int(kilobytes[0]) for kilobytes in found) / 1024

    def fetches(self) -> dict[str, int]:
        """How often kubesieve asked the kubelet, by endpoint and outcome."""
        with urlopen(f"{self.admin}/-/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(r'kubesieve_upstream_seconds_count\{endpoint="(\w+)",outcome="(\S+)"\} (\S+)', text)
        return {f"{endpoint} {outcome}": int(float(count)) for endpoint, outcome, count in found}

    def open_files(self) -> int:
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids)


def _cpu_clock(pid: int) -> int:
    """The clock of another process' CPU time, as Linux numbers them (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def kubesieve(configuration: Path) -> Iterator[Serving]:
    """``kubesieve serve`` by a configuration file; it says where it listens."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "kubesieve", "serve", "--config", str(configuration)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        admin = url = ""
        for line in process.stderr:
            if "admin on " in line:
                admin = line.split()[-1]
            if line.startswith("listening on "):
                url = line.split()[-1]
                break
        if not url:
            raise SystemExit("kubesieve did not start")
        yield Serving(url, (process.pid,), _until_open(url, started), admin)
    finally:
        process.terminate()
        process.wait(STARTED_SECONDS)


def has_nginx() -> bool:
    return Path(NGINX).exists() or shutil.which("nginx") is not None


@contextmanager
def nginx(certificates: Path, name: str, locations: str) -> Iterator[Serving]:
    """Debian's nginx with one worker, in a folder of this name beside the certificates."""
    folder = certificates / name
    folder.mkdir()
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    configuration = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(_NGINX_CONF.format(folder=folder, port=port, locations=locations, user=user))
    started = time.monotonic()
    process = subprocess.Popen(
        [shutil.which("nginx") or NGINX, "-p", str(folder), "-c", str(configuration)], start_new_session=True
    )
    try:
        seconds = _until_open(url, started)
        yield Serving(url, (process.pid, *_workers(process.pid)), seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STARTED_SECONDS)


def _workers(pid: int) -> list[int]:
    """The processes it has begun: they come after the socket."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not children.read_text():
        time.sleep(0.01)
    return list(map(int, children.read_text().split()))


_NGINX_CONF = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  sendfile on; tcp_nopush on;
  access_log off;
  client_body_temp_path {folder}/client; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 100000;
  server {{
    listen 127.0.0.1:{port} ssl backlog=512;
    ssl_certificate {folder}/../tls.crt; ssl_certificate_key {folder}/../tls.key; ssl_protocols TLSv1.3;
    default_type "text/plain; version=0.0.4; charset=utf-8";
    {locations}
  }}
}}
"""


def _until_open(url: str, started: float) -> float:
    """Seconds from then until connections are taken."""
    port = int(url.rpartition(":")[2])
    while time.monotonic() < started + STARTED_SECONDS:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.002)
        else:
            return time.monotonic() - started
    raise SystemExit(f"nothing listens on {url}")
