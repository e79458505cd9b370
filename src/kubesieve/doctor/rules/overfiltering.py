"""03xx: direct before proxied. What the direct view lacks too is not the proxy's doing; what is young may be churn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.telling import counted
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.pods import ListFlaw
from kubesieve.doctor.views.text import CPU, CPU_QUOTA, MEMORY, MEMORY_LIMIT, WORKING_SET, TextView
from kubesieve.doctor.views.view import CADVISOR, PODS, RESOURCE, SUMMARY, View

_COUNTED = (CPU, MEMORY, WORKING_SET, MEMORY_LIMIT, CPU_QUOTA)


def overfiltering(case: Case) -> Iterator[Finding]:
    """Everything that is missing in the proxied view."""
    view = case.proxy
    if view is None:
        return
    yield from _gone_everywhere(case, view)
    yield from _disagreeing(case, view)
    yield from _single_pods(case, view)
    yield from _single_families(case, view)
    yield from _resource(case, view)


def shown(view: View) -> dict[str, frozenset[str]]:
    """Namespaces by endpoint, for those that can be read; a list that is null is a fault of its own."""
    cadvisor = view.text(CADVISOR)
    pods, stats = (one if one and one.flaw is not ListFlaw.ITEMS_NULL else None for one in (view.list, view.stats))
    found = (
        (PODS, pods.shown() if pods else None),
        (SUMMARY, stats.shown() if stats else None),
        (CADVISOR, cadvisor.shown() if cadvisor else None),
    )
    return {path: namespaces for path, namespaces in found if namespaces is not None}


def _by_namespace(keys: Iterable[Key]) -> Mapping[str, list[Key]]:
    groups: dict[str, list[Key]] = defaultdict(list)
    for key in keys:
        groups[key.namespace].append(key)
    return groups


def missing_everywhere(case: Case, view: View) -> frozenset[str]:
    """Namespaces with running containers that no proxied endpoint shows; nothing where fewer than two could be read."""
    endpoints = shown(view)
    if len(endpoints) < 2:
        return frozenset()
    seen = frozenset().union(*endpoints.values())
    wanted = frozenset(key.namespace for key in case.running if case.settled(key))
    return (wanted | case.evidence.expected & _known(case)) - seen


def _known(case: Case) -> frozenset[str]:
    return case.truth.shown() if case.truth else frozenset()


def _gone_everywhere(case: Case, view: View) -> Iterator[Finding]:
    gone = missing_everywhere(case, view)
    keys = [key for key in case.running if key.namespace in gone]
    if keys:
        endpoints = shown(view)
        truth = "the direct /pods" if case.direct and case.direct.list else "the API server"
        yield _namespaces(case, "KS0301", keys, endpoints=listed(endpoints), truth=truth)


def _namespaces(case: Case, code: str, keys: list[Key], **more: str) -> Finding:
    names = sorted(_by_namespace(keys))
    allow = [*sorted({*_allowed(case), *(case.evidence.expected & set(names))}), *_placeholder(case)]
    values = {
        "namespaces": listed(names),
        "count": str(len(keys)),
        "allow": ",".join(allow),
        "pattern": "|".join(names),
        **more,
    }
    proofs = (
        [
            Proof(f"{path}: {listed(sorted(found)) or 'no namespace'}", Source.PROXY, path)
            for path, found in shown(case.proxy).items()
        ]
        if case.proxy
        else []
    )
    only = names[0] if len(names) == 1 else None
    return Finding(
        code,
        seen=f"{listed(names)}: {counted(len(keys))} ({listed(keys, 3)})",
        proofs=tuple(proofs),
        namespace=only,
        explains=tuple(sorted(keys)),
        values=values,
    )


def _placeholder(case: Case) -> tuple[str, ...]:
    """Nobody said what is the tenant's: what to allow is not for us to say, and all of it would open the proxy."""
    return () if case.evidence.expected else ("YOUR-NAMESPACE",)


def _allowed(case: Case) -> frozenset[str]:
    """What the proxy lets through now: the namespaces of its strictest endpoint."""
    endpoints = list(shown(case.proxy).values()) if case.proxy else []
    return frozenset.intersection(*endpoints) if endpoints else frozenset()


def _disagreeing(case: Case, view: View) -> Iterator[Finding]:
    """By whole namespaces: in one endpoint of the view, in no row of another."""
    endpoints = shown(view)
    listed_pods = view.list.boxes() if view.list else {}
    running = [key for key in case.running if key in listed_pods]
    pairs = ((SUMMARY, "KS0302"), (CADVISOR, "KS0303"))
    told: set[Key] = set()
    for path, code in pairs[::-1]:
        lost = [key for key in running if path in endpoints and key.namespace not in endpoints[path]]
        keys = [key for key in lost if key not in told and _there_directly(case, key, path) and case.settled(key)]
        told.update(keys)
        if keys:
            yield _namespaces(case, code, keys)
    if CADVISOR in endpoints and PODS in endpoints:
        text = view.text(CADVISOR)
        rows = text.containers if text else {}
        keys = [key for key in rows if key.namespace not in endpoints[PODS] and case.mine(key.namespace)]
        keys = [key for key in keys if case.settled(key)]
        if keys and (case.direct is None or case.direct.list is None or any(key in case.running for key in keys)):
            yield _namespaces(case, "KS0304", keys)


