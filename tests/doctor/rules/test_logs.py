"""What an agent's log tells is either explained by what was seen, or told as not seen now."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from tests.doctor.rules.spoilt import DATADOG
from tests.doctor.scenes import Scene, failed, status

LINES = {
    "nil stats": "DEBUG | Metrics provider returned nil stats for container: datadog/agent/agent",
    "an unknown CA": 'Get "https://192.0.2.10:10250/pods": x509: certificate signed by unknown authority',
    "no address in it": "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
    "a refused token": "WARN | unexpected status code 401 on endpoint https://192.0.2.10:10250/pods",
    "no right": "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://node/metrics",
}


def codes(log: str, **more: object) -> set[str]:
    scene = Scene(allowed=DATADOG, direct=False, rounds=1, more={"agent_log": log + "\n"}, **more)  # type: ignore[arg-type]
    return {one.code for one in diagnose(scene.evidence()).findings}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_what_is_not_seen_now_is_said(line: str) -> None:
    assert "KS0809" in codes(line)


@pytest.mark.parametrize(
    ("line", "change"),
    [
        pytest.param("an unknown CA", failed("upstream-tls", "x; got self-signed certificate"), id="an unknown CA"),
        pytest.param("a refused token", status(401, b"Unauthorized"), id="a refused token"),
        pytest.param("no right", status(403, b"Forbidden (user=x, verb=get, resource=nodes)"), id="no right"),
    ],
)
def test_what_is_seen_now_explains_it(line: str, change: object) -> None:
    assert "KS0809" not in codes(LINES[line], spoil_proxy={"*": change})
