"""Every test of the reader runs on each reader: line by line, in plain Python, and compiled."""

from __future__ import annotations

import pytest

from kubesieve.exposition import compact, read_by_lines


@pytest.fixture(autouse=True, params=["line by line", "plain", "compiled"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name == "compiled" and compact.compiled_reader() is None:
        pytest.skip("the compiled reader was not built")
    monkeypatch.setattr(compact, "_scan", compact.compiled_reader() if name == "compiled" else None)
    if name == "line by line":
        monkeypatch.setattr(compact, "read_plainly", read_by_lines)
    return name
