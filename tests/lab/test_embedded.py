"""The story on the embedded node: real sockets, and what it says when the node is broken."""

from __future__ import annotations

import time

import pytest

from kubesieve.lab import CheckRequest, Story, gather, tell
from kubesieve.lab.client import Client, Door
from kubesieve.lab.embedded import EmbeddedPlace, embedded_place
from kubesieve.lab.scene import DIRECT, NAIVE, NAIVE_TOKEN, SIEVE, TENANT

PODS = CheckRequest("/pods")


async def _story(*faults: tuple[str, str]) -> Story:
    async with embedded_place() as place:
        for path, kind in faults:
            place.kubelet.break_(path, kind)
        return tell(await gather(place))


async def test_a_token_is_shown_on_https_only_unless_told() -> None:
    async with embedded_place() as place:
        shown = {way: (await place.look(way, [PODS])).view.token_sent for way in (DIRECT, NAIVE, NAIVE_TOKEN, SIEVE)}
    assert shown == {DIRECT: True, NAIVE: False, NAIVE_TOKEN: True, SIEVE: True}


async def test_what_came_over_the_naive_way_carried_no_token() -> None:
    async with embedded_place() as place:
        await place.look(NAIVE, [PODS])
        assert [request.header("Authorization") for request in place.kubelet.requests] == [""]


async def test_kubesieve_is_started_once_for_each_set_of_namespaces() -> None:
    async with embedded_place() as place:
        assert await place.url(SIEVE) == await place.url(SIEVE) != await place.url(TENANT)


async def test_time_that_passes_is_the_nodes_and_no_answer_is_given_out_again() -> None:
    async with embedded_place() as place:
        before = await place.look(SIEVE, [PODS, CheckRequest("/metrics/cadvisor")])
        started = time.monotonic()
        await place.let_pass(60)
        after = await place.look(SIEVE, [PODS, CheckRequest("/metrics/cadvisor")])
        asked = [request.target for request in place.kubelet.requests]
    assert time.monotonic() - started < 5
    assert 60 <= after.at - before.at < 65
    assert asked.count("/pods") == 2


async def test_nothing_of_the_place_is_left() -> None:
    async with embedded_place() as place:
        folder, url = place.files.folder, await place.url(SIEVE)
        assert folder.is_dir()
    assert not folder.exists()
    async with Client(_trusting(place)) as client:
        assert (await client.ask(Door(url, None), PODS)).error


def _trusting(_: EmbeddedPlace):
    import ssl

    return ssl.create_default_context()


async def test_a_certificate_of_somebody_else_is_an_error_and_no_answer() -> None:
    async with embedded_place() as place, Client(_trusting(place)) as stranger:
        answer = await stranger.ask(Door(await place.url(SIEVE), "secret"), PODS)
    assert (answer.status, answer.error) == (None, "ClientConnectorCertificateError")


@pytest.mark.parametrize(
    ("path", "kind", "step", "words"),
    [
        ("/stats/summary", "500", "2 namespaces", "/stats/summary: no body to read"),
        ("/metrics/cadvisor", "empty", "3 series", "no row"),
        ("/pods", "null-items", "1 pods", "not in /pods"),
        ("/healthz", "503", "4 access", "503"),
        ("/metrics/cadvisor", "duplicate-type", "5 checks", "Go WARNING"),
    ],
)
async def test_a_broken_node_is_told_by_the_step_that_shows_it(path: str, kind: str, step: str, words: str) -> None:
    story = await _story((path, kind))
    assert any(one.step == step and words in one.actual for one in story.failed), story.sentence
    assert f"step {step}" in story.sentence
