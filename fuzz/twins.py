"""Three readers, one verdict: bodies made and damaged at random, until one is read differently or the time is over.

    python fuzz/twins.py [SECONDS] [SEED] [FILE…]

Whole bodies out of files are taken apart and mixed with those of the embedded node.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kubesieve.exposition import FamilyVerdict, Keep, Partition, read_by_lines, read_plainly
from kubesieve.exposition.compact import Compact, compiled_reader
from kubesieve.faults import BodyFault
from kubesieve.stage import cadvisor, own_metrics, resource
from kubesieve.stage.node import story_node

LONGEST = 128 * 1024
FOUND = Path("fuzz-difference.txt")
ODD = (
    b"# HELP a x", b"# TYPE a histogram", b"# TYPE a_count counter", b"# TYPE a summary", b"a_count 1", b"a_sum 3",
    b'a_bucket{le="1"} 2', b'a_sum 3 # {x="y"} 1 2', b"# UNIT a s", b"# TYPE a", b"# TYPE a gauge  ", b"# HELP q\\ a",
    b'# TYPE "q.x" summary', b'{"q.x",namespace="n\\n"} 1', b'{"a","b"} 1', b'x{namespace="a",} 1 5',
    b'x{"namespace"="b"} NaN', b'x{a="1",a="2"} 1', b'x{__name__="a"} 1', b"x +Inf", b"x 1e309", b"x 1e308", b"x 0x1",
    b"x 1.7976931348623157e+308", b"x 1.7976931348623159E308", b"x 017976931348623157.9e293",
    b"x .5", b"x 5.", b"x .", b"x infinity", b"x -NaN", b"x 1_0", b"x 1 -9223372036854775808",
    b"x 1 9223372036854775808",
    b'x{a="b"}1', b'x{a="b"} 1#', b'x{a="b"} 1 #{} 1', b'x 1 # {a="b"} 1 1 1', b'x 1 # {namespace="e"} 1',
    b'x{a="b}"} 1', b'x{a="b\\"}"} 1', b'x{a="1"}b="2"} 1', b'x{a="}', b"#", b"   ", b'x{namespace=""} 1', b"x{} 1",
    b'\tx{ a = "b" , namespace="\xc3\xa9" } 1',
    b"x{" + b",".join(b'l%d="v"' % number for number in range(40)) + b',namespace="z"} 1',
    b"x{" + b",".join(b'l%d="v"' % number for number in range(40)) + b',l3="z"} 1',
)  # fmt: skip
BYTES = b'{}"\\,=#\n\r\0 \t.eE+-0159aZ_:\x80\xc3\xa9\xff'

Outcome = tuple[object, ...] | Partition


def sources(files: list[str]) -> list[list[bytes]]:
    """Bodies as lines."""
    node = story_node(seed=1)
    now = node.born + 4000.0
    made = [cadvisor.cadvisor(node, now), own_metrics.own_metrics(node, now), resource.resource(node, now)]
    return [body.split(b"\n") for body in (*made, *(Path(name).read_bytes() for name in files))]


def make_body(dice: random.Random, bodies: list[list[bytes]]) -> bytes:
    """Some lines of some bodies, odd ones among them, damaged or not."""
    lines: list[bytes] = []
    for _ in range(dice.randint(1, 4)):
        body = dice.choice(bodies)
        start = dice.randrange(len(body))
        lines += body[start : start + dice.randint(1, 8)]
    for _ in range(dice.randint(0, 3)):
        lines.insert(dice.randrange(len(lines) + 1), dice.choice(ODD))
    if dice.random() < 0.3:
        lines += lines[-3:]
    body = b"\n".join(lines) + (b"\n" if dice.random() < 0.8 else b"")
    for _ in range(dice.choice((0, 0, 1, 1, 2, 5))):
        body = damaged(dice, body)
    return body


def damaged(dice: random.Random, body: bytes) -> bytes:
    at = dice.randrange(len(body) + 1)
    byte = bytes((dice.choice(BYTES),))
    match dice.randrange(6):
        case 0:
            return body[:at] + body[at + 1 :]
        case 1:
            return body[:at] + byte + body[at:]
        case 2:
            return body[:at] + byte + body[at + 1 :]
        case 3 if at < len(body):
            return body[:at] + bytes((body[at] ^ 1 << dice.randrange(8),)) + body[at + 1 :]
        case 4:
            to = dice.randrange(len(body) + 1)
            return body[:to] + body[at : at + dice.randrange(60)] + body[to:]
        case _:
            return body[:at] + body[at + dice.randrange(10) :]


def outcome(read: Callable[[], Partition]) -> Outcome:
    """The Partition, or all that a fault says."""
    try:
        return read()
    except BodyFault as fault:
        return fault.reason, fault.position, fault.expected, fault.got


def difference(dice: random.Random, body: bytes, longest: int = LONGEST) -> str:
    """What the readers do not agree on, "" where they agree."""
    slow = outcome(lambda: read_by_lines(body, max_line=longest))
    plain = outcome(lambda: read_plainly(body, max_line=longest))
    if isinstance(slow, tuple) or isinstance(plain, tuple):
        if slow != plain:
            return f"line by line: {slow}; plain: {plain}"
    elif slow.pieces != plain.pieces:
        return "the plain reader makes other pieces"
    scan = compiled_reader()
    records = scan(body, longest) if scan else None
    if records is None:
        return ""
    if isinstance(slow, tuple):
        return f"line by line: {slow}; the compiled reader takes it"
    compact = Compact(body, records)
    keep = make_keep(dice, slow)
    if compact.pieces != slow.pieces or compact.namespaces() != slow.namespaces():
        return "the compiled reader makes other pieces"
    return "" if compact.select(keep) == slow.select(keep) else "the compiled reader gives another answer"


def make_keep(dice: random.Random, partition: Partition) -> Keep:
    kept = {piece.family: FamilyVerdict(*(dice.random() < 0.6 for _ in range(3))) for piece in partition.pieces}
    some = frozenset(name for name in (*partition.namespaces(), b"") if dice.random() < 0.5)
    return Keep(some, lambda family: kept[family])


def main(seconds: float = 10.0, seed: int = 1, *files: str) -> int:
    dice, bodies = random.Random(seed), sources(list(files))
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        body, longest = make_body(dice, bodies), dice.choice((LONGEST, LONGEST, LONGEST, 200))
        found = difference(dice, body, longest)
        count += 1
        if found:
            FOUND.write_bytes(body)
            print(f"after {count} bodies: {found}; the body is in {FOUND}")
            return 1
    print(f"{count} bodies: no difference" + ("" if compiled_reader() else " (no compiled reader here)"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3]), *sys.argv[3:]))
