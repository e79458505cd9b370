"""Takes the story away again, and nothing else."""

from __future__ import annotations

from kubesieve.faults import OwnFault
from kubesieve.lab.cluster.agent_chart import Helm, uninstall
from kubesieve.lab.cluster.kubectl import Kubectl
from kubesieve.lab.cluster.manifests import AGENT_NAMESPACE, LAB, LABEL
from kubesieve.lab.evidence import Say

_KINDS = ("namespaces", "clusterroles", "clusterrolebindings")


async def down(helm: Helm, say: Say = lambda _: None) -> tuple[str, ...]:
    """What was deleted, as ``kind/name``; waits until it is gone. Raises OwnFault where something is left.

    helm is run only where Datadog's chart is there.
    """
    kubectl = helm.kubectl
    deleted = await _ours(kubectl)
    if f"namespaces/{AGENT_NAMESPACE}" in deleted and await uninstall(helm):
        say("uninstalled Datadog's chart")
    for name in deleted:
        say(f"deleting {name}")
    if deleted:
        await kubectl.run("delete", *deleted, "--wait=true", "--ignore-not-found")
    left = await _ours(kubectl)
    if left:
        raise OwnFault("lab-left", f"expected nothing of the lab to be left; got {', '.join(left)}")
    return deleted


async def _ours(kubectl: Kubectl) -> tuple[str, ...]:
    """Everything of the lab that is in no namespace: with a namespace goes what is in it."""
    found = []
    for kind in _KINDS:
        items = (await kubectl.get(kind, "-l", f"{LABEL}={LAB}"))["items"]
        found += [f"{kind}/{item['metadata']['name']}" for item in items]
    return tuple(found)
