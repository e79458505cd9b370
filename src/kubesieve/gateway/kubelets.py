"""Which kubelet a request is for: the only one, or that of a node which is known by watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from kubesieve.faults import CallerFault, Fault, OwnFault
from kubesieve.gateway.scrapes import SharedScrapes
from kubesieve.kubelet.bodies import Caps
from kubesieve.kubelet.client import KubeletClient
from kubesieve.kubelet.trust import Trust
from kubesieve.tenancy.live_nodes import LiveNodes
from kubesieve.tenancy.node_addresses import NodeRules, NodeStatus, Where, ip_of, where

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """A kubelet to ask, and what is shared of it: what is asked elsewhere, or is another node of the same name, is
    another target.
    """

    client: KubeletClient
    scrapes: SharedScrapes
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its node is gone, moved or made anew."""

    async def unless_left(self, asking: Coroutine[Any, Any, T]) -> T:
        """What it says, as long as the node stays. Raises OwnFault (503), and what ``asking`` raises."""
        said, left = asyncio.ensure_future(asking), asyncio.ensure_future(self.left.wait())
        try:
            await asyncio.wait({said, left}, return_when=asyncio.FIRST_COMPLETED)
            if said.done():
                return said.result()
        finally:
            said.cancel()
            left.cancel()
        raise OwnFault(
            "node-left", "expected the node to stay while it was asked; it is gone or moved: ask again", status=503
        )


class Kubelets(Protocol):
    """``by_node``: whether paths name a node."""

    by_node: bool

    async def find(self, node: str | None) -> Target:
        """Raises CallerFault (404), OwnFault (502, 503)."""

    def count(self) -> int:
        """How many nodes are known now."""


class OneKubelet:
    """The same for all requests."""

    by_node = False

    def __init__(self, client: KubeletClient, scrapes: SharedScrapes) -> None:
        self._target = Target(client, scrapes)

    async def find(self, node: str | None) -> Target:  # noqa: ARG002 - there is one
        return self._target

    def count(self) -> int:
        return 0


class NodeKubelets:
    """A client for each node that was asked for, closed where the node is gone, moved or made anew.

    ``connect`` makes a client, ``scrapes`` what a new target shares; ``live`` is set before anything is asked.
    """

    by_node = True
    live: LiveNodes

    def __init__(
        self, rules: NodeRules, connect: Callable[[Where], KubeletClient], scrapes: Callable[[], SharedScrapes]
    ) -> None:
        self._rules, self._connect, self._scrapes = rules, connect, scrapes
        self._targets: dict[str, tuple[NodeStatus, Where, Target]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def find(self, node: str | None) -> Target:
        known = self.live.nodes()
        if node is None or node not in known:
            raise CallerFault("node-unknown", "expected a node of this cluster; got another", status=404)
        status = known[node]
        there = where(node, status, self._rules)
        found = self._targets.get(node)
        if found is None or (found[0].uid, found[1]) != (status.uid, there):
            self._leave(node)
            target = Target(await self._connect(there).__aenter__(), self._scrapes())
            found = self._targets[node] = status, there, target
        return found[2]

    def count(self) -> int:
        try:
            return len(self.live.nodes())
        except OwnFault:
            return 0

    def changed(self, node: str | None) -> None:
        """Leaves the kubelet of a node that is gone, or not what it was, None for any: after each change of nodes."""
        known = self.live.nodes()
        for name in list(self._targets) if node is None else self._targets.keys() & {node}:
            status, there, _ = self._targets[name]
            if name not in known or known[name].uid != status.uid or self._elsewhere(name, known[name], there):
                self._leave(name)

    def _elsewhere(self, name: str, status: NodeStatus, there: Where) -> bool:
        try:
            return where(name, status, self._rules) != there
        except OwnFault:
            return True

    def _leave(self, name: str) -> None:
        found = self._targets.pop(name, None)
        if found is None:
            return
        found[2].scrapes.forget_all()
        found[2].left.set()
        task = asyncio.ensure_future(_close(found[2].client))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        for name in list(self._targets):
            self._leave(name)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def problem(self) -> str:
        """What stands in the way of being ready, or an empty text."""
        try:
            return "" if self.live.nodes() else "nodes-unknown: expected a node of the cluster; got none"
        except Fault as fault:
            return f"{fault.reason}: {fault.sentence}"


def connecting(rules: NodeRules, trust: Trust, caps: Caps) -> Callable[[Where], KubeletClient]:
    """How the kubelet of a node is reached."""

    def connect(there: Where) -> KubeletClient:
        url = URL.build(scheme="https", host=there.host, port=there.port)
        return KubeletClient(url, trust, caps=caps, server_name=there.server_name, resolver=AllowedResolver(rules))

    return connect


async def _close(client: KubeletClient) -> None:
    """After whoever asks there has been told that it is left."""
    await asyncio.sleep(0)
    await client.__aexit__(None, None, None)


class AllowedResolver(AbstractResolver):
    """Names lead where kubelets may be, and nowhere else."""

    def __init__(self, rules: NodeRules) -> None:
        self._rules, self._inner = rules, ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type]
        allowed = [one for one in found if (ip := ip_of(one["host"])) is not None and self._rules.allows(ip)]
        if not allowed:
            raise OSError(None, "the name leads where no kubelet may be")
        return allowed

    async def close(self) -> None:
        await self._inner.close()
