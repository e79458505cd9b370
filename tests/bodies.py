"""Generated bodies: valid expositions of every spelling, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

NAMESPACES = ("team-a", "team-b", "kube-system", "")

_names = st.from_regex(r"[a-z_:][a-z0-9_:]{0,6}", fullmatch=True)
_label_names = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).filter(lambda name: name != "namespace")
_awkward = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12) | st.sampled_from(
    ['namespace="team-a"', "}", '"', "\\", "# ", "\n", "a,b=", "team-b", "\\x2d"]
)
_blank = st.sampled_from(["", "", "", " ", "\t", "  "])
_number = st.sampled_from(["1", "-0.5", "2.68435456e+08", "NaN", "+Inf", "-inf", "1e-9", ".5", "5."])
_stamp = st.sampled_from(["", "", " 1764000000000", "\t-5", " 0"])
_tail = st.sampled_from(["", "", "", " ", ' # {trace_id="x"} 1'])


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
    kind = draw(st.sampled_from(["counter", "gauge", "histogram", "summary", "untyped", ""]))
    suffixes = {"histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count", ""]}.get(kind, [""])
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
            lines.append(draw(st.sampled_from(["", "# a free comment", "\t", "# EOF"])))
    return lines


@st.composite
def expositions(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(_names, max_size=5, unique_by=lambda name: name.rsplit("_", 1)[0]))
    names = [f"m{index}{name}" for index, name in enumerate(names)]
    lines = [line for name in names for line in draw(families(name))]
    return "\n".join([*lines, ""] if draw(st.booleans()) else lines).encode()
