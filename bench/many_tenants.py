"""Fifty tenants that scrape every endpoint of one node for a minute, each with a certificate of its own.

Nothing is asserted but that no foreign byte came and no answer failed: read the figures. Everything is on loopback.

    python bench/many_tenants.py [SECONDS]
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import aiohttp
import yaml

from kubesieve.kubelet.endpoints import ENDPOINTS
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import build_node
from kubesieve.stage.pki import Authority

TENANTS, PODS, EVERY = 50, 110, 1.0
OWN = re.compile(rb'"?namespace"?\s*[=:]\s*"([^"]*)"')


@dataclass
class Seen:
    """What came: statuses, foreign namespaces, seconds an answer took, bytes."""

    statuses: Counter[int] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    size: int = 0


def main(seconds: float) -> int:
    node = build_node(pods=PODS, namespaces=TENANTS, seed=1)
    with tempfile.TemporaryDirectory() as place, FakeKubelet(node) as kubelet:
        folder = Path(place)
        names = [name for name in node.namespaces if name.startswith("team-")][:TENANTS]
        configuration, clients = _write(folder, kubelet, names)
        serve = subprocess.Popen(
            [sys.executable, "-m", "kubesieve", "serve", "--config", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            url, admin = _addresses(serve)
            before = _state(serve.pid)
            seen = asyncio.run(_scrape_all(url, clients, seconds))
            _report(seen, seconds, before, _state(serve.pid), _fetches(admin), len(names))
        finally:
            serve.terminate()
            serve.wait(20)
    return int(bool(seen.foreign) or set(seen.statuses) != {200})


def _write(folder: Path, kubelet: FakeKubelet, names: list[str]) -> tuple[Path, dict[str, Path]]:
    server, issuer = Authority().issue(), Authority("clients")
    files = {"ca.crt": kubelet.ca_pem, "token": kubelet.tokens["kubelet-proxy"].encode(), "clients.crt": issuer.pem}
    for name, content in {**files, "tls.crt": server.cert, "tls.key": server.key}.items():
        (folder / name).write_bytes(content)
    clients = {}
    for name in names:
        clients[name] = folder / f"{name}.pem"
        clients[name].write_bytes(issuer.issue_client(name).chain)
    tls = {key: str(folder / file) for key, file in (("certFile", "tls.crt"), ("keyFile", "tls.key"))}
    tenants = [{"name": one, "subjects": [{"kind": "User", "name": one}], "namespaces": [one]} for one in names]
    whole = {
        "apiVersion": "kubesieve.io/v1alpha1",
        "kind": "Configuration",
        "listen": {"address": "127.0.0.1:0", "tls": {**tls, "clientCAFile": str(folder / "clients.crt")}},
        "admin": {"address": "127.0.0.1:0"},
        "kubelet": {"url": kubelet.url, "caFile": str(folder / "ca.crt"), "tokenFile": str(folder / "token")},
        "identity": {"clientCertificates": True},
        "grants": {"tenants": tenants},
        "limits": {"requestsPerPeer": 200, "connectionsPerPeer": 500},
    }
    path = folder / "kubesieve.yaml"
    path.write_text(yaml.safe_dump(whole))
    return path, clients


def _addresses(serve: subprocess.Popen[str]) -> tuple[str, str]:
    """The tenants' and the admin port, as they are said."""
    assert serve.stderr is not None
    admin = ""
    for line in serve.stderr:
        if "admin on " in line:
            admin = line.split()[-1]
        if line.startswith("listening on "):
            return line.split()[-1], admin
    raise SystemExit("kubesieve did not start")


async def _scrape_all(url: str, clients: dict[str, Path], seconds: float) -> Seen:
    seen, end = Seen(), time.monotonic() + seconds
    await asyncio.gather(*(_scrape(url, name, chain, end, seen) for name, chain in clients.items()))
    return seen


async def _scrape(url: str, name: str, chain: Path, end: float, seen: Seen) -> None:
    """One tenant: every endpoint, one after the other, once a second."""
    context = ssl._create_unverified_context()
    context.load_cert_chain(chain)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        while time.monotonic() < end:
            started = time.monotonic()
            for endpoint in ENDPOINTS:
                at = time.monotonic()
                async with session.get(url + endpoint.path) as response:
                    body = await response.read()
                seen.seconds.append(time.monotonic() - at)
                seen.statuses[response.status] += 1
                seen.size += len(body)
                seen.foreign.update(found.decode() for found in OWN.findall(body) if found not in (name.encode(), b""))
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - started)))


def _state(pid: int) -> tuple[float, int]:
    """Resident memory (MB), open files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd"))


def _fetches(admin: str) -> dict[str, int]:
    """How often the kubelet was asked, by endpoint."""
    with urlopen(f"{admin}/-/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r'kubesieve_upstream_seconds_count\{endpoint="(\w+)",outcome="(\S+)"\} (\S+)', text)
    return {f"{endpoint} {outcome}": int(float(count)) for endpoint, outcome, count in found}


def _report(
    seen: Seen,
    seconds: float,
    before: tuple[float, int],
    after: tuple[float, int],
    fetches: dict[str, int],
    tenants: int,
) -> None:
    took = sorted(seen.seconds)
    rows = {
        "tenants, seconds": f"{tenants}, {seconds:.0f}",
        "answers, by status": dict(seen.statuses),
        "foreign namespaces": dict(seen.foreign) or "none",
        "MB to tenants": round(seen.size / 1e6),
        "seconds an answer: median, 99 %": f"{took[len(took) // 2]:.4f}, {took[len(took) * 99 // 100]:.4f}",
        "kubelet asked": fetches,
        "memory of serve, MB: before, after": f"{before[0]:.0f}, {after[0]:.0f}",
        "open files of serve: before, after": f"{before[1]}, {after[1]}",
    }
    for name, value in rows.items():
        print(f"{name:38} {value}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
