"""Where values lie in JSON, and edits that touch nothing else."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from kubesieve.kubelet.spans import Edit, Span, edited, item_spans, member_spans
from kubesieve.kubelet.strict_json import parse

_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(['"', "\\", '":', "},{", "a"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | _names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
_styles = st.sampled_from(
    [{"separators": (",", ":")}, {"indent": 1}, {"indent": "\t"}, {"separators": (" , ", "\r\n: ")}]
)


@given(st.dictionaries(_names, _values, max_size=4), _styles, st.booleans())
def test_every_member_is_found_where_it_stands(value: dict[str, object], style: dict[str, object], ascii: bool) -> None:
    raw = b" " + json.dumps(value, ensure_ascii=ascii, **style).encode()  # type: ignore[arg-type]
    parse(raw)
    spans = member_spans(raw)
    assert list(spans) == list(value)
    for name, span in spans.items():
        assert json.loads(raw[span.start : span.end]) == value[name]
        assert json.loads(raw[span.name : span.end].join((b"{", b"}"))) == {name: value[name]}


@given(st.lists(_values, max_size=4), _styles)
def test_every_item_is_found_where_it_stands(value: list[object], style: dict[str, object]) -> None:
    raw = b"x" + json.dumps(value, **style).encode()  # type: ignore[arg-type]
    spans = item_spans(raw, Span(1, 1, len(raw)))
    assert [json.loads(raw[span.start : span.end]) for span in spans] == value


def test_inside_an_object_spans_count_from_the_beginning() -> None:
    raw = b'{"a": {"b" : [1, {"c":"d"} ]}}'
    inner = member_spans(raw, member_spans(raw)["a"])
    items = item_spans(raw, inner["b"])
    found = member_spans(raw, items[1])["c"]
    assert raw[found.start : found.end] == b'"d"'
    assert edited(raw, [Edit(found.start, found.end, b"5"), Edit(items[0].start, items[0].end, b"22")]) == (
        b'{"a": {"b" : [22, {"c":5} ]}}'
    )


def test_no_edits_no_change() -> None:
    assert edited(b"{}", []) == b"{}"
