"""Shared by all tests: where the recordings are, and hypothesis' settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("slow", parent=settings.get_profile("default"), max_examples=5000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder with recordings of real kubelets; a test that wants it is skipped where it is absent."""
    folder = Path(os.environ.get("KUBESIEVE_CORPUS", ROOT.parent / "shared"))
    if not (folder / "fixtures").is_dir():
        pytest.skip(f"no recordings of real kubelets in {folder} (KUBESIEVE_CORPUS names the folder)")
    return folder


def require_client(name: str) -> str:
    """The path of a real client program; skips where it is absent, fails where CI promised it."""
    import shutil

    found = shutil.which(name)
    if found is None and os.environ.get("KUBESIEVE_REAL_CLIENTS") == "required":
        pytest.fail(f"{name} is required here and not installed")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def curl() -> str:
    return require_client("curl")


@pytest.fixture
def promtool() -> str:
    return require_client("promtool")


@pytest.fixture
def prometheus() -> str:
    return require_client("prometheus")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tables that tests made with ``record_property("table", …)``, wherever they ran."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "table":
                terminalreporter.write_line(f"\n{text}")
