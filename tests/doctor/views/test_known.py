"""A list of pods from elsewhere counts as far as it is of the node that was looked at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Evidence
from kubesieve.doctor.views.case import make_case
from tests.doctor.changes import other_nodes, pods_of
from tests.doctor.scenes import Scene

SEEN = Scene(allowed=frozenset({"tenant-a"}), direct=False).evidence()


def pod(name: str, node: str | None, phase: str = "Running") -> dict[str, object]:
    spec = {"nodeName": node} if node else {}
    return {"metadata": {"namespace": "tenant-a", "name": name}, "spec": spec, "status": {"phase": phase}}


def listed(*pods: dict[str, object]) -> bytes:
    return json.dumps({"kind": "List", "items": pods}).encode()


@pytest.mark.parametrize(
    ("pods", "kept"),
    [
        ((pod("a", "stage-node"), pod("b", "other")), {"a"}),
        ((pod("a", "stage-node"), pod("b", None)), {"a", "b"}),
        ((pod("a", "stage-node"), pod("b", None, "Pending")), {"a"}),
        ((pod("a", "other"),), set()),
    ],
)
def test_pods_of_other_nodes_and_of_none_yet_are_left_out(pods: tuple[dict[str, object], ...], kept: set[str]) -> None:
    case = make_case(replace(SEEN, pods=listed(*pods)))
    assert case.known is not None
    assert {name for _, name in case.known.pods} == kept


def test_no_row_is_made_of_a_container_elsewhere() -> None:
    rows = diagnose(replace(SEEN, pods=pods_of(other_nodes))).containers
    assert rows
    assert not [row for row in rows if row.key.pod.endswith("-elsewhere")]


@pytest.mark.parametrize(
    ("pods", "because"),
    [
        (listed(pod("a", "one"), pod("b", "two")), "several nodes"),
        (b"[]", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_is_left_out_and_that_is_said(pods: bytes, because: str) -> None:
    found = diagnose(Evidence(pods=pods, taken=SEEN.taken))
    assert found.findings == ()
    assert any(because in unknown.because for unknown in found.unknowns)
