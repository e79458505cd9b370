"""Two readers of JSON lists, one verdict: bodies made and damaged at random, until one is read differently.

    python fuzz/json_twins.py [SECONDS] [SEED] [FILE…]

Files are whole pod lists or summaries; they are mixed with those of the embedded node.
"""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

from fuzz.twins import FOUND, damaged, outcome

from kubesieve.compiled import compiled
from kubesieve.kubelet.listed import Item, Listed, read_list_plainly
from kubesieve.kubelet.strict_json import MAX_DEPTH
from kubesieve.stage.node import BORN, build_node
from kubesieve.stage.podlist import pods
from kubesieve.stage.summary import summary

SHAPES = (("items", "metadata"), ("pods", "podRef"))
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
    return [*made, *(Path(name).read_bytes() for name in files)]


def make_body(dice: random.Random, bodies: list[bytes]) -> bytes:
    """A body with some values replaced and some members put in, damaged or not."""
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
    scan = compiled("json_list")
    for name, reference in SHAPES:
        taken = scan(body, name.encode(), reference.encode(), MAX_DEPTH) if scan else None
        if taken is None:
            continue
        plain = outcome(lambda name=name, reference=reference: read_list_plainly(body, name, reference, bool))
        members, items = taken
        listed = Listed(
            tuple((member.decode(), raw) for member, raw in members),
            tuple(Item(namespace.decode(), raw) for namespace, raw in items),
        )
        if plain != listed:
            return f"{name}: the plain reader says {plain!r:.300}, the compiled one takes it as {listed!r:.300}"
    return ""


def main(seconds: float = 10.0, seed: int = 1, *files: str) -> int:
    dice, bodies = random.Random(seed), sources(list(files))
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        body = make_body(dice, bodies)
        found = difference(body)
        count += 1
        if found:
            FOUND.write_bytes(body)
            print(f"after {count} bodies: {found}; the body is in {FOUND}")
            return 1
    print(f"{count} bodies: no difference" + ("" if compiled("json_list") else " (no compiled reader here)"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3]), *sys.argv[3:]))
