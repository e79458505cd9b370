"""Two readers of JSON lists, one verdict; and what the compiled one must not leave to the plain one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fuzz.json_bodies import NAMES, Maker
from fuzz.json_opinions import Jq, same, standard_library
from fuzz.json_twins import SHAPES, SMALL, VALUES, difference, make_body, objection, sources

from kubesieve.compiled import compiled
from kubesieve.faults import BodyFault
from kubesieve.kubelet import listed
from kubesieve.kubelet.listed import Item, Listed, read_list, read_list_plainly
from kubesieve.kubelet.strict_json import MAX_DEPTH
from kubesieve.stage.node import BORN, build_node
from kubesieve.stage.podlist import pods
from kubesieve.stage.summary import summary

BODIES = 20_000
NODE = build_node(pods=4, namespaces=2, seed=3)

needs_compiled = pytest.mark.skipif(compiled("json_list") is None, reason="the compiled reader was not built")


def taken(body: bytes) -> bool:
    """Whether the compiled reader takes it, in one shape or the other."""
    scan = compiled("json_list")
    return any(scan(body, name.encode(), reference.encode(), MAX_DEPTH) is not None for name, reference in SHAPES)


@needs_compiled
def test_damaged_bodies_are_read_alike() -> None:
    dice, bodies, count = random.Random(20), sources([]), 0
    for _ in range(BODIES):
        body = make_body(dice, bodies, from_nothing=0.1)
        assert difference(body) == "", body
        count += taken(body)
    assert BODIES // 50 < count < BODIES, "some are taken and some are not"


@needs_compiled
@pytest.mark.parametrize("frame", [b'{"items":[],"x":%s}', b'{"pods":[{"podRef":{"namespace":"a"},"x":[%s]}]}'])
@pytest.mark.parametrize("value", VALUES)
def test_any_value_is_read_alike(frame: bytes, value: bytes) -> None:
    assert difference(frame % value) == ""


@needs_compiled
@pytest.mark.parametrize("body", SMALL)
def test_a_body_that_is_cut_anywhere_is_read_alike(body: bytes) -> None:
    for size in range(len(body)):
        assert difference(body[:size]) == "", body[:size]
        assert size == 0 or difference(body[-size:]) == "", body[-size:]


@needs_compiled
def test_recordings_are_read_alike_and_never_left_to_the_plain_reader(corpus: Path) -> None:
    files = [*sorted((corpus / "fixtures").glob("v*/pods")), *sorted((corpus / "fixtures").glob("v*/stats_summary"))]
    assert files
    for file in files:
        assert difference(file.read_bytes()) == "", file
        assert taken(file.read_bytes()), file
    dice, bodies = random.Random(6), sources(list(map(str, files)))
    for _ in range(BODIES // 10):
        body = make_body(dice, bodies)
        assert difference(body) == "", body


@needs_compiled
@pytest.mark.parametrize("make", [pods, summary])
def test_what_an_embedded_node_says_is_taken(make: Callable[..., bytes]) -> None:
    assert taken(make(NODE, BORN + 3600))


LEFT = {
    "a name that could be spelt in two ways": (b'{"items":[],"a\\/b":1}', "a/b"),
    "a name with an escaped character": (b'{"items":[],"\\u0061b":1}', "ab"),
    "a member of the body with a letter beyond ASCII": ('{"items":[],"é":1}'.encode(), "é"),
    "a number of many digits": (b'{"items":[],"n":%s}' % (b"1" * 300), "n"),
}


@needs_compiled
@pytest.mark.parametrize(("body", "name"), LEFT.values(), ids=LEFT.keys())
def test_what_is_rare_is_left_to_the_plain_reader(body: bytes, name: str) -> None:
    assert not taken(body)
    assert name in dict(read_list(body, "items", "metadata", bool).members)


@pytest.fixture(params=["plain", "compiled"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "plain":
        monkeypatch.setattr(listed, "_scan", None)
    return str(request.param)


@pytest.mark.usefixtures("reader")
def test_members_and_items_are_the_very_bytes_that_came() -> None:
    items = b'[ {"metadata":{"namespace":"n"} } , {"metadata":{"namespace":"m"}}]'
    body = b'{ "b" : { "c" :1} ,"items":' + items + b', "a":"\xc3\xa9"}'
    assert read_list(body, "items", "metadata", bool) == Listed(
        (("b", b'{ "c" :1}'), ("a", b'"\xc3\xa9"')),
        (Item("n", b'{"metadata":{"namespace":"n"} }'), Item("m", b'{"metadata":{"namespace":"m"}}')),
    )


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("size", [2, 16, 17, 18, 100, 5000])
def test_a_name_twice_is_seen_among_any_number(size: int) -> None:
    names = [b'"n%d":0' % number for number in range(size)]
    assert read_list(b'{"items":[],"x":{%s}}' % b",".join(names), "items", "metadata", bool).items == ()
    for again in (names[0], names[size // 2], names[-1]):
        for frame in (b'{"items":[],"x":{%s}}', b'{"items":[],%s}'):
            with pytest.raises(BodyFault) as caught:
                read_list(frame % b",".join([*names, again]), "items", "metadata", bool)
            assert caught.value.reason == "json-duplicate-name"


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("names", [1, 40])
def test_the_same_name_in_another_object_is_no_second_one(names: int) -> None:
    inner = b"{%s}" % b",".join(b'"n%d":0' % number for number in range(names))
    outer = b",".join(b'"n%d":%s' % (number, inner) for number in range(names))
    body = b'{"items":[],"x":{%s},"y":[%s,%s]}' % (outer, inner, inner)
    assert [name for name, _ in read_list(body, "items", "metadata", bool).members] == ["x", "y"]


def test_a_document_made_from_nothing_is_good_or_not_and_says_a_name_in_many_spellings() -> None:
    maker = Maker(random.Random(1))
    assert {outcome(maker.document()) for _ in range(1500)} >= {"", "json-malformed", "json-duplicate-name"}
    maker.odd = 0.5
    assert len({maker.string("namespace") for _ in range(50)}) > 40
    assert all(json.loads(maker.string(name)) == name for name in NAMES for _ in range(20))


def outcome(body: bytes) -> str:
    try:
        read_list_plainly(body, "items", "metadata", bool)
    except BodyFault as fault:
        return fault.reason
    return ""


def test_others_have_nothing_against_what_is_made_of_a_body() -> None:
    dice, bodies, jq = random.Random(21), sources([]), Jq()
    for _ in range(1500):
        body = make_body(dice, bodies)
        assert objection(body, jq) == "", body
    assert jq.ask() == ""
    assert jq.asked > 200 or jq.program is None


GOOD = b'{"a":1,"items":[{"metadata":{"namespace":"x"}}]}'
WHOLE = Listed((("a", b"1"),), (Item("x", b'{"metadata":{"namespace":"x"}}'),))


@pytest.mark.parametrize(
    ("body", "read", "said"),
    [
        (GOOD, WHOLE, ""),
        (GOOD, replace(WHOLE, members=()), "other members"),
        (GOOD, replace(WHOLE, items=()), "other items"),
        (GOOD, replace(WHOLE, items=(Item("y", WHOLE.items[0].raw),)), "other namespaces"),
        (GOOD, "json-malformed", "takes it"),
        (GOOD, "json-missing", ""),
        (GOOD + b",", WHOLE, "refuses it"),
        (GOOD.replace(b'"a":1', b'"a":1,"\\u0061":1'), WHOLE, "given twice"),
        (GOOD.replace(b'"a":1', b'"a":NaN'), WHOLE, "refuses it"),
        (b"\xff", "json-not-utf8", ""),
    ],
)
def test_the_standard_library_sees_a_wrong_reading(body: bytes, read: Listed | str, said: str) -> None:
    found = standard_library(body, "items", "metadata", read)
    assert said in found
    assert bool(found) == bool(said)


def test_jq_sees_a_wrong_reading() -> None:
    jq = Jq()
    if jq.program is None:
        pytest.skip("jq is not installed")
    for body in (GOOD, b'{"a":[1e400,-1e400,%s,-%s,"\\ud83d\\ude00"]}' % (b"9" * 400, b"123456789" * 9), b"{}"):
        assert jq.hear(body) == ""
    assert (jq.ask(), jq.asked) == ("", 3)
    jq.hear(b'{"a":tru}')
    assert "jq refuses" in jq.ask()
    assert not same({"a": 1}, {"a": 2})
    assert not same([True], [1])
