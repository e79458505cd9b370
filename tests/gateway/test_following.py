"""The configuration's file while it is served: what changes at once, what waits, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration import Configuration, load
from kubesieve.gateway.configured import Configured, Deciders
from kubesieve.gateway.deciding import Decider
from kubesieve.gateway.following import Following
from kubesieve.gateway.scrapes import TokenDigest

TENANTS = [{"name": "a", "subjects": [{"kind": "User", "name": "jane"}], "namespaces": ["a"]}]
OTHERS = [{"name": "b", "subjects": [{"kind": "User", "name": "john"}], "namespaces": ["b"]}]
TLS = {"certFile": "/c", "keyFile": "/k", "clientCAFile": "/ca"}
GOOD: dict[str, Any] = {
    "apiVersion": "kubesieve.io/v1alpha1",
    "kind": "Configuration",
    "listen": {"address": "127.0.0.1:0", "tls": TLS},
    "kubelet": {"url": "https://127.0.0.1:10250", "caFile": "/ca", "tokenFile": "/token"},
    "apiServer": {"url": "https://127.0.0.1:6443", "tokenFile": "/token"},
    "identity": {"tokenReview": {}, "clientCertificates": True},
    "grants": {"tenants": TENANTS},
}


@dataclass
class Recorded(Deciders):
    """Makes nothing; keeps what it was asked to make, and raises what it is told to."""

    made: list[Configuration] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    async def of(self, configuration: Configuration) -> Decider:
        if self.fails:
            raise self.fails.pop(0)
        self.made.append(configuration)
        return None  # type: ignore[return-value]


@dataclass
class Seen:
    """A file, and what came of looking at it."""

    path: Path
    told: list[tuple[bool, bool]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    made: list[Configuration] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    def write(self, **more: Any) -> None:
        self.path.write_text(yaml.safe_dump({**GOOD, **more}))

    def look(self, *steps: Callable[[], object]) -> None:
        """Begins with the file as it is, then looks after each step."""

        async def story() -> None:
            async with AsyncExitStack() as stack:
                deciders = Recorded(TokenDigest(), self.said.append, stack, made=self.made, fails=self.fails)
                told = lambda *each: self.told.append(each)  # noqa: E731
                configured = Configured(self.path, load(self.path))
                following = Following(configured, deciders, lambda _: None, told, self.said.append)
                for step in steps:
                    step()
                    await following.look()

        asyncio.run(story())

    @property
    def names(self) -> list[str]:
        """The tenants of each configuration that was used."""
        return [one.grants.tenants[0].name for one in self.made]


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    one = Seen(tmp_path / "config.yaml")
    one.write()
    return one


def nothing() -> None:
    pass


def test_a_file_that_is_as_it_was_is_not_loaded_again(seen: Seen) -> None:
    seen.look(nothing, nothing, lambda: seen.path.write_text(seen.path.read_text() + "# a remark\n"))
    assert (seen.made, seen.said) == ([], [])
    assert set(seen.told) == {(True, False)}


def test_a_change_between_the_start_and_the_first_look_counts(seen: Seen) -> None:
    seen.look(lambda: seen.write(grants={"tenants": OTHERS}))
    assert seen.names == ["b"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"listen": {**GOOD["listen"], "address": "127.0.0.1:1"}}, "listen.address"),
        ({"listen": {**GOOD["listen"], "tls": {**TLS, "certFile": "/other"}}}, "listen.tls"),
        ({"admin": {"address": "127.0.0.1:1"}}, "admin"),
        ({"kubelet": {**GOOD["kubelet"], "tokenFile": "/other"}}, "kubelet"),
        ({"apiServer": {**GOOD["apiServer"], "tokenFile": "/other"}}, "apiServer"),
        ({"sharing": {"ttl": "1s"}}, "sharing"),
        ({"limits": {"requests": 1}}, "limits"),
    ],
)
def test_what_takes_a_restart_stays_as_it_was_and_is_said(seen: Seen, change: dict[str, Any], name: str) -> None:
    before = load(seen.path)
    seen.look(lambda: seen.write(grants={"tenants": OTHERS}, **change), nothing)
    assert seen.names == ["b"]
    assert [sentence for sentence in seen.said if "restart" in sentence] == [
        f"restart to use the changed {name} of the configuration"
    ]
    assert seen.told[-1] == (True, True)
    for attribute in ("listen", "tls", "admin", "kubelet", "api_server", "sharing_seconds", "limits"):
        assert getattr(seen.made[0], attribute) == getattr(before, attribute)


def test_what_takes_a_restart_and_is_taken_back_waits_no_more(seen: Seen) -> None:
    seen.look(lambda: seen.write(sharing={"ttl": "1s"}), seen.write)
    assert seen.told == [(True, True), (True, False)]


def test_an_api_server_that_nobody_needed_so_far_is_used_at_once(seen: Seen) -> None:
    identity = {"clientCertificates": True}
    seen.write(identity=identity, apiServer=None)
    text = seen.path.read_text().replace("apiServer: null\n", "")
    seen.path.write_text(text)
    seen.look(lambda: seen.write(identity=identity, grants={"rbac": {}}))
    assert str(seen.made[0].api_server.url) == "https://127.0.0.1:6443"  # type: ignore[union-attr]


def test_certificates_are_taken_no_more_at_once_and_again_after_a_restart(seen: Seen) -> None:
    seen.look(lambda: seen.write(identity={"tokenReview": {}}), seen.write)
    assert [one.identity.client_certificates for one in seen.made] == [False]
    assert seen.said[-1] == "restart to use the changed identity.clientCertificates of the configuration"


@pytest.mark.parametrize(
    "change",
    [
        {"identity": {"forward": True}, "grants": {"tenants": [{"name": "all", "namespaces": ["a"]}]}},
        {"identity": {"clientCertificates": True}},
    ],
    ids=["the kubelet judges", "certificates alone, which were not asked for"],
)
def test_callers_known_in_another_way_take_a_restart_of_all(seen: Seen, change: dict[str, Any]) -> None:
    seen.write(identity={"tokenReview": {}})
    seen.look(lambda: seen.write(**change))
    assert (seen.made, seen.told) == ([], [(False, True)])
    assert "restart" in seen.said[0]


def test_a_file_that_is_missing_for_a_while_keeps_the_old_and_is_said_once(seen: Seen) -> None:
    text = seen.path.read_text()
    seen.look(nothing, seen.path.unlink, nothing, lambda: seen.path.write_text(text))
    assert [good for good, _ in seen.told] == [True, False, False, True]
    assert len(seen.said) == 1


def test_a_pipe_in_its_place_holds_up_nothing(seen: Seen) -> None:
    text = seen.path.read_text()

    def pipe() -> None:
        seen.path.unlink()
        os.mkfifo(seen.path)

    def file() -> None:
        seen.path.unlink()
        seen.path.write_text(text)

    seen.look(pipe, file)
    assert [good for good, _ in seen.told] == [False, True]


def test_a_file_with_a_problem_is_said_once_and_the_next_good_one_used(seen: Seen) -> None:
    seen.look(lambda: seen.write(grants={}), nothing, lambda: seen.write(grants={"tenants": OTHERS}))
    assert seen.names == ["b"]
    assert [good for good, _ in seen.told] == [False, True]
    assert len([one for one in seen.said if "cannot be used" in one]) == 1


@pytest.mark.parametrize(
    "error", [OwnFault("file-unreadable", "expected a token in /t; got none"), RuntimeError("odd"), RecursionError()]
)
def test_what_could_not_be_made_is_tried_again_and_said_once(seen: Seen, error: Exception) -> None:
    seen.fails = [error, error]
    seen.look(lambda: seen.write(grants={"tenants": OTHERS}), nothing, nothing)
    assert [good for good, _ in seen.told] == [False, False, True]
    assert seen.names == ["b"]
    assert len([one for one in seen.said if "cannot be used" in one]) == 1
    assert "odd" not in "".join(seen.said)
