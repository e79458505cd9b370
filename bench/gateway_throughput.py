"""The gateway over TLS beside nginx: CPU an answer costs, of the same bytes, in interleaved rounds.

Everything is started and ended here, on loopback. Clients and the kubelet (an nginx that serves a file) are processes
of their own, which are not counted. Nothing is asserted of a time: read the table.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from processes import Serving, has_nginx, kubesieve, nginx
from tenants import write_certificates, write_configuration

from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import NodeSeries, Policy, sieve
from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.node import BORN, build_node

REQUESTS = {3: 400, 110: 48, 300: 24}
"""A round's, by pods of the node."""
ROUNDS = 5
CONNECTIONS = (1, 8)
PATH = "/metrics/cadvisor"
ASKING = Path(__file__).parent / "asking.py"
SEVERAL, ONE = "several", "team-01"
"""Tenants: one who may see everything, so that as many bytes go out as come in, and one as they are."""


@dataclass
class Side:
    """One that answers. ``costs`` are CPU milliseconds an answer, ``rates`` answers a second, by connections."""

    name: str
    serving: Serving
    certificate: Path
    digest: str
    path: str = PATH
    costs: dict[int, list[float]] = field(default_factory=dict)
    rates: dict[int, list[float]] = field(default_factory=dict)

    def measure(self, connections: int, requests: int) -> str:
        """Asks so often; the cipher is told. Ends the run where other bytes come."""
        port = self.serving.port
        command = [sys.executable, ASKING, port, self.path, connections, requests, self.certificate]
        client = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert client.stdin is not None
        assert client.stdout is not None
        try:
            first = json.loads(client.stdout.readline())
            if first["digest"] != self.digest:
                raise SystemExit(f"{self.name}: not the bytes that were expected")
            before = self.serving.cpu_seconds()
            client.stdin.write("\n")
            client.stdin.flush()
            done = json.loads(client.stdout.readline())
            taken = self.serving.cpu_seconds() - before
        finally:
            client.stdin.close()
            client.wait(60)
        if done["answers"] != requests:
            raise SystemExit(f"{self.name}: {done['answers']} answers of {requests} came whole")
        self.costs.setdefault(connections, []).append(taken * 1000 / requests)
        self.rates.setdefault(connections, []).append(requests / done["seconds"])
        return str(first["tls"][:2])


def sides(stack: ExitStack, folder: Path, body: bytes) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
    """Those that fetch for each answer, and those that answer again what they have; nginx first."""
    everything = sorted({name.decode() for name in re.findall(rb'namespace="([^"]+)"', body)})
    tenants = {SEVERAL: everything, ONE: [ONE]}
    write_certificates(folder, tenants)
    (folder / "body").write_bytes(body)
    kubelet = stack.enter_context(nginx(folder, "kubelet", f"location = {PATH} {{ alias {folder}/body; }}"))
    proxied = f"""
        proxy_ssl_verify on; proxy_ssl_trusted_certificate {folder}/ca.crt; proxy_ssl_name localhost;
        proxy_ssl_protocols TLSv1.3; proxy_http_version 1.1; proxy_set_header Connection "close";
        location = {PATH} {{ proxy_pass {kubelet.url}; }}
        location = /unbuffered {{ proxy_pass {kubelet.url}{PATH}; proxy_buffering off; }}
        location = /static {{ alias {folder}/body; }}"""
    peer = stack.enter_context(nginx(folder, "peer", proxied))
    fresh = stack.enter_context(kubesieve(write_configuration(folder, kubelet.url, tenants, "0s", "all")))
    sharing = stack.enter_context(kubesieve(write_configuration(folder, kubelet.url, tenants, "60s", "all")))
    print(f"seconds until it listens: nginx {peer.started_seconds:.2f}, kubesieve {fresh.started_seconds:.2f}")
    theirs = sieve(BY_PATH[PATH], body, Policy(frozenset({ONE}), NodeSeries.ALL)).body
    whole, part = sha256(body).hexdigest(), sha256(theirs).hexdigest()
    several, one = folder / f"{SEVERAL}.pem", folder / f"{ONE}.pem"
    return (
        (
            Side("nginx, proxying", peer, several, whole),
            Side("nginx, proxying unbuffered", peer, several, whole, "/unbuffered"),
            Side("kubesieve, the same bytes", fresh, several, whole),
            Side(f"kubesieve, one tenant ({len(theirs) / 1e6:.2f} MB)", fresh, one, part),
        ),
        (
            Side("nginx, from disk", peer, several, whole, "/static"),
            Side("kubesieve, cached", sharing, several, whole),
        ),
    )


def compare(pods: int) -> None:
    """Both tables for a node of so many pods."""
    body = cadvisor(build_node(pods=pods, namespaces=50, story=False), BORN + 3600)
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        print(f"\n{pods} pods, a scrape of {len(body) / 1e6:.1f} MB; CPU ms an answer, times the cheapest nginx")
        for group in sides(stack, Path(place), body):
            _rounds(group, REQUESTS[pods])
            _show(group)


def _rounds(group: tuple[Side, ...], requests: int) -> None:
    for number in range(ROUNDS + 1):
        for connections in CONNECTIONS:
            ciphers = {side.measure(connections, requests) for side in group}
            if len(ciphers) != 1:
                raise SystemExit(f"not the same cipher: {ciphers}")
        if number == 0:  # it warms up
            for side in group:
                side.costs.clear()
                side.rates.clear()


def _show(group: tuple[Side, ...]) -> None:
    for side in group:
        row = f"{side.name:36}"
        for connections in CONNECTIONS:
            base = min(statistics.median(each.costs[connections]) for each in group if each.name.startswith("nginx"))
            cost = statistics.median(side.costs[connections])
            rate = statistics.median(side.rates[connections])
            row += f"   {connections} at once: {cost:6.2f} ms {cost / base:5.2f} x {rate:6.1f}/s"
        print(row, flush=True)


def main() -> None:
    if not has_nginx():
        print("the gateway beside nginx: left out, nginx is not here (on Debian: apt install nginx-light)")
        return
    for pods in REQUESTS:
        compare(pods)


if __name__ == "__main__":
    main()