def _there_directly(case: Case, key: Key, path: str) -> bool:
    """Whether the direct view has it; where that was not looked at, the proxied view contradicts itself."""
    direct = case.direct
    if direct is None:
        return _others_there(case, path)
    if path == SUMMARY:
        return direct.stats is None or key.namespace in direct.stats.shown()
    text = direct.text(CADVISOR)
    return text is None or key.namespace in text.shown()


def _others_there(case: Case, path: str) -> bool:
    """Without a direct view: other namespaces have data there, so that the kubelet does measure."""
    return case.proxy is not None and bool(shown(case.proxy).get(path))


def _single_pods(case: Case, view: View) -> Iterator[Finding]:
    """Pods that an endpoint lacks while it shows others of their namespace, and that are no churn."""
    gone: dict[tuple[str, str], str] = {}
    if case.known is None and (case.direct is None or case.direct.list is None):
        return
    for key in case.running:
        path = _lacking(case, view, key) if case.settled(key) else None
        if path:
            gone[key.namespace, key.pod] = path
    if gone:
        names = ["/".join(pod) for pod in sorted(gone)]
        proofs = tuple(
            Proof(f"{'/'.join(pod)} is not in {path}", Source.PROXY, path) for pod, path in sorted(gone.items())
        )
        keys = tuple(key for key in case.running if (key.namespace, key.pod) in gone)
        first = sorted(gone)[0]
        yield Finding(
            "KS0313", listed(names), proofs, first[0], first[1], explains=keys, values={"pods": listed(names)}
        )


def _lacking(case: Case, view: View, key: Key) -> str | None:
    """The endpoint that lacks the pod of a container, and should have it."""
    pod = (key.namespace, key.pod)
    if view.list and key.namespace in view.list.shown() and pod not in view.list.pods:
        return PODS
    cadvisor, direct = view.text(CADVISOR), case.direct.text(CADVISOR) if case.direct else None
    if cadvisor and direct and key in direct.containers and _lacks_rows(cadvisor, pod):
        return CADVISOR
    return SUMMARY if _not_in_summary(case, view, pod) else None


def _lacks_rows(text: TextView, pod: tuple[str, str]) -> bool:
    others = pod[0] in text.shown()
    return others and not any(row[:2] == pod for row in text.containers)


def _not_in_summary(case: Case, view: View, pod: tuple[str, str]) -> bool:
    """In none of two looks, others of the namespace there, and directly it is: a kubelet's summary flickers."""
    direct = case.direct.stats if case.direct else None
    looks = [stats for stats in (view.stats, view.stats_before) if stats]
    lacks = bool(looks) and all(pod[0] in stats.shown() and pod not in stats.pods for stats in looks)
    return lacks and direct is not None and pod in direct.pods


def _single_families(case: Case, view: View) -> Iterator[Finding]:
    cadvisor, direct = view.text(CADVISOR), case.direct.text(CADVISOR) if case.direct else None
    if cadvisor is None or direct is None:
        return
    lost: dict[Key, set[bytes]] = {}
    for key, row in cadvisor.containers.items():
        there = direct.containers.get(key)
        families = {name for name in _COUNTED if there and name in there.values and name not in row.values}
        if families and case.mine(key.namespace):
            lost[key] = families
    if lost:
        names = sorted({name.decode() for families in lost.values() for name in families})
        proofs = tuple(Proof(f"no {name} proxied, and there directly", Source.PROXY, CADVISOR) for name in names)
        yield Finding(
            "KS0307",
            f"{len(lost)} containers lack {listed(names)}",
            proofs,
            endpoint=CADVISOR,
            explains=tuple(lost),
            values={"families": listed(names), "count": str(len(lost))},
        )


def _resource(case: Case, view: View) -> Iterator[Finding]:
    """What metrics-server reads, by whole namespaces whose other series come through."""
    text, cadvisor = view.text(RESOURCE), view.text(CADVISOR)
    direct = case.direct.text(RESOURCE) if case.direct else None
    if text is None or cadvisor is None or (case.direct and direct is None):
        return
    there = direct.shown() if direct else frozenset(key.namespace for key in case.running if text.namespaces)
    lost = (there & cadvisor.shown()) - text.shown()
    keys = [key for key in case.running if key.namespace in lost and case.settled(key)]
    if keys:
        names = listed(sorted({key.namespace for key in keys}))
        values = {"endpoint": RESOURCE, "parts": "every sample", "pods": names, "count": str(len(keys))}
        proof = Proof(f"no sample of {names}", Source.PROXY, RESOURCE)
        yield Finding("KS0314", f"{RESOURCE} has nothing of {names}", (proof,), endpoint=RESOURCE, values=values)
