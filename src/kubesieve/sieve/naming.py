"""Names of their own for tenants that are virtual clusters: learnt once a scrape, applied alike to each kind of body.

``learn`` reads a host's pod list; ``Learnt.names_for`` gives the names for one grant; ``answer_for`` is ``answer`` for
callers who have virtual clusters, beside plain namespaces or without. A pod that is learnt goes out under its own
names, also where its host namespace is granted plainly; every other one is the policy's to judge.
"""

from __future__ import annotations

from dataclasses import replace

from kubesieve.exposition import Partition
from kubesieve.kubelet.endpoints import Endpoint
from kubesieve.kubelet.podlist import PodList
from kubesieve.kubelet.summary import Summary
from kubesieve.sieve.apply import Scanned, Sieved, answer, podlist_of, summary_of
from kubesieve.sieve.policy import Policy
from kubesieve.sieve.virtual.items import POD_ITEM, STATS_ITEM, translate_items
from kubesieve.sieve.virtual.learn import Learnt, learn
from kubesieve.sieve.virtual.names import Cluster, Names, PodId, VirtualPod
from kubesieve.sieve.virtual.recognise import Refused
from kubesieve.sieve.virtual.text import Keeps, translate_text

__all__ = ["Cluster", "Learnt", "Names", "PodId", "Refused", "VirtualPod", "answer_for", "learn"]


def answer_for(endpoint: Endpoint, scanned: Scanned, policy: Policy, names: Names | None) -> Sieved:
    """What the policy lets through of a body that was read, and the pods of ``names`` under names of their own.

    Raises BodyFault where two series or pods would go out under one name: then nothing of the body may.
    """
    if names is None or not names.pods:
        return answer(endpoint, scanned, policy)
    match scanned:
        case Partition():
            return _text(endpoint, scanned, policy, names)
        case PodList():
            return podlist_of(scanned, translate_items(scanned.items, names, POD_ITEM, policy.keeps_item))
        case Summary():
            return summary_of(scanned, policy, translate_items(scanned.pods, names, STATS_ITEM, policy.keeps_item))
        case _:
            return answer(endpoint, scanned, policy)


def _text(endpoint: Endpoint, partition: Partition, policy: Policy, names: Names) -> Sieved:
    """A virtual cluster's samples pass as those of an allowed namespace do."""
    theirs = replace(policy, namespaces=names.host_namespaces)
    selection = translate_text(partition, names, Keeps(policy.keep_of(endpoint), theirs.keep_of(endpoint)))
    return Sieved(selection.body, selection.kept, selection.dropped)
