"""06xx: whether the endpoints of a view, and what is known from elsewhere, speak of the same things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Blame, Finding, Proof
from kubesieve.doctor.rules.limits import about
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.telling import counts
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.pods import CONFIG_HASH, Box, Pod, State
from kubesieve.doctor.views.text import TextView
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY, View
from kubesieve.sieve.virtual.marks import host_name


def identity(case: Case) -> Iterator[Finding]:
    view = case.seen
    if view is None:
        return
    yield from _static(case)
    yield from _virtual(case, view)
    yield from _host_names(case)
    yield from _joined(case, view)
    yield from _pod_level_only(case)


def _joined(case: Case, view: View) -> Iterator[Finding]:
    """What disagrees within a view: the kubelet's doing where its own view disagrees alike, or nobody looks past it."""
    for rule in (_uids, _container_names, _ids):
        directly = {one.code for one in rule(case, case.direct)} if case.direct else set()
        for found in rule(case, view):
            if case.direct is None or not counts(found):
                yield found
            else:
                yield replace(found, blame=Blame.UPSTREAM if found.code in directly else Blame.PROXY)


def _uids(case: Case, view: View) -> Iterator[Finding]:
    pods, stats = view.list, view.stats
    if pods is None or stats is None:
        return
    pairs = ((pod, stats.pods[name]) for name, pod in pods.pods.items() if name in stats.pods)
    other = [pod for pod, found in pairs if pod.uid and found.uid and pod.uid != found.uid and case.mine(pod.namespace)]
    keys = [key for pod in other for key, box in pod.named() if not box.init]
    if keys:
        example = other[0]
        detail = f"{example.namespace}/{example.name} is {example.uid} in /pods and another in the summary"
        yield about("KS0601", keys, SUMMARY, detail=detail)


def _static(case: Case) -> Iterator[Finding]:
    """Mirror pods: known from the API server under another uid, with the kubelet's as an annotation."""
    listed_pods = next((view.list for view in case.views() if view.list), None)
    if case.known is None or listed_pods is None:
        return
    shown = listed_pods.pods
    pairs = [(pod, shown[name]) for name, pod in case.known.pods.items() if name in shown and case.mine(pod.namespace)]
    mirrors = [(a, b) for a, b in pairs if a.uid != b.uid and a.annotations.get(CONFIG_HASH) == b.uid]
    if mirrors:
        names = listed(f"{a.namespace}/{a.name}" for a, _ in mirrors)
        detail = f"{mirrors[0][1].uid} there, {mirrors[0][0].uid} in the API server"
        yield Finding("KS0602", names, (Proof(detail, None, PODS),), values={"pods": names, "detail": detail})


def _virtual(case: Case, view: View) -> Iterator[Finding]:
    """Known by its virtual name from the tenant's API server, shown by its host name."""
    if case.known is None or view.list is None:
        return
    known = case.known.pods
    raw = [pod for pod in view.list.pods.values() if pod.virtual and pod.virtual[:2] in known]
    raw = [pod for pod in raw if (pod.namespace, pod.name) not in known]
    keys = [Key(*pod.virtual[:2], box.name) for pod in raw if pod.virtual for box in pod.boxes if not box.init]
    if keys:
        pod = raw[0]
        virtual = "/".join(pod.virtual[:2]) if pod.virtual else ""
        names = listed(f"{one.namespace}/{one.name}" for one in raw)
        detail = f"{pod.namespace}/{pod.name} is {virtual}"
        yield about(
            "KS0606", keys, PODS, pods=names, detail=detail, namespace=pod.namespace, cluster=pod.vcluster or "NAME"
        )


def _host_names(case: Case) -> Iterator[Finding]:
    """A proxy that shows a virtual cluster's pods as the host calls them, where nobody said by which names they are
    known to who asks.
    """
    pods = case.proxy.list.pods if case.proxy and case.proxy.list else {}
    known = case.known.pods if case.known else {}
    raw = [pod for pod in pods.values() if _is_syncers(pod) and case.mine(pod.namespace)]
    raw = [pod for pod in raw if (pod.namespace, pod.name) not in known and (pod.virtual or ())[:2] not in known]
    if raw:
        clusters = sorted({(pod.namespace, pod.vcluster) for pod in raw})
        namespace, cluster = clusters[0]
        names = listed(f"{one.namespace}/{one.name}" for one in raw)
        whose = listed(f"{name} in {where}" for where, name in clusters)
        values = {"pods": names, "clusters": whose, "namespace": namespace, "cluster": cluster}
        yield Finding("KS0611", names, (Proof(whose, Source.PROXY, PODS),), endpoint=PODS, values=values)


