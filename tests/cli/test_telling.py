"""How a story looks on a terminal."""

from __future__ import annotations

import sys

import pytest

from kubesieve.cli import telling


@pytest.mark.parametrize(("no_color", "bold"), [("", True), ("1", False)])
def test_on_a_terminal_titles_are_bold_unless_no_color(
    monkeypatch: pytest.MonkeyPatch, no_color: str, bold: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ("\x1b" in telling._title("x")) is bold
