"""Two readers of JSON lists, one verdict: bodies made and damaged at random, until one is read differently.

    python -m fuzz.json_twins [SECONDS] [SEED] [FILE…]

Files are whole pod lists or summaries; they are mixed with those of the embedded node and, where KUBESIEVE_CORPUS names
their folder, with recordings. What the readers take, the standard library and jq must take for the same.
"""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

from fuzz.json_bodies import SHAPES, Maker, recorded, small
from fuzz.json_opinions import Jq, standard_library
from fuzz.twins import FOUND, damaged

from kubesieve.compiled import compiled
from kubesieve.faults import BodyFault
from kubesieve.kubelet.listed import Item, Listed, read_list_plainly
from kubesieve.kubelet.strict_json import MAX_DEPTH
from kubesieve.stage.node import BORN, build_node
from kubesieve.stage.podlist import pods
from kubesieve.stage.summary import summary

VALUES = (
    b"null", b"true", b"false", b"nul", b"0", b"-0", b"01", b"1.", b".5", b"-", b"1e5", b"1E+", b"1e999", b"1.5e-3",
    b"9" * 300, b"9" * 5000, b"NaN", b"-Infinity", b"[]", b"{}", b"[1,]", b'{"a":1,}', b'{"a" :\t1 ,\r\n"b":[ ]}',
    b'""',
    b'"\\u0041"', b'"\\/"', b'"\\x"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\ude00"', b'"\\ud83d\\u0041"', b'"\\u12"',
    b'"\xc3\xa9"', b'"\xff"', b'"\xed\xa0\x80"', b'"\x7f"', b'"\x1f"', b'"\n"', b'"a', b'{"a":1,"a":2}',
    b'{"\\u0061":1,"a":2}', b'{"a\\"b":1,"a\\"b":2}', b'{"a\\/b":1,"a/b":2}', b'{"a":{"a":{"a":1}}}',
    b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, b"[" * 55 + b"]" * 55, b'"team-00"', b'{"namespace":"a"}',
    b"{" + b",".join(b'"n%d":1' % number for number in range(40)) + b"}",
    b"{" + b",".join(b'"n%d":1' % number for number in (*range(40), 3)) + b"}",
    b"{" + b",".join(b'"n%d":1' % number for number in (*range(17), 16)) + b"}",
)  # fmt: skip
MEMBERS = (
    b'"a":1,', b'"items":[],', b'"Items":[],', b'"pods":null,', b'"item\xc5\xbf":1,', b'"kind":"PodList",', b'"":0,',
    b'"metadata":{},', b'"Metadata":1,', b'"podRef":{"namespace":"x"},', b'"namespace":"x",', b'"Namespace":"x",',
    b'"namespace":"",', b'"namespace":null,', b'"name\\u0073pace":"x",', b'"name\xc5\xbfpace":"x",', b'"\\u0000":1,',
)  # fmt: skip
SMALL = (
    b'{"kind":"PodList","items":[{"metadata":{"namespace":"a"}},{"metadata":{"x":1,"namespace":"b"},"spec":{}}]}',
    b'{"pods":[{"podRef":{"namespace":"a"}}],"node":{"a":[1,2,{"b":"c"}]}}',
    b' {"items":null}\n', b'{"pods":[]}', b'{"items":{}}', b"[]", b"null", b"", b"{}", b'{"items":[[]]}',
    b"\xef\xbb\xbf{}",
    b'{"items":[{"metadata":[]}],"x":[[[{"metadata":{"namespace":1}}]]]}',
)  # fmt: skip
_PLACE = re.compile(rb"[{\[,:]")
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|[0-9]+|\{[^{}]*\}|\[[^\[\]]*\]')


def sources(files: list[str]) -> list[bytes]:
    node = build_node(pods=3, namespaces=2, seed=3, story=False)
    made = [pods(node, BORN + 3600), summary(node, BORN + 3600), *SMALL]
    whole = [*recorded(), *(Path(name).read_bytes() for name in files)]
    return [*made, *whole, *small(random.Random(1), whole)]


def make_body(dice: random.Random, bodies: list[bytes], from_nothing: float = 0.5) -> bytes:
    """A body made from nothing, or one with some values replaced and some members put in; damaged or not."""
    if dice.random() < from_nothing:
        body = Maker(dice).document()
        return body if dice.random() < 0.7 else damaged(dice, body)
    body = dice.choice(bodies if dice.random() < 0.3 else SMALL)
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        start = dice.randrange(len(body) + 1)
        place = (_VALUE if dice.random() < 0.5 else _PLACE).search(body, start)
        if place is None:
            continue
        if place.re is _VALUE:
            body = body[: place.start()] + dice.choice(VALUES) + body[place.end() :]
        else:
            body = body[: place.end()] + dice.choice(MEMBERS) + body[place.end() :]
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        body = damaged(dice, body)
    return body


def difference(body: bytes) -> str:
    """What the readers do not agree on, "" where they agree or the compiled one leaves it to the other."""
    for name, reference in SHAPES:
        taken = scanned(body, name, reference)
        if taken is not None and taken != (plain := plainly(body, name, reference)):
            return f"{name}: the plain reader says {plain!r:.300}, the compiled one takes it as {taken!r:.300}"
    return ""


def objection(body: bytes, jq: Jq) -> str:
    """What others have against the plain reader's reading, or against its reason to refuse; "" where nothing."""
    for name, reference in SHAPES:
        plain = plainly(body, name, reference)
        found = standard_library(body, name, reference, plain) or (jq.hear(body) if isinstance(plain, Listed) else "")
        if found:
            return f"{name}: {found}"
    return ""


def plainly(body: bytes, name: str, reference: str) -> Listed | str:
    """What the plain reader makes of it, or its reason to refuse it."""
    try:
        return read_list_plainly(body, name, reference, bool)
    except BodyFault as fault:
        return fault.reason


def scanned(body: bytes, name: str, reference: str) -> Listed | None:
    """What the compiled reader makes of it; None where it leaves it to the plain one, or is not there."""
    scan = compiled("json_list")
    taken = scan(body, name.encode(), reference.encode(), MAX_DEPTH) if scan else None
    if taken is None:
        return None
    members, items = taken
    return Listed(
        tuple((member.decode(), raw) for member, raw in members),
        tuple(Item(namespace.decode(), raw) for namespace, raw in items),
    )


def main(seconds: float = 10.0, seed: int = 1, *files: str) -> int:
    dice, bodies, jq = random.Random(seed), sources(list(files)), Jq()
    end, count, taken, left = time.monotonic() + seconds, 0, 0, 0
    while time.monotonic() < end:
        body = make_body(dice, bodies)
        found = difference(body) or objection(body, jq)
        count += 1
        good = [shape for shape in SHAPES if isinstance(plainly(body, *shape), Listed)]
        taken += bool(good)
        left += any(scanned(body, *shape) is None for shape in good)
        if found:
            FOUND.write_bytes(body)
            print(f"after {count} bodies: {found}; the body is in {FOUND}")
            return 1
    if found := jq.ask():
        print(found)
        return 1
    print(f"{count} bodies, {taken} of them good, {left} of those left to the plain reader, {jq.asked} given to jq:")
    print("no difference" + ("" if compiled("json_list") else " (no compiled reader here)"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3]), *sys.argv[3:]))
