"""How fast a big scrape is filtered: both readers of kubesieve, the naive loop and peers, in one run on one body.

The rounds are interleaved, so that a machine that slows down slows all of them; medians are compared. Nothing is
asserted: read the table.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile

from filtering import NAMESPACES, TENANTS, Filtering, make_body
from prometheus_client.parser import text_string_to_metric_families
from rounds import Contender, about, measure, median_of, show

from kubesieve.exposition import read, read_by_lines, read_plainly
from kubesieve.exposition.compact import compiled_reader
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import Policy, answer
from kubesieve.stage.cadvisor import cadvisor
from kubesieve.stage.node import BORN, build_node

SIZES = (30, 110, 500)
COUNTS = (1, 20, 50)
CADVISOR = BY_PATH["/metrics/cadvisor"]
_NAMESPACE = re.compile(r'namespace="([^"]*)"')


def naive_loop(body: bytes) -> bytes:
    """What naive proxies do: a regular expression for each line, wherever in the line it matches."""
    return "\n".join(line for line in body.decode().split("\n") if _naively_kept(line)).encode()


def _naively_kept(line: str) -> bool:
    found = _NAMESPACE.search(line)
    return found is None or found[1] in ("team-00",)


def naive_twenty(body: bytes) -> object:
    """As many proxies as tenants, each with a body of its own: one loop is timed that often."""
    return [naive_loop(body) for _ in TENANTS]


def grep(body: bytes) -> object:
    """Debian's grep -F on the same bytes, through pipes."""
    command = ["grep", "-F", 'namespace="team-00"']
    return subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True).stdout


def parse_with_prometheus_client(body: bytes) -> object:
    """Only parsed: neither filtered nor written again, and kept in memory as the others keep what they read."""
    return list(text_string_to_metric_families(body.decode()))


BASE = Contender("naive regex loop", 1, naive_loop)


def contenders() -> tuple[Contender, ...]:
    readers = [Filtering("plain", CADVISOR, read_plainly)]
    if compiled_reader() is not None:
        readers.insert(0, Filtering("compiled", CADVISOR, read))
    rows = [row for reader in readers for row in reader.contenders()]
    peers = (
        Contender(f"naive regex loop, {NAMESPACES} times", NAMESPACES, naive_twenty),
        Contender("grep -F", 1, grep),
        Contender("memcpy", 1, bytearray),
        Contender("prometheus_client's parser (no filter)", 1, parse_with_prometheus_client),
    )
    return (BASE, *rows, *peers)


def check(body: bytes) -> None:
    """That all who filter give the same lines of the tenant, before anything is timed."""
    own = [line for line in naive_loop(body).split(b"\n") if b'namespace="team-00"' in line]
    for reader in (read, read_plainly, read_by_lines):
        sieved = answer(CADVISOR, reader(body), TENANTS[0])
        mine = [line for line in sieved.body.split(b"\n") if b'namespace="team-00"' in line]
        assert mine == own, "not the same lines"
        assert not set(re.findall(rb'namespace="([^"]*)"', sieved.body)) - {b"team-00", b""}, "foreign lines"
    assert grep(body) == b"".join(line + b"\n" for line in own), "grep gives other lines"


def grows() -> None:
    """Whether twice the pods take twice the time, and what answers for more tenants cost."""
    print()
    answers = "".join(f"{f'answers to {count}, ms':>20}" for count in COUNTS)
    print(f"{'pods':>6} {'MB':>6} {'read, ms':>9} {'ms for each MB':>15}{answers}   ({max(COUNTS)} namespaces)")
    for pods in SIZES:
        body = cadvisor(build_node(pods=pods, namespaces=max(COUNTS), story=False), BORN + 3600)
        more = Filtering("", CADVISOR, read).from_one_scan(body)
        taken = median_of(read, body)
        megabytes = len(body) / 1e6
        row = f"{pods:6} {megabytes:6.1f} {taken * 1000:9.2f} {taken * 1000 / megabytes:15.3f}"
        for count in COUNTS:
            tenants = [Policy(frozenset({f"team-{index:02d}"})) for index in range(count)]
            row += f"{median_of(more(tenants), body) * 1000:20.2f}"
        print(row)


def extra_memory(body: bytes) -> str:
    """What a scan needs beside the body and what it keeps of it, at the peak, in a process that did nothing else."""
    code = (
        "import re, sys; from kubesieve.exposition import read; read(b'a 1\\n'); body = open(sys.argv[1], 'rb').read();"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]);"
        "open('/proc/self/clear_refs', 'w').write('5');"  # the peak counts from here (Linux, proc(5))
        "before = peak(); held = read(body); print(peak() - before)"
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        done = subprocess.run([sys.executable, "-c", code, file.name], capture_output=True, text=True, check=True)
    return f"a scan needs {int(done.stdout) / 1024:.1f} MiB beside the body"


def main() -> None:
    body, rows = make_body(cadvisor), contenders()
    check(body)
    print(about("/metrics/cadvisor", body, f"{NAMESPACES} namespaces"))
    show(rows, measure(body, rows))
    grows()
    print()
    print(extra_memory(body))


if __name__ == "__main__":
    main()
