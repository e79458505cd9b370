"""JSON that is larger than any node's is not read into values."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import MOST_JSON, MOST_PODS, Door, Evidence, Exchange, Source


@pytest.mark.parametrize("path", ["/pods", "/stats/summary"])
def test_a_body_of_nested_nothing_is_told_as_too_large(path: str) -> None:
    body = b"[" + b"[]," * (MOST_JSON // 3) + b"[]]"
    exchange = Exchange(Source.PROXY, path, 200, {"content-type": "application/json"}, body)
    found = diagnose(Evidence((exchange,), {Source.PROXY: Door("https://proxy.example", True)})).findings
    assert [one.code for one in found] == ["KS0117"]
    assert f"expected at most {MOST_JSON} bytes; got {len(body)}" in found[0].proofs[0].text


def test_a_list_of_pods_that_is_too_large_is_left_out_and_that_is_said() -> None:
    unknowns = diagnose(Evidence(pods=b" " * (MOST_PODS + 1))).unknowns
    assert any(f"larger than {MOST_PODS} bytes" in one.because for one in unknowns)
