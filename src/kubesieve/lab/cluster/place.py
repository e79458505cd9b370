"""The story's place on a cluster: every look is taken in a pod, with that pod's own account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from kubesieve.agents import Answer, CheckRequest, CheckRun
from kubesieve.faults import OwnFault
from kubesieve.lab import remote
from kubesieve.lab.cluster import manifests
from kubesieve.lab.cluster.kubectl import Kubectl
from kubesieve.lab.cluster.plan import Plan
from kubesieve.lab.place import Kind, Setting, Waited, Way
from kubesieve.lab.remote import RemoteDoor
from kubesieve.lab.scene import ALLOWED, SANDBOX, SIEVE, TENANT, WIDENED

SECONDS_BETWEEN = 30.0
_TRIES, _PAUSE = 40, 0.5
LOOK = ("kubesieve", "lab", "look")
SIEVE_ALONE: Mapping[str, tuple[str, ...]] = {manifests.AGENT_NAMESPACE: ALLOWED}
_TENANTS: Mapping[Way, Mapping[str, tuple[str, ...]]] = {
    SIEVE: SIEVE_ALONE,
    WIDENED: {manifests.AGENT_NAMESPACE: WIDENED.allowed},
    TENANT: {manifests.AGENT_NAMESPACE: ALLOWED, SANDBOX: TENANT.allowed},
}


class ClusterPlace:
    """A Place, where ``up`` has been before."""

    @classmethod
    async def find(cls, kubectl: Kubectl) -> ClusterPlace:
        """By the plan that ``up`` left. Raises OwnFault where it was not there, or was another version's."""
        found = await kubectl.found("configmap", manifests.PLAN, "-n", manifests.PROXY_NAMESPACE)
        if found is None:
            raise OwnFault("lab-missing", "expected what `kubesieve lab up` makes; got nothing of it. Run it first")
        return cls(kubectl, Plan.of_text(found["data"]["plan"]))

    def __init__(self, kubectl: Kubectl, plan: Plan) -> None:
        self._kubectl, self._plan = kubectl, plan
        self._urls: dict[Kind, str] = {Kind.DIRECT: plan.node.url}
        self._ca: str | None = None

    async def setting(self) -> Setting:
        """Asks the API server for the node's pods, and finds the two proxies."""
        self._urls[Kind.NAIVE] = await self._service(manifests.NAIVE, "http", manifests.NAIVE_PORT)
        self._urls[Kind.SIEVE] = await self._service(manifests.SIEVE, "https", manifests.SIEVE_PORT)
        self._ca = await self._own_ca()
        selector = f"spec.nodeName={self._plan.node.name},status.phase=Running"
        pods = (await self._kubectl.get("pods", "--all-namespaces", "--field-selector", selector))["items"]
        return Setting(
            namespaces=tuple(sorted({pod["metadata"]["namespace"] for pod in pods})),
            seconds=SECONDS_BETWEEN,
            time_passes=f"Each check ran twice, {SECONDS_BETWEEN:.0f} s apart, on node {self._plan.node.name}.",
            widened=f"kubesieve's configuration gives the agent's account {', '.join(WIDENED.allowed)}.",
            tenant=f"kubesieve's configuration gives an account of the tenant's own {SANDBOX}; at the kubelet "
            "that account has no right.",
        )

    async def open(self, way: Way) -> None:
        """kubesieve gets the way's configuration, and a tenant's agent comes or goes. Then until something answers: a
        Service takes a moment to lead to a pod that is ready.
        """
        if way.kind is Kind.SIEVE:
            await self._configure(way)
        for _ in range(_TRIES):
            if (await self.without_token(way, "/healthz")).status is not None:
                return
            await asyncio.sleep(_PAUSE)

    async def _configure(self, way: Way) -> None:
        if way == TENANT:
            await self._kubectl.apply([manifests.tenant_account(), manifests.agent(self._plan, SANDBOX)])
            await self._kubectl.ready(SANDBOX, manifests.AGENT)
        else:
            await self._kubectl.run("delete", "pod", manifests.AGENT, "-n", SANDBOX, "--ignore-not-found")
        await self._kubectl.apply(manifests.sieve(self._plan, _TENANTS[way]))
        await self._kubectl.rollout("daemonset", manifests.SIEVE, manifests.PROXY_NAMESPACE)

    async def look(self, way: Way, asks: Sequence[CheckRequest]) -> CheckRun:
        return remote.run_of(await self._perform(way, remote.asked(self._door(way), asks)))

    async def without_token(self, way: Way, target: str) -> Answer:
        ask = CheckRequest(target)
        door = self._door(way, token=False)
        run = remote.run_of(await self._perform(way, remote.asked(door, [ask])))
        return run.view.answers[ask.key]

    async def beside_stuck(self, way: Way, target: str, limit: float) -> Waited:
        request = remote.asked(self._door(way), [CheckRequest(target)], limit)
        return remote.waited_of(await self._perform(way, request))

    async def let_pass(self, seconds: float) -> None:
        """Longer than kubesieve shares a scrape."""
        await asyncio.sleep(seconds)

    async def _perform(self, way: Way, request: bytes) -> bytes:
        namespace = SANDBOX if way == TENANT else manifests.AGENT_NAMESPACE
        return await self._kubectl.exec(namespace, manifests.AGENT, *LOOK, stdin=request)

    def _door(self, way: Way, *, token: bool = True) -> RemoteDoor:
        url = self._urls[way.kind]
        shown = token and (way.token_always or url.startswith("https:"))
        ca = {Kind.DIRECT: None, Kind.NAIVE: None, Kind.SIEVE: self._ca}[way.kind]
        return RemoteDoor(url, manifests.TOKEN if shown else None, ca)

    async def _service(self, name: str, scheme: str, port: int) -> str:
        found = await self._kubectl.get("service", name, "-n", manifests.PROXY_NAMESPACE)
        address = found["spec"]["clusterIP"]
        return f"{scheme}://{f'[{address}]' if ':' in address else address}:{port}"

    async def _own_ca(self) -> str:
        found = await self._kubectl.get("configmap", manifests.CA, "-n", manifests.PROXY_NAMESPACE)
        return str(found["data"]["ca.crt"])
