"""03xx, too: what a pod or its stats say directly and not through the proxy, though the pod itself comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.pods import Box, Pod, PodsView, State
from kubesieve.doctor.views.summary import PodStats, SummaryView
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View

Lost = dict[str, list[Key]]
"""The containers that lack a member, by its path."""


def members(case: Case) -> Iterator[Finding]:
    view = case.proxy
    if view is None:
        return
    if view.list is not None:
        yield from _finding(case, PODS, _of_pods(case, view.list))
    if view.stats is not None:
        yield from _finding(case, SUMMARY, _of_stats(case, view))


def _finding(case: Case, endpoint: str, lost: Lost) -> Iterator[Finding]:
    keys = sorted({key for group in lost.values() for key in group})
    if keys:
        proofs = tuple(Proof(f"no {path} of {listed(group)}", Source.PROXY, endpoint) for path, group in lost.items())
        yield Finding(
            "KS0317",
            f"{endpoint} lacks {listed(lost)} of {listed(keys, 3)}",
            proofs,
            endpoint=endpoint,
            explains=tuple(keys),
            values={"endpoint": endpoint, "members": listed(lost), "count": str(len(keys))},
            blame=None if case.direct else Blame.NONE,
        )


def _of_pods(case: Case, shown: PodsView) -> Lost:
    """By the kubelet's own list. The API server's tells limits alone: its statuses are written later."""
    whole = (case.direct.list if case.direct else None) or case.known
    alike = whole is not case.known
    lost: Lost = defaultdict(list)
    boxes = whole.boxes() if whole else {}
    for key, (pod, box) in shown.boxes().items():
        if case.mine(key.namespace) and key in boxes:
            for path in _lacks(pod, box, *boxes[key], alike=alike):
                lost[path].append(key)
        elif case.mine(key.namespace) and not pod.phase:
            lost["status"].append(key)
    return lost


def _lacks(pod: Pod, box: Box, whole_pod: Pod, whole: Box, *, alike: bool) -> Iterator[str]:
    if not pod.phase and whole_pod.phase:
        yield "status"
    elif alike and whole.id and not box.id:
        yield "status.containerStatuses.containerID"
    if any(limit and name not in box.limits for name, limit in whole.limits.items()):
        yield "spec.containers.resources.limits"
    if alike and whole_pod.uid and not pod.uid:
        yield "metadata.uid"


def _of_stats(case: Case, view: View) -> Lost:
    looks = [stats for stats in (view.stats, view.stats_before) if stats]
    lost: Lost = defaultdict(list)
    for key, (_, box) in case.running.items():
        found = [stats.pods.get((key.namespace, key.pod)) for stats in looks]
        pods = [one for one in found if one is not None]
        if len(pods) < len(looks) or box.state is not State.RUNNING or not case.settled(key):
            continue
        if not any(one.containers for one in pods) and _measured(case, view, key):
            lost["containers"].append(key)
        if not any(one.uid for one in pods) and _named(case, key):
            lost["podRef.uid"].append(key)
    return lost


def _measured(case: Case, view: View, key: Key) -> bool:
    """Directly; where nobody looked there, the view's own series have numbers of the container."""
    direct = _direct(case, key)
    if case.direct is not None:
        return direct is not None and key.container in direct.containers
    text = view.text(CADVISOR)
    return text is not None and key in text.containers


def _named(case: Case, key: Key) -> bool:
    """A kubelet gives every pod its uid: where nobody looked there it is missing all the same."""
    direct = _direct(case, key)
    return bool(direct.uid) if direct else case.direct is None


def _direct(case: Case, key: Key) -> PodStats | None:
    stats: SummaryView | None = case.direct.stats if case.direct else None
    return stats.pods.get((key.namespace, key.pod)) if stats else None
