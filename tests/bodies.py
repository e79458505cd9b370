"""Generated bodies: valid expositions of every spelling, for property tests."""

from __future__ import annotations

import random
import string

from hypothesis import strategies as st

NAMESPACES = ("team-a", "team-b", "kube-system", "")

_names = st.from_regex(r"[a-z_:][a-z0-9_:]{0,6}", fullmatch=True)
_label_names = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).filter(lambda name: name != "namespace")
AWKWARD = ('namespace="team-a"', "}", '"', "\\", "# ", "\n", "a,b=", "team-b", "\\x2d")
BLANKS = ("", "", "", " ", "\t", "  ")
NUMBERS = ("1", "-0.5", "2.68435456e+08", "NaN", "+Inf", "-inf", "1e-9", ".5", "5.")
STAMPS = ("", "", " 1764000000000", "\t-5", " 0")
TAILS = ("", "", "", " ", ' # {trace_id="x"} 1')
BETWEEN = ("", "# a free comment", "\t", "# EOF")
KINDS = ("counter", "gauge", "histogram", "summary", "untyped", "")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count", "")}
_awkward = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12) | st.sampled_from(
    AWKWARD
)
_blank, _number, _stamp, _tail = map(st.sampled_from, (BLANKS, NUMBERS, STAMPS, TAILS))


def escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@st.composite
def labels(draw: st.DrawFn) -> str:
    pairs = draw(st.dictionaries(_label_names, _awkward, max_size=3))
    extra = draw(st.sampled_from(["none", "bare", "quoted", "exported", "both"]))
    if extra in ("exported", "both"):
        pairs["exported_namespace"] = draw(st.sampled_from(NAMESPACES))
    spelled = [(name if draw(st.booleans()) else f'"{name}"', value) for name, value in pairs.items()]
    if extra in ("bare", "quoted", "both"):
        name = '"namespace"' if extra == "quoted" else "namespace"
        spelled.append((name, draw(st.sampled_from(NAMESPACES))))
    spelled = draw(st.permutations(spelled))
    space = draw(_blank)
    inside = ("," + space).join(f'{name}{space}={space}"{escape(value)}"{space}' for name, value in spelled)
    comma = "," if inside and draw(st.booleans()) else ""
    return "{" + space + inside + comma + space + "}"


@st.composite
def families(draw: st.DrawFn, name: str) -> list[str]:
    kind = draw(st.sampled_from(KINDS))
    suffixes = SUFFIXES.get(kind, ("",))
    lines = [f"# HELP {name} {escape(draw(_awkward))}".replace('\\"', '"')] if draw(st.booleans()) else []
    lines += [f"# TYPE {name} {kind}"] if kind else []
    for _ in range(draw(st.integers(0, 4))):
        sample = name + draw(st.sampled_from(suffixes))
        braces = draw(st.one_of(st.just(" "), labels()))
        quoted = braces != " " and draw(st.integers(0, 9)) == 0
        if quoted:
            inside = braces[1:].lstrip(" \t")
            braces = '{"' + sample + '"' + ("" if inside == "}" else ",") + inside
        lines.append(
            draw(_blank)
            + ("" if quoted else sample)
            + braces
            + draw(_blank)
            + draw(_number)
            + draw(_stamp)
            + draw(_tail)
        )
        if draw(st.integers(0, 7)) == 0:
            lines.append(draw(st.sampled_from(BETWEEN)))
    return lines


@st.composite
def expositions(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(_names, max_size=5, unique_by=lambda name: name.rsplit("_", 1)[0]))
    names = [f"m{index}{name}" for index, name in enumerate(names)]
    lines = [line for name in names for line in draw(families(name))]
    return "\n".join([*lines, ""] if draw(st.booleans()) else lines).encode()


class ByChance:
    """The same bodies without hypothesis, which draws a byte in the time in which this makes a line of them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def exposition(self) -> bytes:
        names = {self.name(string.ascii_lowercase + "_:", 6).rsplit("_", 1)[0] for _ in range(self.dice.randrange(6))}
        ending = [""] if self.dice.random() < 0.5 else []
        families = (self.family(f"m{index}{name}") for index, name in enumerate(sorted(names)))
        return "\n".join([line for family in families for line in family] + ending).encode()

    def name(self, first: str, more: int) -> str:
        return self.dice.choice(first) + "".join(
            self.dice.choices(first + string.digits, k=self.dice.randrange(more + 1))
        )

    def awkward(self) -> str:
        dice = self.dice
        if dice.random() < 0.5:
            return dice.choice(AWKWARD)
        most = dice.choice((0x7F, 0x7F, 0x7FF, 0xD7FF, 0x10FFFF))
        text = "".join(chr(dice.randrange(1, most + 1)) for _ in range(dice.randrange(13)))
        return "".join(one for one in text if one != "\r" and not "\ud800" <= one <= "\udfff")

    def labels(self) -> str:
        dice = self.dice
        pairs = {self.name(string.ascii_lowercase + "_", 5): self.awkward() for _ in range(dice.randrange(4))}
        pairs.pop("namespace", None)
        extra = dice.choice(("none", "bare", "quoted", "exported", "both"))
        if extra in ("exported", "both"):
            pairs["exported_namespace"] = dice.choice(NAMESPACES)
        spelled = [(name if dice.random() < 0.5 else f'"{name}"', value) for name, value in pairs.items()]
        if extra in ("bare", "quoted", "both"):
            spelled.append(('"namespace"' if extra == "quoted" else "namespace", dice.choice(NAMESPACES)))
        dice.shuffle(spelled)
        space = dice.choice(BLANKS)
        inside = ("," + space).join(f'{name}{space}={space}"{escape(value)}"{space}' for name, value in spelled)
        return "{" + space + inside + ("," if inside and dice.random() < 0.5 else "") + space + "}"

    def family(self, name: str) -> list[str]:
        dice = self.dice
        kind = dice.choice(KINDS)
        lines = [f"# HELP {name} {escape(self.awkward())}".replace('\\"', '"')] if dice.random() < 0.5 else []
        lines += [f"# TYPE {name} {kind}"] if kind else []
        for _ in range(dice.randrange(5)):
            lines.append(self.sample(name + dice.choice(SUFFIXES.get(kind, ("",)))))
            if dice.randrange(8) == 0:
                lines.append(dice.choice(BETWEEN))
        return lines

    def sample(self, name: str) -> str:
        dice = self.dice
        braces = self.labels() if dice.random() < 0.7 else " "
        if braces != " " and dice.randrange(10) == 0:
            inside = braces[1:].lstrip(" \t")
            name, braces = "", '{"' + name + '"' + ("" if inside == "}" else ",") + inside
        rest = map(dice.choice, (BLANKS, NUMBERS, STAMPS, TAILS))
        return dice.choice(BLANKS) + name + braces + "".join(rest)
