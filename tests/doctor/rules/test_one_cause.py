"""One cause is told once, however many endpoints show it."""

from __future__ import annotations

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.telling import tell
from tests.doctor.scenes import Change, Scene, headed, status

PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>\n"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(status(200, PAGE, "text/html"), "KS0209", id="a sign-in page everywhere"),
        pytest.param(headed("application/octet-stream"), "KS0205", id="one wrong type everywhere"),
    ],
)
def test_a_fault_of_every_path_is_one_finding_that_names_them(change: Change, code: str) -> None:
    found = [one for one in diagnose(Scene(spoil_proxy={"*": change}).evidence()).findings if one.code == code]
    assert len(found) == 1
    assert "/pods" in tell(found[0]).title
    assert len(found[0].proofs) > 2
