"""The properties of the contract, on generated bodies and on recordings, checked by an independent reader."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubesieve.exposition import read
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import BY_PATH, ENDPOINTS, Kind
from kubesieve.sieve import NodeSeries, Policy, sieve
from tests.bodies import NAMESPACES, ByChance, expositions
from tests.independent_text import is_sample, metadata_name, naive_filter, samples

CADVISOR = BY_PATH["/metrics/cadvisor"]
RECORDINGS = (
    "v1.20.2-real/metrics_cadvisor",
    "v1.20.2-real/metrics_cadvisor_t15",
    "v1.20.2-real/metrics_resource",
    "v1.20.2-real/metrics_resource_t15",
    "v1.20.2-real/metrics",
    "v1.20.2-real/metrics_probes",
    "v1.21-eks/metrics_cadvisor",
    "v1.21-eks/metrics",
    "v1.21-eks/metrics_probes",
    "v1.21-eks/metrics_slis",
    "v1.27.5/metrics_cadvisor",
    "v1.31.0/metrics_cadvisor",
    "v1.33.0/metrics_cadvisor",
    "v1.35.0/metrics_cadvisor",
)

subsets = st.sets(st.sampled_from(["team-a", "team-b", "kube-system"])).map(frozenset)
presets = st.sampled_from(NodeSeries)


def _sieve(body: bytes, namespaces: frozenset[str], preset: NodeSeries = NodeSeries.NONE) -> bytes:
    return sieve(CADVISOR, body, Policy(namespaces, preset)).body


def _meaningful(body: bytes) -> bytes:
    """The body without what the contract lets go: free comments, blank lines, metadata without samples."""
    lines = [line for line in body.decode().split("\n") if is_sample(line) or metadata_name(line)]
    return "".join(line + "\n" for line in lines).encode()


@given(expositions())
def test_identity_all_allowed_and_all_node_series_gives_the_same_bytes(body: bytes) -> None:
    everything = Policy(frozenset(NAMESPACES) - {""}, NodeSeries.ALL)
    answer = sieve(CADVISOR, body, everything).body
    assert answer == naive_filter(body, lambda family, namespace: True)
    assert [line for *_, line in samples(answer)] == [line for *_, line in samples(body)]


@given(expositions(), subsets, presets)
def test_no_leak_by_an_independent_reader(body: bytes, namespaces: frozenset[str], preset: NodeSeries) -> None:
    for _, labels, _ in samples(_sieve(body, namespaces, preset)):
        if labels.get("namespace"):
            assert labels["namespace"] in namespaces
        else:
            assert preset is not NodeSeries.NONE
            assert preset is NodeSeries.ALL or "namespace" not in labels


@settings(max_examples=max(300, settings().max_examples))
@given(expositions(), subsets)
def test_it_agrees_with_the_naive_filter_that_is_obviously_right(body: bytes, namespaces: frozenset[str]) -> None:
    assert _sieve(body, namespaces) == naive_filter(body, lambda _, namespace: namespace in namespaces)


@pytest.mark.parametrize("start", range(0, 6000, 1000))
def test_it_agrees_with_the_naive_filter_on_thousands_of_bodies(start: int) -> None:
    """Each with another subset than the one before; many keep some lines and drop others."""
    both = 0
    for seed in range(start, start + 1000):
        body = ByChance(seed).exposition()
        allowed = frozenset(name for at, name in enumerate(("team-a", "team-b", "kube-system")) if seed >> at & 1)
        answer = naive_filter(body, lambda _, namespace, allowed=allowed: namespace in allowed)
        assert _sieve(body, allowed) == answer, body
        both += 0 < len(answer) < len(body) - 1
    assert both > 300


@given(expositions(), subsets, presets)
def test_idempotent(body: bytes, namespaces: frozenset[str], preset: NodeSeries) -> None:
    once = _sieve(body, namespaces, preset)
    assert _sieve(once, namespaces, preset) == once


@given(expositions(), subsets, subsets)
def test_monotone_and_union(body: bytes, some: frozenset[str], others: frozenset[str]) -> None:
    def kept(namespaces: frozenset[str]) -> set[str]:
        return {line for *_, line in samples(_sieve(body, namespaces))}

    assert kept(some) <= kept(some | others)
    assert kept(some) | kept(others) == kept(some | others)


@given(expositions(), subsets)
def test_the_answer_is_an_exposition_that_ends_in_a_line_feed(body: bytes, namespaces: frozenset[str]) -> None:
    answer = _sieve(body, namespaces)
    read(answer)
    assert answer == b"" or answer.endswith(b"\n")
    assert all(any(line == kept for kept in body.decode().split("\n")) for line in answer.decode().split("\n")[:-1])


@given(st.binary(max_size=200))
@example(b'a{namespace="x')
@example(b"\xff")
def test_total_any_bytes_give_an_answer_or_a_typed_error(body: bytes) -> None:
    for endpoint in ENDPOINTS:
        try:
            sieve(endpoint, body, Policy(frozenset({"x"})))
        except BodyFault as fault:
            assert fault.reason
            assert fault.status == 502


@given(expositions(), st.data())
def test_total_one_changed_byte_gives_an_answer_without_leaks_or_a_typed_error(
    body: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + data.draw(st.binary(max_size=2)) + body[at + data.draw(st.integers(0, 2)) :]
    try:
        answer = _sieve(changed, frozenset({"team-a"}))
    except BodyFault:
        return
    assert {labels["namespace"] for _, labels, _ in samples(answer)} <= {"team-a"}


HOSTILE = {
    "quotes": b'a{b="' + b'\\"' * 30_000,
    "blanks": b"a" + b" " * 60_000,
    "labels": b"a{" + b'b="c",' * 10_000,
    "open braces": b"{" * 60_000,
    "one quoted name": b'{"' + b"a" * 60_000,
    "lines": b"a\n" * 30_000,
    "hashes": b"#" * 60_000,
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_is_linear_in_the_size(piece: bytes) -> None:
    def seconds(body: bytes) -> float:
        started = time.perf_counter()
        with pytest.raises(BodyFault):
            read(body + b" !", max_line=10**9) if body[:1] != b"#" else read(body + b"\na !", max_line=10**9)
        return time.perf_counter() - started

    small, large = min(seconds(piece) for _ in range(3)), min(seconds(piece * 8) for _ in range(3))
    assert large < small * 8 * 6 + 0.05, "eight times the size may take eight times as long, not sixty-four"


def test_every_recorded_exposition_is_in_the_table(corpus: Path) -> None:
    found = {f"{path.parent.name}/{path.name}" for path in (corpus / "fixtures").glob("*/metrics*")}
    assert found == set(RECORDINGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_on_recordings_it_agrees_with_the_naive_filter(corpus: Path, name: str) -> None:
    body = (corpus / "fixtures" / name).read_bytes()
    namespaces = {labels["namespace"] for _, labels, _ in samples(body) if labels.get("namespace")}
    for allowed in (frozenset[str](), *(frozenset({one}) for one in sorted(namespaces)), frozenset(namespaces)):
        assert _sieve(body, allowed) == naive_filter(body, lambda _, found: found in allowed)  # noqa: B023
    everything = sieve(CADVISOR, body, Policy(frozenset(namespaces), NodeSeries.ALL))
    assert everything.body == body
    assert everything.kept == len(list(samples(body)))


@pytest.mark.parametrize("endpoint", [endpoint for endpoint in ENDPOINTS if endpoint.kind is Kind.TEXT])
def test_an_empty_body_is_an_exposition_of_nothing(endpoint: object) -> None:
    assert sieve(endpoint, b"", Policy(frozenset({"a"}))).body == b""  # type: ignore[arg-type]
