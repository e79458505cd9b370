"""Whatever is no good answer is told of: never "healthy", and never nothing, where a path that counts did not come."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of
from tests.doctor.changes import CADVISOR, PODS, SUMMARY
from tests.doctor.rules.spoilt import DATADOG
from tests.doctor.scenes import ALL, Change, Scene, failed, status

STATUSES = (204, 206, 307, 400, 401, 403, 404, 405, 406, 410, 418, 429, 500, 501, 502, 503, 504)
FAILURES = (
    "upstream-unreachable",
    "upstream-disconnected",
    "upstream-malformed",
    "upstream-timeout",
    "upstream-tls",
    "upstream-too-large",
    "upstream-truncated",
    "a reason that is not known yet",
)
CHANGES: dict[str, Change] = {
    **{str(code): status(code, b"no\n") for code in STATUSES},
    **{reason: failed(reason, "expected an answer; got another thing") for reason in FAILURES},
}


def causes(scene: Scene) -> list[str]:
    return [one.code for one in diagnose(scene.evidence()).findings if severity_of(one) is not Severity.INFO]


@pytest.mark.parametrize("path", [PODS, SUMMARY, "*"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_proxied_view_alone(change: str, path: str) -> None:
    lean = Scene(allowed=DATADOG, direct=False, rounds=1, spoil_proxy={path: CHANGES[change]})
    assert len(causes(lean)) >= 1


@pytest.mark.parametrize("path", [CADVISOR, "/metrics"])
@pytest.mark.parametrize("change", ["204", "400", "403", "404", "405", "501", "upstream-too-large"])
def test_a_direct_view_alone(change: str, path: str) -> None:
    assert len(causes(Scene(allowed=None, rounds=1, spoil_direct={path: CHANGES[change]}))) >= 1


@pytest.mark.parametrize("change", CHANGES)
def test_one_path_through_the_proxy_has_one_cause(change: str) -> None:
    """Two codes for one status would be one cause told twice."""
    scene = Scene(allowed=ALL, rounds=1, spoil_proxy={"/metrics/probes": CHANGES[change]})
    assert len(causes(scene)) == 1
