"""Documents for the readers of JSON lists: made from nothing, out of recordings, or damaged."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from kubesieve.faults import BodyFault
from kubesieve.kubelet.listed import read_list_plainly
from kubesieve.kubelet.strict_json import MAX_DEPTH

SHAPES = (("items", "metadata"), ("pods", "podRef"))
NAMES = (
    "a", "b", "aa", "", "é", "\U0001f600", "a\"b", "a\\b", "a/b", "\x7f", "\n", "\0", "items", "pods", "metadata",
    "podRef", "namespace", "Items", "PODS", "Metadata", "podref", "Namespace", "itemſ", "nameſpace", "\u212a",
    *(f"n{number}" for number in range(20)),
)  # fmt: skip
NUMBERS = (
    b"0", b"-0", b"1", b"-1.5", b"1e5", b"1E+5", b"1e-5", b"0.1e1", b"1e400", b"9" * 30, b"9" * 256, b"9" * 257,
    b"01", b"1.", b".5", b"+1", b"1e", b"-", b"0x1", b"NaN", b"Infinity", b"-Infinity", b"1_0", b"\xd9\xa1", b"00",
    b"-01", b"0.e1", b"1e+", b"1.2.3",
)  # fmt: skip
GOOD_NUMBERS = 12
ODD_STRINGS = (
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\uD83D\\uDE00"', b'"\\\\ud800"', b'"\\\\\\ud800"',
    b'"\\ud83d\\\\ude00"', b'"\\ud83dx\\ude00"', b'"\\u12"', b'"\\u123g"', b'"\\x41"', b'"\\', b'"\xff"', b'"\xc0\x80"',
    b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe0\x80\x80"', b'"\xc3"', b'"\x00"', b'"\x1f"', b'"\t"', b"'a'",
    b'"\\U0041"',
)  # fmt: skip
SPACES = (b"", b"", b"", b" ", b"\n", b"\t", b"\r", b" \r\n\t ", b" " * 20)
NO_SPACES = (b"\x0b", b"\x0c", b"\xa0", b"\xc2\xa0", b"\x00", b"\xef\xbb\xbf", b"//", b"/**/", b"#")


class Maker:
    """Documents, most of them good, by chance."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.odd = 0.0

    def document(self) -> bytes:
        """Of one of the shapes, or of another."""
        dice = self.dice
        self.odd = dice.choice((0.0, 0.0, 0.002, 0.02, 0.1))
        name, reference = dice.choice(SHAPES)
        members = [(name, self.items(reference)) for _ in range(1 if not self.chance() else dice.randrange(3))]
        members += [(other, self.value(2)) for other in self.names(name)]
        dice.shuffle(members)
        return self.space() + self.object(members) + self.space()

    def chance(self) -> bool:
        return self.dice.random() < self.odd

    def items(self, reference: str) -> bytes:
        dice = self.dice
        if self.chance():
            return self.value(2)
        if dice.random() < 0.05:
            return b"null"
        return self.array([self.item(reference) for _ in range(dice.choice((0, 1, 1, 2, 3, 9)))])

    def item(self, reference: str) -> bytes:
        dice = self.dice
        if self.chance():
            return self.value(4)
        namespace = self.value(5) if self.chance() else self.string(dice.choice(("a", "team-a", "kube-system")))
        inner = [("namespace", namespace), *((name, self.value(5)) for name in self.names("namespace"))]
        dice.shuffle(inner)
        members = [(reference, self.object(inner)), *((name, self.value(4)) for name in self.names(reference))]
        dice.shuffle(members)
        return self.object(members)

    def names(self, taken: str) -> list[str]:
        """Some names, each once and none that is like the taken one, but by chance."""
        dice = self.dice
        some = dice.choices(NAMES, k=dice.choice((0, 0, 1, 1, 2, 3, 40)))
        if self.chance():
            return some
        return list(dict.fromkeys(name for name in some if name.casefold() != taken.casefold()))

    def object(self, members: list[tuple[str, bytes]]) -> bytes:
        inner = [self.string(name) + self.space() + b":" + self.space() + value for name, value in members]
        return self.between(b"{", inner, b"}")

    def array(self, values: list[bytes]) -> bytes:
        return self.between(b"[", values, b"]")

    def between(self, opens: bytes, parts: list[bytes], closes: bytes) -> bytes:
        comma = b",," if self.chance() else b","
        joined = comma.join(self.space() + part + self.space() for part in parts) or self.space()
        return opens + joined + (b"," if self.chance() else b"") + (b"" if self.chance() else closes)

    def space(self) -> bytes:
        return self.dice.choice(NO_SPACES if self.chance() else SPACES)

    def value(self, depth: int) -> bytes:
        dice = self.dice
        match dice.randrange(8):
            case 0 if depth < 8:
                return self.object([(name, self.value(depth + 1)) for name in self.names("")[:9]])
            case 1 if depth < 8:
                return self.array([self.value(depth + 1) for _ in range(dice.randrange(4))])
            case 2:
                return dice.choice(NUMBERS if self.chance() else NUMBERS[:GOOD_NUMBERS])
            case 3 if dice.random() < 0.2:
                return self.deep(depth)
            case 4 if self.chance():
                return dice.choice(ODD_STRINGS)
            case 5 | 6:
                return self.string("".join(dice.choices(NAMES, k=dice.randrange(3))))
            case _:
                return dice.choice((b"true", b"false", b"null", *((b"nul", b"True", b"") if self.chance() else ())))

    def deep(self, depth: int) -> bytes:
        """Brackets to the bound, or one beyond."""
        dice = self.dice
        more = MAX_DEPTH - depth - (0 if not self.chance() else dice.choice((-1, 0, 1)))
        opens = [dice.choice((b"[", b'{"a":', b"[1,")) for _ in range(more - dice.choice((0, 1, 30)))]
        return b"".join(opens) + b"0" + b"".join(b"}" if one[:1] == b"{" else b"]" for one in reversed(opens))

    def string(self, text: str) -> bytes:
        return b'"' + b"".join(self.character(one) for one in text) + b'"'

    def character(self, one: str) -> bytes:
        """As it is, or in an escape where one has to be, or may be by chance."""
        dice = self.dice
        if one in '"\\' or one < " " or self.chance():
            short = {'"': b'\\"', "\\": b"\\\\", "\n": b"\\n", "/": b"\\/"}.get(one)
            if short is not None and dice.random() < 0.8:
                return short
            units = one.encode("utf-16-be")
            form: Callable[[bytes], str] = bytes.hex if dice.random() < 0.5 else lambda unit: unit.hex().upper()
            return b"".join(b"\\u" + form(units[at : at + 2]).encode() for at in range(0, len(units), 2))
        return one.encode()


def recorded() -> list[bytes]:
    """Pod lists and summaries under the folder that KUBESIEVE_CORPUS names, if it names one."""
    folder = os.environ.get("KUBESIEVE_CORPUS", "")
    names = ("*/pods", "*/stats_summary", "*/runningpods", "shapes/*.json")
    files = [file for name in names for file in sorted(Path(folder, "fixtures").glob(name))] if folder else []
    return [file.read_bytes() for file in files]


def small(dice: random.Random, bodies: list[bytes]) -> list[bytes]:
    """The same with a few of their items each, so that they are read quickly."""
    made = []
    for body in bodies:
        for name, reference in SHAPES:
            try:
                read = read_list_plainly(body, name, reference, bool)
            except BodyFault:
                continue
            for _ in range(4):
                some = dice.sample(read.items, min(len(read.items), 2))
                head = b"".join(b'"%s":%s,' % (other.encode(), raw) for other, raw in read.members if len(raw) < 4000)
                made.append(b'{%s"%s":[%s]}' % (head, name.encode(), b",".join(item.raw for item in some)))
    return made
