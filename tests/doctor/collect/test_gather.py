"""Two looks, some seconds apart, and what is kept of how they were taken."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from kubesieve.doctor.collect.gather import Plan, gather
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.entrance import Entrance
from tests.doctor.collect.speaking import Speak, answer, saying, speaking

TOKEN = "s3cr3t-t0k3n"
BEARER = f"Bearer {TOKEN}"


def look(entrance: Entrance, interval: float) -> list[Exchange]:
    plan = Plan({Source.PROXY: entrance}, {Source.PROXY: False}, interval, 2.0)
    return list(asyncio.run(gather(plan)).exchanges)


def test_a_second_look_at_what_moves() -> None:
    with speaking(saying(answer())) as server:
        found = look(Entrance(URL(server.url), None), 0.05)
    assert [one.path for one in found if one.round == 2] == ["/pods", "/stats/summary", "/metrics/cadvisor"]
    assert min(one.at for one in found if one.round == 2) > max(one.at for one in found if one.round == 1)


@pytest.mark.parametrize(("speak", "interval"), [(saying(answer()), 0.0), (saying(answer(b"", "403 Forbidden")), 0.05)])
def test_one_look_where_none_is_wanted_or_nothing_good_came(speak: Speak, interval: float) -> None:
    with speaking(speak) as server:
        assert {one.round for one in look(Entrance(URL(server.url), None), interval)} == {1}


def test_the_door_says_whether_there_was_a_token_and_never_which() -> None:
    with speaking(saying(answer())) as server:
        entrance = Entrance(URL(server.url + "/api/"), None, BEARER)
        found = asyncio.run(gather(Plan({Source.DIRECT: entrance}, {Source.DIRECT: True}, 0.0, 2.0)))
    assert found.doors[Source.DIRECT].url == server.url + "/api"
    assert found.doors[Source.DIRECT].has_token
    assert TOKEN not in repr(found)
