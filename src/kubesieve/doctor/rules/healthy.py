"""09xx: what looks odd and is as it should be; and nothing at all."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.agents import Key
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.limits import about
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.view import CADVISOR, PODS, SUMMARY

_OFTEN_ABSENT = ("/metrics/slis", "/metrics/probes", "/metrics/resource")


def as_expected(case: Case) -> Iterator[Finding]:
    yield from _not_measured(case)
    yield from _not_offered(case)
    yield from _churn(case)
    yield from _withheld(case)
    yield from _unknown_start(case)


def _not_measured(case: Case) -> Iterator[Finding]:
    """Containers the summary names without numbers: init containers that ended, runtimes without usageBytes."""
    view = next(case.views(), None)
    if view is None or view.stats is None:
        return
    ended, partial = [], []
    boxes = {key: box for pod in (case.truth.pods.values() if case.truth else ()) for key, box in pod.named()}
    for (namespace, name), pod in view.stats.pods.items():
        for stats in pod.containers.values():
            key = Key(namespace, name, stats.name)
            if not case.mine(namespace):
                continue
            if stats.nanocores is None and stats.core_nanoseconds is None and key in boxes and boxes[key].init:
                ended.append(key)
            elif stats.usage is None and stats.working_set is not None:
                partial.append(key)
    words = ((ended, "init containers that ended"), (partial, "no usageBytes, workingSetBytes is there"))
    found = [(keys, text) for keys, text in words if keys]
    if found:
        yield about("KS0902", [key for keys, _ in found for key in keys], SUMMARY, detail=listed(t for _, t in found))


def _not_offered(case: Case) -> Iterator[Finding]:
    """Of the direct view; of a proxied one alone it could be either's doing."""
    view = case.direct
    absent = [path for path in _OFTEN_ABSENT if view and path in view.now and view.now[path].status == 404]
    if view and absent and any(one.status == 200 for one in view.all()):
        proofs = tuple(Proof("status 404", Source.DIRECT, path) for path in absent)
        yield Finding("KS0903", listed(absent), proofs, endpoint=absent[0], values={"targets": listed(absent)})


def _churn(case: Case) -> Iterator[Finding]:
    """Pods between two looks, and rows of pods that no list has any more, or yet."""
    pods, keys = _between(case)
    pods |= {key[:2] for key in case.unlisted}
    if pods:
        names = listed("/".join(pod) for pod in sorted(pods))
        explains = (*keys, *case.unlisted)
        yield Finding("KS0904", names, (Proof(names, None, PODS),), explains=explains, values={"pods": names})


def _between(case: Case) -> tuple[set[tuple[str, str]], list[Key]]:
    """Pods that one list has and the other not, with those containers that are too young to be missed."""
    view = case.proxy
    if view is None or view.list is None or case.direct is None or case.direct.list is None:
        return set(), []
    shown = view.list.shown() | {namespace for namespace, _ in case.went}
    young = [key for key in case.running if not case.settled(key) and key.namespace in shown]
    pods = {(key.namespace, key.pod) for key in young} - set(view.list.pods)
    direct = case.direct.list.pods
    pods |= {pod for pod in view.list.pods if pod not in direct and pod[0] in case.direct.list.shown()}
    return pods, [key for key in young if (key.namespace, key.pod) in pods]


def _withheld(case: Case) -> Iterator[Finding]:
    direct, proxied = (view.text(CADVISOR) if view else None for view in (case.direct, case.proxy))
    if direct and proxied and direct.node_totals and not proxied.node_totals:
        proof = Proof(f'{direct.node_totals} rows with namespace="" directly, none here', Source.PROXY, CADVISOR)
        yield Finding("KS0905", proof.text, (proof,), endpoint=CADVISOR, values={"count": str(direct.node_totals)})


def _unknown_start(case: Case) -> Iterator[Finding]:
    view = next(case.views(), None)
    stats = view.stats if view else None
    keys = [
        Key(namespace, name, one.name)
        for (namespace, name), pod in (stats.pods.items() if stats else ())
        for one in pod.containers.values()
        if one.started is None and case.mine(namespace)
    ]
    if keys:
        yield about("KS0906", keys, SUMMARY)


def healthy(case: Case) -> Iterator[Finding]:
    """Only where something was looked at: pods and series of a view, read exactly."""
    views = [view.source.value for view in case.views() if view.list and view.text(CADVISOR)]
    if views and case.running:
        words = f"{len(case.running)} running containers in {listed(views)}"
        values = {"count": str(len(case.running)), "views": " and ".join(views)}
        yield Finding("KS0901", words, values=values)
