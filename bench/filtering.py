"""What is timed of any reader, on any kind of body: an answer, many from one scan, one more from a scan made before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rounds import Contender, Run

from kubesieve.kubelet.endpoints import Endpoint
from kubesieve.sieve import Policy, Scanned, answer
from kubesieve.stage.model import Node
from kubesieve.stage.node import BORN, build_node

BODY_BYTES = 10_000_000
NAMESPACES = 20
TENANTS = tuple(Policy(frozenset({f"team-{index:02d}"})) for index in range(NAMESPACES))

Read = Callable[[bytes], Scanned]


@dataclass(frozen=True, slots=True)
class Filtering:
    """A reader of an endpoint's bodies, called ``name``."""

    name: str
    endpoint: Endpoint
    read: Read

    def one_answer(self, body: bytes) -> bytes:
        return answer(self.endpoint, self.read(body), TENANTS[0]).body

    def answers(self, body: bytes) -> object:
        """As the gateway does it: read once, then an answer for each tenant."""
        return self._answers(self.read(body), TENANTS)

    def _answers(self, scanned: Scanned, tenants: Iterable[Policy]) -> object:
        return [answer(self.endpoint, scanned, tenant) for tenant in tenants]

    def from_one_scan(self, body: bytes) -> Callable[[Iterable[Policy]], Run]:
        """What makes answers for tenants, the scan already made."""
        scanned = self.read(body)
        return lambda tenants: lambda _: self._answers(scanned, tenants)

    def one_more(self) -> Run:
        """From a scan already made, for the tenant after the one that has its answer."""
        made: list[Scanned] = []

        def run(body: bytes) -> object:
            if not made:
                made.append(self.read(body))
                answer(self.endpoint, made[0], TENANTS[0])
            return answer(self.endpoint, made[0], TENANTS[1])

        return run

    def contenders(self) -> tuple[Contender, ...]:
        return (
            Contender(f"{self.name}, one tenant", 1, self.one_answer),
            Contender(f"{self.name}, read once, {NAMESPACES} tenants", NAMESPACES, self.answers),
            Contender(f"{self.name}, one more tenant", 1, self.one_more()),
        )


def make_body(make: Callable[[Node, float], bytes]) -> bytes:
    """A body of about the wanted size, from as many pods as that takes. The same bytes in every run."""
    some = 100
    size = len(make(build_node(pods=some, namespaces=NAMESPACES, story=False), BORN + 3600))
    return make(build_node(pods=some * BODY_BYTES // size, namespaces=NAMESPACES, story=False), BORN + 3600)
