"""Whole audits over real sockets: kubesieve's own serve passes, a pass-through fails on every leak it has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kubesieve.doctor.audit.judge import answered, judge
from kubesieve.doctor.audit.observed import Observed
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of, tell
from kubesieve.stage.http_values import Request
from kubesieve.stage.service import EmbeddedNode
from tests.doctor.audit.conftest import Audit, PassThrough, codes
from tests.gateway.conftest import Gateway


@pytest.mark.parametrize("direct", [True, False], ids=["with the kubelet", "without"])
def test_our_own_serve_passes(look: Audit, ours: Gateway, node: EmbeddedNode, direct: bool) -> None:
    before = node.kubelet.exec_reached
    found = judge(look(ours.url, direct=direct))
    assert [f"{one.code} {tell(one).title}" for one in found.findings if severity_of(one) is not Severity.INFO] == []
    assert found.findings[0].code == "KS0907"
    assert node.kubelet.exec_reached == before


IN_BODIES = {"KS0401", "KS0402", "KS0403", "KS0405", "KS0407", "KS0409", "KS0410", "KS0423"}
BY_ASKING = {"KS0411", "KS0412", "KS0413", "KS0416", "KS0419", "KS0425"}


def test_a_pass_through_fails_on_every_leak_it_has(passed_on: Observed) -> None:
    found = judge(passed_on)
    assert set(codes(found)) == IN_BODIES | BY_ASKING
    assert found.exit == 1


def test_a_pass_through_tells_what_a_kubelets_errors_say(
    look: Audit, pass_through: PassThrough, node: EmbeddedNode
) -> None:
    node.kubelet.break_("/stats/summary", "500")
    found = {one.code: one for one in judge(look(pass_through.url)).findings}
    assert "tenant-a" in found["KS0415"].seen


def test_nothing_is_run_and_nothing_but_get_is_asked(passed_alone: tuple[Observed, list[Request]]) -> None:
    _, requests = passed_alone
    assert {request.method for request in requests} == {"GET"}
    would_run = [request.target for request in requests if request.target.startswith(("/exec", "/run/", "/attach"))]
    assert would_run
    assert all("/kubesieve-audit/none" in target and "command" not in target for target in would_run)
    assert len(requests) < 200


NOBODY = "http://127.0.0.1:1"


def test_a_token_with_rights_of_its_own_is_told(look: Audit, node: EmbeddedNode) -> None:
    """The tenant's token opens the kubelet, as it must where it is forwarded: the network has to be closed."""
    seen = look(NOBODY, caller=f"Bearer {node.tokens['kubelet-proxy']}")
    found = {one.code: one for one in judge(seen).findings}
    assert found["KS0420"].severity is None
    assert node.url in found["KS0420"].seen


def test_the_tokens_of_others_stay_where_they_belong(look: Audit, node: EmbeddedNode) -> None:
    """Without rights of its own the caller's token opens nothing, and the direct look's is not tried in its place."""
    found = codes(judge(look(NOBODY, caller=f"Bearer {node.tokens['tenant-a']}")))
    assert not {"KS0420", "KS0421", "KS0422"} & set(found)


def test_without_the_kubelet_what_was_not_looked_at_is_said(
    passed_alone: tuple[Observed, list[Request]],
) -> None:
    found = judge(passed_alone[0])
    assert {"KS0401", "KS0402", "KS0403", "KS0409"} <= set(codes(found))
    questions = " ".join(one.question for one in found.unknowns)
    assert "go round the proxy" in questions
    assert "its own list" in questions


def test_a_node_without_neighbours_proves_nothing(passed_on: Observed, node: EmbeddedNode) -> None:
    every = frozenset(node.node.namespaces)
    questions = [one.question for one in judge(replace(passed_on, allowed=every)).unknowns]
    assert "would a leak have been seen?" in questions


def test_nobody_there_is_no_pass(look: Audit) -> None:
    seen = look(NOBODY)
    assert not answered(seen)
    assert codes(judge(seen)) == ["KS0101"]


def test_the_naive_proxys_leaks_are_these(naive_view: Observed, node: EmbeddedNode) -> None:
    assert node.naive is not None
    found = judge(naive_view)
    told = "".join(f"{one.code} {tell(one).title}\n    {one.seen}\n" for one in found.findings)
    told = told.replace(node.naive.url, "PROXY")
    golden = Path(__file__).parent / "naive-leaks.txt"
    if os.environ.get("KUBESIEVE_GOLDEN") == "write":
        golden.write_text(told)
    assert told == golden.read_text()
