"""What a fix says may be pasted into a shell: nothing that came in a body can be a command there."""

from __future__ import annotations

import string
from collections import Counter

import pytest

from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.finding import Finding
from kubesieve.doctor.rules.our_refusals import REMEDIES
from kubesieve.doctor.telling import tell
from kubesieve.doctor.verdicts import VERDICTS
from tests.doctor.scenes import Scene, status

SHELL = "`$;|&<>()'\"\\\n\r\x1b!*?{}#~"
HOSTILE = (
    "$(reboot)",
    "`reboot`",
    "a; reboot",
    "a|reboot",
    "a' 'b",
    'a"b',
    "a\nreboot",
    "a && b",
    "\x1b[2Ja",
    "a --server=x",
)


def shell_characters(text: str) -> Counter[str]:
    return Counter(one for one in text if one in SHELL)


def fix_with(code: str, value: str) -> str:
    verdict = VERDICTS[code]
    texts = (verdict.title, verdict.why, verdict.symptom, verdict.fix)
    names = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    return tell(Finding(code, "", values=dict.fromkeys(names, value))).fix


@pytest.mark.parametrize("code", VERDICTS)
def test_no_value_brings_a_character_of_the_shells(code: str) -> None:
    plain = shell_characters(fix_with(code, "a"))
    for value in HOSTILE:
        more = set(shell_characters(fix_with(code, value)) - plain)
        assert more <= ({"?", "|"} if "{pattern}" in VERDICTS[code].fix else {"?"})


@pytest.mark.parametrize("code", [code for code, verdict in VERDICTS.items() if "{pattern}" in verdict.fix])
def test_alternatives_stand_between_apostrophes(code: str) -> None:
    """The one place where a value may hold a bar."""
    assert "'kube_namespace:^({pattern})$'" in VERDICTS[code].fix


@pytest.mark.parametrize(
    "value", ["team-a,kube-system", "https://[2001:db8::1]:10250/x", "nodes/metrics,nodes/stats", "pod/web-0"]
)
def test_what_a_fix_needs_is_kept(value: str) -> None:
    kept = fix_with("KS0105" if "," in value else "KS0101", value)
    assert value in kept


@pytest.mark.parametrize(
    "user", ["system:serviceaccount:a:b;reboot", "system:serviceaccount:`reboot`:b", "system:serviceaccount:a:b --x"]
)
def test_a_user_that_is_no_account_is_not_pasted(user: str) -> None:
    refused = status(403, b"Forbidden (user=%s, verb=get, resource=nodes, subresource=stats)" % user.encode())
    found = diagnose(Scene(None, rounds=1, spoil_direct={"/stats/summary": refused}).evidence()).findings
    fix = next(tell(one).fix for one in found if one.code == "KS0105")
    assert fix.endswith("--serviceaccount=NAMESPACE:NAME")


@pytest.mark.parametrize("remedy", REMEDIES.values(), ids=REMEDIES)
def test_what_to_do_about_our_own_refusals_comes_out_as_it_is_written(remedy: str) -> None:
    values = {"reason": "no-grant", "url": "x", "targets": "/pods", "remedy": remedy, "says": ""}
    assert tell(Finding("KS0119", "x", values=values)).fix == remedy
