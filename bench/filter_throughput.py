"""How fast a big scrape is filtered: kubesieve, the naive loop and a peer's parser, in one run on one body.

The rounds are interleaved, so that a machine that slows down slows all of them; medians are compared. Nothing is
asserted: read the table.
"""

from __future__ import annotations

import gc
import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy, answer, scan, sieve
from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.node import BORN, build_node

BODY_BYTES = 10_000_000
NAMESPACES = 20
ROUNDS = 7
MOST_SECONDS = 60.0

CADVISOR = BY_PATH["/metrics/cadvisor"]
TENANTS = tuple(Policy(frozenset({f"team-{index:02d}"})) for index in range(NAMESPACES))
_NAMESPACE = re.compile(r'namespace="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time; ``tenants`` is how many answers one run makes."""

    name: str
    tenants: int
    run: Callable[[bytes], object]


def naive_loop(body: bytes) -> bytes:
    """What naive proxies do: a regular expression for each line, wherever in the line it matches."""
    return "\n".join(line for line in body.decode().split("\n") if _naively_kept(line)).encode()


def _naively_kept(line: str) -> bool:
    found = _NAMESPACE.search(line)
    return found is None or found[1] in ("team-00",)


def sieve_one(body: bytes) -> object:
    return sieve(CADVISOR, body, TENANTS[0])


def scan_alone(body: bytes) -> object:
    return scan(CADVISOR, body)


def sieve_twenty(body: bytes) -> object:
    """As the gateway does it: read once, then an answer for each tenant."""
    scanned = scan(CADVISOR, body)
    return [answer(CADVISOR, scanned, tenant) for tenant in TENANTS]


def parse_with_prometheus_client(body: bytes) -> object:
    """Only parsed: neither filtered nor written again, and kept in memory as the others keep what they read."""
    return list(text_string_to_metric_families(body.decode()))


BASE = Contender("naive regex loop", 1, naive_loop)
CONTENDERS = (
    BASE,
    Contender("kubesieve plain, one namespace", 1, sieve_one),
    Contender("kubesieve plain, the reading alone", 1, scan_alone),
    Contender(f"kubesieve plain, read once, {NAMESPACES} answers", NAMESPACES, sieve_twenty),
    Contender("prometheus_client's parser (no filter)", 1, parse_with_prometheus_client),
)


def make_body() -> bytes:
    """A scrape of about the wanted size, from as many pods as that takes. The same bytes in every run."""
    node = build_node(pods=100, namespaces=NAMESPACES, story=False)
    size = len(cadvisor(node, BORN + 3600))
    pods = 100 * BODY_BYTES // size
    return cadvisor(build_node(pods=pods, namespaces=NAMESPACES, story=False), BORN + 3600)


def seconds_of(contender: Contender, body: bytes) -> float:
    gc.collect()
    started = time.perf_counter()
    contender.run(body)
    return time.perf_counter() - started


def measure(body: bytes) -> dict[str, list[float]]:
    """Seconds of each round by name. The first round warms up and is thrown away; a slow machine does fewer."""
    times: dict[str, list[float]] = {contender.name: [] for contender in CONTENDERS}
    end = time.monotonic() + MOST_SECONDS
    for number in range(ROUNDS + 1):
        if number > 2 and time.monotonic() > end:
            break
        for contender in CONTENDERS:
            times[contender.name].append(seconds_of(contender, body))
    return {name: taken[1:] for name, taken in times.items()}


def show(body: bytes, times: dict[str, list[float]]) -> None:
    base = statistics.median(times[BASE.name])
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}; "
        f"{len(body) / 1e6:.1f} MB, {body.count(10)} lines of /metrics/cadvisor, {NAMESPACES} namespaces"
    )
    print(f"1.0 = one naive loop over the body: {base * 1000:.0f} ms, {len(body) / 1e6 / base:.0f} MB/s")
    print()
    print(f"{'':40} {'times the naive loop':>20} {'for each tenant':>16} {'fastest..slowest':>18} {'rounds':>6}")
    for contender in CONTENDERS:
        taken = times[contender.name]
        ratio = statistics.median(taken) / base
        spread = f"{min(taken) / base:.1f}..{max(taken) / base:.1f}"
        each = f"{ratio / contender.tenants:.1f}"
        print(f"{contender.name:40} {ratio:20.1f} {each:>16} {spread:>18} {len(taken):6}")


def main() -> None:
    body = make_body()
    show(body, measure(body))


if __name__ == "__main__":
    main()
