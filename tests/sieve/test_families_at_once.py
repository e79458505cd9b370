"""Families by the thousand: what the compiled reader makes of a policy's patterns is what the policy says of each."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.exposition import FamilyPatterns, FamilyVerdict, Keep, read, read_by_lines
from kubesieve.exposition.compact import Compact, compiled_reader
from kubesieve.kubelet.endpoints import ENDPOINTS, Endpoint, Kind
from kubesieve.sieve import NodeSeries, Policy

SCAN = compiled_reader()
TEXTS = [endpoint for endpoint in ENDPOINTS if endpoint.kind is Kind.TEXT]
FAMILIES = (
    b"machine_", b"machine_cpu", b"xmachine_cpu", b"machine", b"cadvisor_version_info", b"cadvisor_version_infos", b"x",
    b"node_cpu", b"scrape_error", b"container_scrape_error", b"scrape_errors", b"container_network_x", b"*", b"a*b",
    b"a\nb", b"\n", b'"', b"\\", b"machine_\n", b"\nmachine_cpu", b"\xc3\xa9", b"machine_\xc3\xa9", b"[a]", b"?",
)  # fmt: skip
PATTERNS = ("*", "**", "machine_*", "*_cpu", "x", "a*b", "*scrape*error*", "container_network_*", "machine_cpu")
chosen = st.lists(st.sampled_from(PATTERNS), max_size=3).map(tuple)
pytestmark = pytest.mark.skipif(SCAN is None, reason="the compiled reader was not built")


def quoted(name: bytes) -> bytes:
    return name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")


def body_of(families: tuple[bytes, ...]) -> bytes:
    """Of each family a sample of a namespace, of another, of none, and of the empty one."""
    braces = (b',namespace="a"', b',namespace="b"', b"", b',namespace=""')
    return b"".join(b'{"%s"%s} 1\n' % (quoted(name), rest) for name in families for rest in braces)


def rows_of(families: tuple[bytes, ...], patterns: FamilyPatterns) -> list[tuple[bool, ...]]:
    records = SCAN(body_of(families), 10**6)
    assert records.families == families
    table = records.rows(patterns)
    size = len(families)
    return list(zip(*(map(bool, table[at : at + size]) for at in range(0, len(table), size)), strict=True))


@pytest.mark.parametrize("endpoint", TEXTS, ids=lambda one: one.name)
@pytest.mark.parametrize("preset", NodeSeries)
def test_each_endpoint_and_preset(endpoint: Endpoint, preset: NodeSeries) -> None:
    keep = Policy(frozenset({"a"}), preset).keep_of(endpoint)
    assert rows_of(FAMILIES, keep.patterns()) == [keep.families(name) for name in FAMILIES]


@given(st.sampled_from(TEXTS), st.sampled_from(NodeSeries), chosen, chosen)
def test_whatever_is_kept_and_dropped_by_name(
    endpoint: Endpoint, preset: NodeSeries, kept: tuple[str, ...], dropped: tuple[str, ...]
) -> None:
    keep = Policy(frozenset({"a"}), preset, kept, dropped).keep_of(endpoint)
    assert rows_of(FAMILIES, keep.patterns()) == [keep.families(name) for name in FAMILIES]
    body = body_of(FAMILIES)
    assert Compact(body, SCAN(body, 10**6)).select(keep) == read_by_lines(body).select(keep)


@given(st.text("ab*", max_size=7), st.lists(st.text("ab*\n", min_size=1, max_size=9), min_size=1, unique=True))
def test_a_pattern_covers_what_the_standard_library_says(pattern: str, names: list[str]) -> None:
    families = tuple(name.encode() for name in names)
    part = ((pattern.encode(), True),)
    covered = rows_of(families, FamilyPatterns(part, part, part))
    assert covered == [(fnmatchcase(name, pattern),) * 3 for name in names]


def test_the_first_pattern_decides_and_what_none_covers_is_not_kept() -> None:
    part = ((b"a*", False), (b"*b", True), (b"*", False))
    patterns = FamilyPatterns(part, part[1:2], ())
    assert rows_of((b"ab", b"xb", b"c"), patterns) == [(False, True, False), (True, True, False), (False,) * 3]


@pytest.mark.parametrize("name", ["a?", "[ab]"])
def test_other_wildcards_are_left_to_the_rules_themselves(name: str) -> None:
    keep = Policy(frozenset({"a"}), NodeSeries.NONE, (name,)).keep_of(TEXTS[0])
    assert keep.patterns() is None
    body = body_of((b"ax", b"a", b"c"))
    assert read(body).select(keep) == read_by_lines(body).select(keep)


THOUSANDS = b"x 1\n" + b"".join(b'x{namespace="n%d"} 1\n' % number for number in range(3000))
VERDICTS = (FamilyVerdict(True, False, False), FamilyVerdict(True, True, False), FamilyVerdict(False, True, True))
kept_names = st.sets(st.sampled_from([b"n0", b"n1", b"n2998", b"n2999", b"n3000", b"absent", b""])).map(frozenset)


@pytest.mark.parametrize("body", [THOUSANDS, THOUSANDS + b'x{namespace=""} 1\n', b'x{namespace=""} 1\n', b"x 1\n"])
def test_thousands_of_namespaces(body: bytes) -> None:
    compact, plain = Compact(body, SCAN(body, 10**6)), read_by_lines(body)

    @given(kept_names, st.sampled_from(VERDICTS))
    def are_kept_alike(kept: frozenset[bytes], verdict: FamilyVerdict) -> None:
        keep = Keep(kept, lambda _: verdict)
        assert compact.select(keep) == plain.select(keep)

    are_kept_alike()
