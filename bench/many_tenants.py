"""Fifty tenants that scrape every endpoint of one node, each with a certificate of its own.

Nothing is asserted but that no foreign byte came and no answer failed: read the figures. Everything is on loopback.

    python bench/many_tenants.py [SECONDS [AT_ONCE]]
"""

from __future__ import annotations

import asyncio
import re
import resource
import ssl
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from processes import Serving, kubesieve
from tenants import write_certificates, write_configuration

from kubesieve.kubelet.endpoints import ENDPOINTS
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.node import build_node

TENANTS, PODS, EVERY, TTL_SECONDS = 50, 110, 1.0, 5
OWN = re.compile(rb'"?namespace"?\s*[=:]\s*"([^"]*)"')


@dataclass
class Seen:
    """What came: statuses, foreign namespaces, seconds an answer took, bytes."""

    statuses: Counter[int] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    size: int = 0


def main(seconds: float, at_once: int) -> int:
    node = build_node(pods=PODS, namespaces=TENANTS, seed=1)
    names = [name for name in node.namespaces if name.startswith("team-")][:TENANTS]
    with tempfile.TemporaryDirectory() as place, FakeKubelet(node) as kubelet:
        folder = Path(place)
        tenants = {name: [name] for name in names}
        write_certificates(folder, tenants)
        (folder / "ca.crt").write_bytes(kubelet.ca_pem)
        (folder / "token").write_text(kubelet.tokens["kubelet-proxy"])
        with kubesieve(write_configuration(folder, kubelet.url, tenants, f"{TTL_SECONDS}s")) as serving:
            before = serving.memory(), serving.open_files()
            clients = {name: folder / f"{name}.pem" for name in names}
            seen = asyncio.run(_scrape_all(serving.url, clients, seconds, at_once))
            _report(seen, seconds, at_once, before, serving)
    return int(bool(seen.foreign) or set(seen.statuses) != {200})


async def _scrape_all(url: str, clients: dict[str, Path], seconds: float, at_once: int) -> Seen:
    seen, end = Seen(), time.monotonic() + seconds
    places = asyncio.Semaphore(at_once)
    await asyncio.gather(*(_scrape(url, name, chain, end, seen, places) for name, chain in clients.items()))
    return seen


async def _scrape(url: str, name: str, chain: Path, end: float, seen: Seen, places: asyncio.Semaphore) -> None:
    """One tenant: every endpoint, one after the other, once a second."""
    context = ssl._create_unverified_context()
    context.load_cert_chain(chain)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        while time.monotonic() < end:
            started = time.monotonic()
            for endpoint in ENDPOINTS:
                async with places:
                    at = time.monotonic()
                    async with session.get(url + endpoint.path) as response:
                        body = await response.read()
                    seen.seconds.append(time.monotonic() - at)
                seen.statuses[response.status] += 1
                seen.size += len(body)
                seen.foreign.update(found.decode() for found in OWN.findall(body) if found not in (name.encode(), b""))
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - started)))


def _report(seen: Seen, seconds: float, at_once: int, before: tuple[float, int], serving: Serving) -> None:
    took = sorted(seen.seconds)
    memory = before[0], serving.memory(), serving.memory("VmHWM")
    rows = {
        "tenants, pods, seconds": f"{TENANTS}, {PODS}, {seconds:.0f}; at most {at_once} answers at once",
        "answers, by status": dict(seen.statuses),
        "foreign namespaces": dict(seen.foreign) or "none",
        "MB to tenants": round(seen.size / 1e6),
        "seconds an answer: median, 99 %": f"{took[len(took) // 2]:.4f}, {took[len(took) * 99 // 100]:.4f}",
        f"kubelet asked, shared for {TTL_SECONDS} s": serving.fetches(),
        "memory of serve, MB: before, after, peak": ", ".join(f"{each:.0f}" for each in memory),
        "open files of serve: before, after": f"{before[1]}, {serving.open_files()}",
    }
    for name, value in rows.items():
        print(f"{name:42} {value}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    given = sys.argv[1:]
    sys.exit(main(float(given[0]) if given else 60.0, int(given[1]) if given[1:] else TENANTS))
