"""Where kubesieve stands: on a node, before its kubelet, or before the kubelets of many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kubesieve.faults import Fault, OwnFault
from kubesieve.gateway.configured import Configured, Deciders
from kubesieve.gateway.kubelets import Kubelets, NodeKubelets, OneKubelet, connecting
from kubesieve.gateway.scrapes import Held, SharedScrapes
from kubesieve.gateway.settings import Settings
from kubesieve.kubelet.bodies import Caps
from kubesieve.kubelet.client import KubeletClient
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.kubelet.trust import TokenFile, Trust
from kubesieve.tenancy.live_nodes import LiveNodes


@dataclass(frozen=True, slots=True)
class Placed:
    """The kubelets, and what stands in the way of being ready ("" where nothing does)."""

    kubelets: Kubelets
    problem: Callable[[], Awaitable[str]]


async def place(settings: Settings, configured: Configured | None, deciders: Deciders) -> Placed:
    """By the settings; ``deciders`` have the API server where nodes are watched. Raises OwnFault."""
    trust = Trust(settings.kubelet_ca, insecure=settings.kubelet_insecure, report=deciders.report)
    caps, held = Caps(seconds=settings.timeout_seconds), Held()

    def scrapes() -> SharedScrapes:
        return SharedScrapes(settings.cache_seconds, settings.fault_seconds, held)

    if settings.kubelet is not None:
        client = await deciders.stack.enter_async_context(
            KubeletClient(settings.kubelet, trust, caps=caps, server_name=settings.kubelet_server_name)
        )
        token = TokenFile(settings.token_file, deciders.report) if settings.token_file else None
        return Placed(OneKubelet(client, scrapes()), lambda: _kubelet_answers(client, token))
    if settings.nodes is None or configured is None:
        raise OwnFault(
            "settings-kubelet", "expected the address of a kubelet, or a configuration of nodes; got neither"
        )
    kubelets = NodeKubelets(settings.nodes, connecting(settings.nodes, trust, caps), scrapes)
    api = await deciders.api_server(configured.configuration)
    kubelets.live = LiveNodes(settings.nodes.selector, api, deciders.report, changed=kubelets.changed)
    task = asyncio.create_task(kubelets.live.run())
    deciders.stack.push_async_callback(kubelets.close)
    deciders.stack.callback(task.cancel)
    return Placed(kubelets, kubelets.problem)


async def _kubelet_answers(client: KubeletClient, token: TokenFile | None) -> str:
    """Ready while a kubelet answers over trusted TLS, be it with 401 or 403: tokens are the callers'."""
    try:
        await client.get(BY_PATH["/healthz"], token.authorization() if token else None)
    except Fault as fault:
        return "" if fault.status in (401, 403) else f"{fault.reason}: {fault.sentence}"
    return ""
