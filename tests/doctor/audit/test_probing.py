"""What is asked where, how long a stuck place is waited for, and what is said of all that was not asked."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from yarl import URL

from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.observed import Observed, Way
from kubesieve.doctor.audit.probing import MOST_SILENCES, Sides, _unasked, _ways, observe
from kubesieve.doctor.collect.doors import trust_for
from kubesieve.entrance import Entrance
from tests.doctor.audit.test_asking import OK, Server, serving

HTML = b"<!doctype html><html>It works</html>"
TENANT, ADMIN = "Bearer tenant", "Bearer admin"
TRUST = trust_for((), insecure=True)
PROXY = Entrance(URL("https://192.0.2.1:8443"), TRUST, TENANT)
KUBELET = Entrance(URL("https://192.0.2.7:10250"), TRUST, ADMIN)
SIDES = Sides(PROXY, frozenset({"team-a"}), KUBELET, TENANT, KUBELET)


def look_at(server: Server, seconds: float) -> Observed:
    proxy = Entrance(URL(f"http://127.0.0.1:{server.server_address[1]}"), None)
    return asyncio.run(observe(Sides(proxy, frozenset({"team-a"}), seconds=seconds, interval=0)))


def test_a_place_that_never_answers_is_given_up_and_what_was_not_asked_is_said() -> None:
    started = time.monotonic()
    with serving(b"", b"") as server:
        server.answer, server.again = OK, b"x"  # a head without an end
        found = judge(look_at(server, 0.2))
    assert time.monotonic() - started < 5
    assert len(server.heads) < MOST_SILENCES + 10
    assert found.exit == 2
    assert any("not asked" in one.because for one in found.unknowns)


def test_a_web_server_that_says_yes_to_everything_is_no_kubelet_and_no_leak() -> None:
    with serving(OK + b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(HTML) + HTML) as server:
        found = judge(look_at(server, 2.0))
    assert found.exit == 2
    assert {one.code for one in found.findings} == {"KS0209"}


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        pytest.param(SIDES, {Way.TOKEN: 10250, Way.ANONYMOUS: 10250, Way.READ_ONLY: 10255}, id="tenant and admin"),
        pytest.param(replace(SIDES, caller=ADMIN), {Way.ANONYMOUS: 10250, Way.READ_ONLY: 10255}, id="one token"),
        pytest.param(replace(SIDES, kubelet=None), {}, id="no address: nothing is scanned"),
        pytest.param(
            replace(SIDES, kubelet=Entrance(URL("https://api:6443/api/v1/nodes/n/proxy"), TRUST, ADMIN)),
            {Way.TOKEN: 6443, Way.ANONYMOUS: 6443},
            id="through the API server: its host is not the node",
        ),
        pytest.param(
            replace(SIDES, kubelet=Entrance(URL("http://192.0.2.7:10250"), None)),
            {Way.ANONYMOUS: 10250, Way.READ_ONLY: 10255},
            id="plain http: no token",
        ),
    ],
)
def test_the_ways_round_are_these(sides: Sides, expected: dict[Way, int]) -> None:
    ways = list(_ways(sides))
    assert {way: place.port for way, place in ways} == expected
    for way, place in ways:
        assert place.authorization == (TENANT if way is Way.TOKEN else None)


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (replace(SIDES, direct=None), "without --direct"),
        (replace(SIDES, kubelet=None), "--kubelet-host"),
        (replace(SIDES, caller=ADMIN), "--direct-token-file"),
        (replace(SIDES, caller=None), "--token-file"),
        (replace(SIDES, proxy=Entrance(URL("http://192.0.2.1"), None)), "--token-on-http"),
        (replace(SIDES, kubelet=Entrance(URL("https://api:6443/x"), TRUST)), "--kubelet-host"),
    ],
)
def test_what_is_not_asked_is_said_with_what_would_help(sides: Sides, words: str) -> None:
    assert words in " ".join(one.because for one in _unasked(sides))


def test_a_full_audit_leaves_nothing_unsaid() -> None:
    assert list(_unasked(SIDES)) == []
