"""Makes the story on a cluster: namespaces, accounts, pods, both proxies. What somebody else made is not touched."""

from __future__ import annotations

from kubesieve.faults import OwnFault
from kubesieve.lab.cluster import manifests
from kubesieve.lab.cluster.kubectl import Kubectl
from kubesieve.lab.cluster.manifests import LAB, LABEL, NAMESPACES, PROXY_NAMESPACE, SIEVE
from kubesieve.lab.cluster.place import SIEVE_ALONE
from kubesieve.lab.cluster.plan import Plan
from kubesieve.lab.evidence import Say
from kubesieve.lab.scene import PODS, SANDBOX
from kubesieve.stage.pki import Authority

_ACCOUNT_SECONDS = 30.0


async def up(kubectl: Kubectl, plan: Plan, say: Say = lambda _: None) -> None:
    """Can be run again: what is there already stays. Raises OwnFault where a namespace is somebody else's, or where
    something does not become ready.
    """
    await _check_free(kubectl)
    say(f"namespaces {', '.join(NAMESPACES)}")
    await kubectl.apply(manifests.namespaces())
    for namespace in NAMESPACES:
        await kubectl.eventually("serviceaccount", "default", "-n", namespace, seconds=_ACCOUNT_SECONDS)
    await kubectl.apply([manifests.plan_of_lab(plan)])
    say("accounts and their rights")
    await kubectl.apply(manifests.accounts(plan))
    say("pods, the naive proxy and kubesieve")
    await kubectl.apply([*manifests.story_pods(plan), manifests.agent(plan, manifests.AGENT_NAMESPACE)])
    await kubectl.apply([*manifests.naive(plan), manifests.service(SIEVE, manifests.SIEVE_PORT, manifests.SIEVE_PORT)])
    await _certify(kubectl)
    await kubectl.apply(manifests.sieve(plan, SIEVE_ALONE))
    say("waiting until all are ready")
    await kubectl.ready(SANDBOX, *(pod.name for pod in PODS))
    await kubectl.ready(manifests.AGENT_NAMESPACE, manifests.AGENT)
    await kubectl.rollout("deployment", manifests.NAIVE, PROXY_NAMESPACE)
    await kubectl.rollout("daemonset", SIEVE, PROXY_NAMESPACE)


async def _check_free(kubectl: Kubectl) -> None:
    """Before anything is made: what is not ours is not ours to fill, and not ours to delete later."""
    for name in NAMESPACES:
        found = await kubectl.found("namespace", name)
        if found and found["metadata"].get("labels", {}).get(LABEL) != LAB:
            raise OwnFault(
                "namespace-taken",
                f"expected namespace {name} to be free; got one without the label {LABEL}={LAB}. Use another cluster, "
                "or delete it if it is of no use",
            )


async def _certify(kubectl: Kubectl) -> None:
    """kubesieve's certificate names its Service and the Service's address; the CA's key is kept nowhere."""
    where = ("-n", PROXY_NAMESPACE)
    if await kubectl.found("configmap", manifests.CA, *where) and await kubectl.found("secret", SIEVE, *where):
        return
    address = (await kubectl.get("service", SIEVE, *where))["spec"]["clusterIP"]
    authority = Authority("kubesieve-lab")
    names = [SIEVE, f"{SIEVE}.{PROXY_NAMESPACE}", f"{SIEVE}.{PROXY_NAMESPACE}.svc"]
    pair = authority.issue(names=names, ips=[address], common_name=SIEVE)
    await kubectl.apply([manifests.certificate(pair.cert, pair.key), manifests.authority(authority.pem.decode())])
