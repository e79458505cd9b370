"""The story's place in one process: the embedded node, the naive proxy and kubesieve, all on loopback."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from yarl import URL

from kubesieve.agents import Answer, CheckRequest, CheckRun
from kubesieve.gateway.journal import Journal
from kubesieve.gateway.service import running
from kubesieve.gateway.settings import Address, Settings
from kubesieve.lab.client import Client, Door
from kubesieve.lab.place import Kind, Setting, Waited, Way
from kubesieve.lab.scene import ALLOWED, SANDBOX, WIDENED
from kubesieve.sieve import Policy
from kubesieve.stage.kubelet import FakeKubelet
from kubesieve.stage.naive import NaiveProxy
from kubesieve.stage.node import story_node

AGENT = "datadog"
_NODE_AGE = 3600.0
_CACHE_SECONDS = 1.0
_SETTING = Setting(
    namespaces=("datadog", "kube-system", "kubelet-proxy", "sandbox", "tenant-a", "tenant-b"),
    seconds=60.0,
    time_passes="Each check ran twice, a minute apart by the node's clock, which is put forward in between.",
    widened=f"kubesieve --namespaces {','.join(WIDENED.allowed)}.",
    tenant=f"kubesieve --namespaces {SANDBOX} for an agent of the tenant's own. The kubelet still judges the token, so "
    "keep such agents off the kubelet's own port.",
)
_FREE_PORT = Address("127.0.0.1", 0)


class Clock:
    """The node's clock. It can be put forward, so that nobody has to wait a minute for a CPU rate."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def put_forward(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True, slots=True)
class Files:
    """What a client needs to talk to the place: files in one folder."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def cert(self) -> Path:
        return self.folder / "kubesieve.crt"

    @property
    def key(self) -> Path:
        return self.folder / "kubesieve.key"

    def write(self, kubelet: FakeKubelet) -> None:
        pair = kubelet.authority.issue(common_name="kubesieve")
        contents = {self.ca: kubelet.ca_pem, self.cert: pair.cert, self.key: pair.key}
        for path, content in {**contents, self.token: kubelet.tokens[AGENT].encode()}.items():
            path.touch(mode=0o600)
            path.write_bytes(content)


class EmbeddedPlace:
    """A Place. kubesieve is started for each set of namespaces when it is first asked for."""

    def __init__(self, kubelet: FakeKubelet, naive: NaiveProxy, files: Files, clock: Clock) -> None:
        self.kubelet, self.naive, self.files = kubelet, naive, files
        self._clock = clock
        self._stack = AsyncExitStack()
        self._sieves: dict[tuple[str, ...], URL] = {}
        self._last_look = 0.0

    async def __aenter__(self) -> EmbeddedPlace:
        tls = ssl.create_default_context(cafile=str(self.files.ca))
        self._client = await self._stack.enter_async_context(Client(tls, self._clock))
        self._journal = self._stack.enter_context(_silent_journal())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    async def setting(self) -> Setting:
        return _SETTING

    async def open(self, way: Way) -> None:
        await self.url(way)

    async def url(self, way: Way) -> URL:
        """Where the way begins."""
        fixed = {Kind.DIRECT: self.kubelet.url, Kind.NAIVE: self.naive.url}
        return URL(fixed[way.kind]) if way.kind in fixed else await self._sieve(way.allowed)

    async def look(self, way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
        look = await self._client.look(await self._door(way), asks)
        self._last_look = time.monotonic()
        return look

    async def without_token(self, way: Way, target: str) -> Answer:
        return await self._client.ask(Door(await self.url(way), None), CheckRequest(target))

    async def beside_stuck(self, way: Way, target: str, limit: float) -> Waited:
        return await self._client.beside_stuck(await self._door(way), CheckRequest(target), limit)

    async def let_pass(self, seconds: float) -> None:
        """The node's clock jumps; what kubesieve remembers goes by the real one."""
        self._clock.put_forward(seconds)
        await asyncio.sleep(max(0.0, self._last_look + _CACHE_SECONDS - time.monotonic()))

    async def _door(self, way: Way) -> Door:
        url = await self.url(way)
        shown = way.token_always or url.scheme == "https"
        return Door(url, self.kubelet.tokens[AGENT] if shown else None)

    async def _sieve(self, allowed: tuple[str, ...]) -> URL:
        if allowed not in self._sieves:
            urls = await self._stack.enter_async_context(running(self._settings(allowed), self._journal))
            self._sieves[allowed] = URL(urls.url)
        return self._sieves[allowed]

    def _settings(self, allowed: tuple[str, ...]) -> Settings:
        return Settings(
            listen=_FREE_PORT,
            admin_listen=_FREE_PORT,
            kubelet=URL(self.kubelet.url),
            policy=Policy(frozenset(allowed)),
            tls_cert=self.files.cert,
            tls_key=self.files.key,
            kubelet_ca=self.files.ca,
            cache_seconds=_CACHE_SECONDS,
        )


@contextmanager
def _silent_journal() -> Iterator[Journal]:
    """Access records would stand between the tables."""
    with open(os.devnull, "w") as nowhere:
        journal = Journal(nowhere, nowhere)
        try:
            yield journal
        finally:
            journal.stop()


@asynccontextmanager
async def embedded_place(seed: int = 1) -> AsyncIterator[EmbeddedPlace]:
    """The place, up and running inside the block; nothing is left of it afterwards."""
    clock = Clock()
    node = replace(story_node(seed=seed), born=float(int(clock() - _NODE_AGE)))
    with tempfile.TemporaryDirectory(prefix="kubesieve-demo-") as folder, FakeKubelet(node, clock=clock) as kubelet:
        files = Files(Path(folder))
        files.write(kubelet)
        with NaiveProxy(kubelet.url, ALLOWED) as naive:
            async with EmbeddedPlace(kubelet, naive, files, clock) as place:
                yield place