def _is_syncers(pod: Pod) -> bool:
    """Its host name is what the syncer makes of its marks."""
    if pod.virtual is None or not pod.vcluster:
        return False
    namespace, name, _ = pod.virtual
    return host_name(name, namespace, pod.vcluster) == pod.name


def _container_names(case: Case, view: View) -> Iterator[Finding]:
    pods, stats = view.list, view.stats
    if pods is None or stats is None:
        return
    lost: dict[Key, str] = {}
    for name, found in stats.pods.items():
        pod = pods.pods.get(name)
        if pod is None or not found.containers:
            continue
        boxes = {box.name for box in pod.boxes}
        strange = sorted(set(found.containers) - boxes)
        running = [key for key, box in pod.named() if not box.init and box.state is State.RUNNING]
        missing = [key for key in running if key.container not in found.containers and case.settled(key)]
        if strange and missing and case.mine(name[0]):
            lost.update(dict.fromkeys(missing, listed(strange)))
    if lost:
        yield about("KS0604", list(lost), SUMMARY, detail=listed(lost.values()))


def _ids(case: Case, view: View) -> Iterator[Finding]:
    """By the label ``name``, which is the container's id."""
    text = view.text(CADVISOR)
    if text is None or view.list is None:
        return
    boxes = view.list.boxes()
    other, stale, without = [], [], []
    for key, row in text.containers.items():
        if key not in boxes or not row.names or not case.mine(key.namespace) or not case.settled(key):
            continue
        pod, box = boxes[key]
        if not box.id:
            without.append(key) if pod.running else None
        elif box.id not in row.names:
            other.append(key)
        elif len(row.names) > 1:
            stale.append(key)
    without = [key for key in without if boxes[key][1].state is not State.WAITING]
    yield from _renamed(case, text, boxes)
    if other:
        yield about("KS0605", other, CADVISOR)
    if without:
        pod = boxes[without[0]][0]
        yield about("KS0607", without, PODS, detail=_status_words(pod))
    if stale:
        rows = sum(len(text.containers[key].names) - 1 for key in stale)
        yield about("KS0610", stale, CADVISOR, detail=f"{rows} stale rows")


def _status_words(pod: Pod) -> str:
    statuses = "containerStatuses without an id" if pod.has_statuses else "no containerStatuses"
    return f"phase {pod.phase or 'unknown'} and {statuses} for {pod.name}"


def _renamed(case: Case, text: TextView, boxes: Mapping[Key, tuple[Pod, Box]]) -> Iterator[Finding]:
    """The same container id under another name: rows that the pod list has no container for."""
    by_id = {box.id: key for key, (_, box) in boxes.items() if box.id}
    strange = [(key, by_id[name]) for key, row in text.containers.items() for name in row.names if name in by_id]
    strange = [
        (row, key) for row, key in strange if row != key and key not in text.containers and case.mine(key.namespace)
    ]
    if strange:
        keys = [key for _, key in strange]
        names = listed(f"{row.namespace}/{row.pod}" for row, _ in strange)
        yield about("KS0603", keys, CADVISOR, pods=names)


def _pod_level_only(case: Case) -> Iterator[Finding]:
    """Containers that run, whose pods have rows and they have none, directly: a proxied view proves nothing."""
    text = case.direct.text(CADVISOR) if case.direct else None
    if text is None:
        return
    bare = [key for key in case.running if key not in text.containers and (key.namespace, key.pod) in text.pods]
    bare = [key for key in bare if case.settled(key)]
    if not bare:
        return
    code = "KS0608" if any(key in text.containers for key in case.boxes) else "KS0609"
    yield about(code, sorted(bare), CADVISOR)
