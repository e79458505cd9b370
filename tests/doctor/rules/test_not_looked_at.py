"""Never a verdict on what was not looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import Door, Evidence, Source
from kubesieve.doctor.finding import Blame
from kubesieve.doctor.telling import blame_of
from tests.doctor.changes import CADVISOR, LOG, PODS, PODS_BODY, SUMMARY
from tests.doctor.corpus import CORPUS
from tests.doctor.diagnosed import diagnosis_of, evidence_of
from tests.doctor.rules.spoilt import DATADOG
from tests.doctor.scenes import PATHS, Scene


def codes(found: Diagnosis) -> list[str]:
    return [one.code for one in found.findings]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(),
        Evidence(doors={source: Door("https://node:10250", True) for source in Source}),
        Evidence(agent_log=""),
        Evidence(agent_log=LOG),
        Evidence(pods=b""),
        Evidence(pods=b'{"kind":"PodList","items":[]}'),
        Evidence(expected=frozenset({"sandbox"})),
    ],
    ids=["nothing", "doors alone", "an empty log", "a log", "an empty file", "an empty list", "namespaces"],
)
def test_without_a_view_there_is_nothing_to_tell(evidence: Evidence) -> None:
    found = diagnose(evidence)
    assert codes(found) == []
    assert found.unknowns
    assert found.exit == 2


def test_of_a_list_of_pods_alone_limits_are_told_and_nothing_else() -> None:
    found = diagnose(Evidence(pods=PODS_BODY))
    assert {code[:4] for code in codes(found)} <= {"KS05", "KS07"}
    assert found.exit == 2


ALONE = [name for name in CORPUS if len({one.source for one in evidence_of(CORPUS[name][1]).exchanges}) == 1]


@pytest.mark.parametrize("name", ALONE)
def test_of_a_view_that_nobody_took_nothing_is_told(name: str) -> None:
    [taken] = {one.source for one in evidence_of(CORPUS[name][1]).exchanges}
    for one in diagnosis_of(name).findings:
        assert {proof.source for proof in one.proofs} <= {taken, None}
        if taken is Source.DIRECT:
            assert blame_of(one) is not Blame.PROXY


@pytest.mark.parametrize("left_out", PATHS)
def test_a_path_that_nobody_asked_for_is_no_fault(left_out: str) -> None:
    """A whole view of one tenant, less one path: what was not asked is not missing."""
    whole = Scene(allowed=DATADOG, direct=False, rounds=1).evidence()
    kept = tuple(one for one in whole.exchanges if one.path != left_out)
    found = diagnose(replace(whole, exchanges=kept))
    assert {code for code in codes(found) if not code.startswith(("KS09", "KS0703"))} == set()
    assert ("KS0901" in codes(found)) == (left_out not in (PODS, CADVISOR))


@pytest.mark.parametrize("kept", [PODS, SUMMARY, CADVISOR, "/healthz", "/metrics"])
def test_a_single_path_is_not_called_healthy(kept: str) -> None:
    whole = Scene(allowed=DATADOG, direct=False, rounds=1).evidence()
    found = diagnose(replace(whole, exchanges=tuple(one for one in whole.exchanges if one.path == kept)))
    assert "KS0901" not in codes(found)
