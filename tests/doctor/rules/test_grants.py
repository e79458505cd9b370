"""Refused by RBAC on several paths: one finding, one command that grants all of it."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.telling import tell
from tests.doctor.scenes import Change, Scene, status

WHO = b"Forbidden (user=system:serviceaccount:datadog:agent, verb=get, resource=nodes, "


def refused(subresource: bytes) -> Change:
    return status(403, WHO + subresource + b")")


@pytest.mark.parametrize(
    ("words", "resources"),
    [
        pytest.param((b"subresource=stats", b"subresource=metrics"), "nodes/metrics,nodes/stats", id="older kubelets"),
        pytest.param(
            (b"subresource(s)=[stats proxy]", b"subresource(s)=[metrics proxy]"),
            "nodes/metrics,nodes/stats",
            id="newer ones name the smallest first",
        ),
        pytest.param((b"subresource=proxy", b"subresource=proxy"), "nodes/proxy", id="the same right for both"),
    ],
)
def test_one_command_grants_all_that_is_missing(words: tuple[bytes, bytes], resources: str) -> None:
    changes = {"/stats/summary": refused(words[0]), "/metrics/cadvisor": refused(words[1])}
    found = [one for one in diagnose(Scene(None, spoil_direct=changes).evidence()).findings if one.code == "KS0105"]
    assert len(found) == 1
    told = tell(found[0])
    assert f"--resource={resources} " in told.fix
    assert told.fix.endswith("--serviceaccount=datadog:agent")
