"""The API server over TLS: what it says, what it does not, and what never leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.kubelet.trust import TokenFile, Trust
from kubesieve.stage.apiserver import FakeApiserver
from kubesieve.stage.identity import Directory
from kubesieve.tenancy.access import AccessReviewer
from kubesieve.tenancy.api_server import ApiServer, ApiStatus
from kubesieve.tenancy.tokens import REVIEWS, TokenReviewer
from kubesieve.tenancy.values import Caller, RbacCheck

T = TypeVar("T")


@pytest.fixture
def api() -> Iterator[FakeApiserver]:
    with FakeApiserver(Directory.fresh()) as server:
        yield server


def asking(
    api: FakeApiserver, folder: Path, work: Callable[[ApiServer], Awaitable[T]], *, account: str = "kubelet-proxy"
) -> T:
    ca, token = folder / "ca.crt", folder / "token"
    ca.write_bytes(api.ca_pem)
    token.write_text(api.directory.tokens[account])

    async def whole() -> T:
        async with ApiServer(URL(api.url), Trust(ca), TokenFile(token), 2.0) as server:
            return await work(server)

    return asyncio.run(whole())


def test_a_token_of_the_cluster_is_its_service_accounts(api: FakeApiserver, tmp_path: Path) -> None:
    async def work(server: ApiServer) -> Caller:
        reviewer = TokenReviewer(server, (), str)
        return await reviewer.caller(f"Bearer {api.directory.tokens['tenant-a']}", "p")

    found = asking(api, tmp_path, work)
    assert found.user == "system:serviceaccount:tenant-a:agent"
    assert "system:serviceaccounts:tenant-a" in found.groups


def test_what_somebody_may_see_is_what_rbac_gives(api: FakeApiserver, tmp_path: Path) -> None:
    async def work(server: ApiServer) -> frozenset[str]:
        caller = Caller("system:serviceaccount:datadog:agent")
        return await AccessReviewer(server, RbacCheck()).allowed(caller, ["datadog", "kube-system", "sandbox"])

    assert asking(api, tmp_path, work) == {"datadog", "kube-system"}


def test_an_account_without_the_right_is_told_by_status(api: FakeApiserver, tmp_path: Path) -> None:
    async def work(server: ApiServer) -> None:
        await server.create(REVIEWS, {"spec": {"token": "x"}})

    with pytest.raises(ApiStatus) as caught:
        asking(api, tmp_path, work, account="tenant-a")
    assert caught.value.status == 403


def test_nobody_there_is_unavailable_and_no_address_is_told(api: FakeApiserver, tmp_path: Path) -> None:
    async def work(_: ApiServer) -> None:
        token = TokenFile(tmp_path / "token")
        async with ApiServer(URL("https://127.0.0.1:1"), Trust(tmp_path / "ca.crt"), token, 1.0) as away:
            await away.get("/api/v1/namespaces")

    with pytest.raises(OwnFault) as caught:
        asking(api, tmp_path, work)
    assert (caught.value.reason, caught.value.status) == ("api-server-unavailable", 503)
    assert "127.0.0.1" not in caught.value.sentence


def test_another_cluster_is_not_believed(api: FakeApiserver, tmp_path: Path) -> None:
    with FakeApiserver(Directory.fresh()) as other:

        async def work(_: ApiServer) -> None:
            async with ApiServer(URL(other.url), Trust(tmp_path / "ca.crt"), TokenFile(tmp_path / "token")) as server:
                await server.create(REVIEWS, {})

        with pytest.raises(OwnFault, match="expected an answer from the API server"):
            asking(api, tmp_path, work)
        assert other.requests == ()
