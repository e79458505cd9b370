"""The case: every view, what is known from elsewhere, what an agent would make of it. Rules see nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from kubesieve.agents import (
    GO_7,
    CheckReport,
    Key,
    UiRow,
    container_check,
    known_containers,
    kubelet_check,
    ui_rows,
)
from kubesieve.doctor.evidence import MOST_PODS, Evidence, Source
from kubesieve.doctor.views.agent_log import AgentLog, read_agent_log
from kubesieve.doctor.views.pods import Box, Pod, PodsView, State, read_pods_view
from kubesieve.doctor.views.view import CADVISOR, PODS, View, make_view

SETTLED_SECONDS = 60.0
"""A pod this old when it was looked at was there for every source."""


@dataclass
class Case:
    """``direct`` and ``proxy`` are None where nobody looked there.

    ``known`` is the pod list from elsewhere as far as it is of this node, None where there is none, or none that can be
    used: ``unusable`` says why.
    """

    evidence: Evidence
    direct: View | None
    proxy: View | None
    known: PodsView | None
    log: AgentLog | None
    unusable: str = ""

    @cached_property
    def seen(self) -> View | None:
        """The view an agent has: the proxied one where there is one."""
        return self.proxy or self.direct

    def views(self) -> Iterator[View]:
        """Direct before proxied."""
        yield from (view for view in (self.direct, self.proxy) if view)

    @cached_property
    def truth(self) -> PodsView | None:
        """The best pod list: of the kubelet itself, else of the API server or the runtime, else the proxied one."""
        direct = self.direct.list if self.direct else None
        proxied = self.proxy.list if self.proxy else None
        return direct or self.known or proxied

    @cached_property
    def boxes(self) -> Mapping[Key, tuple[Pod, Box]]:
        """Every container of the best pod list, asked about or not, but the init ones."""
        return self.truth.boxes() if self.truth else {}

    def mine(self, namespace: str) -> bool:
        """Whether the person asked about it; everybody's where no namespace was named."""
        return not self.evidence.expected or namespace in self.evidence.expected

    @cached_property
    def running(self) -> Mapping[Key, tuple[Pod, Box]]:
        """Containers that run by the best pod list, of the namespaces asked about."""
        return {
            key: (pod, box)
            for key, (pod, box) in self.boxes.items()
            if self.mine(key.namespace) and pod.running and box.state in (State.RUNNING, State.UNKNOWN)
        }

    @cached_property
    def unlisted(self) -> tuple[Key, ...]:
        """Containers with series in the seen view, whose pod no list has, though the view's own shows others of it."""
        text = self.seen.text(CADVISOR) if self.seen else None
        if self.seen is None or self.seen.list is None or text is None:
            return ()
        lists = [one for view in self.views() for one in (view.list, view.pods_before) if one]
        pods = {pod for one in (*lists, self.known) if one for pod in one.pods}
        shown = self.seen.list.shown()
        return tuple(
            sorted(
                key
                for key in text.containers
                if key.pod and key.namespace in shown and key[:2] not in pods and self.mine(key.namespace)
            )
        )

    @cached_property
    def went(self) -> frozenset[tuple[str, str]]:
        """Pods (namespace, name) that the proxied list had a look before, and has no more; others are still there."""
        now, before = (self.proxy.list, self.proxy.pods_before) if self.proxy else (None, None)
        if now is None or before is None or not now.pods or not before.readable:
            return frozenset()
        return frozenset(before.pods) - frozenset(now.pods)

    def settled(self, key: Key) -> bool:
        """Whether the container was there whenever anybody looked: twice in the direct view, and old enough."""
        if (key.namespace, key.pod) in self.went:
            return False
        before = self.direct.pods_before if self.direct else None
        if before is not None and before.readable and (key.namespace, key.pod) not in before.pods:
            return False
        pod, box = self.boxes.get(key, (None, None))
        born = max((at for at in (pod and pod.created, box and box.started) if at), default=0.0)
        return not self._looked or born < self._looked - SETTLED_SECONDS

    @cached_property
    def _looked(self) -> float:
        """When the first answer came (Unix seconds), 0 where nobody knows."""
        return min((one.at for view in self.views() for one in view.all() if one.at), default=0.0)

    def _report(self, seen: View) -> CheckReport:
        """What the newest agent's kubelet check reports of the seen view."""
        seconds = self._seconds()
        previous = seen.agent_view_before() if seconds else None
        return kubelet_check(seen.agent_view(), GO_7, previous=previous, seconds=seconds or 1.0)

    def _seconds(self) -> float:
        """Between the two rounds' container series."""
        now, before = (one.get(CADVISOR) for one in (self.seen.now, self.seen.before)) if self.seen else (None, None)
        return now.at - before.at if now and before else 0.0

    @cached_property
    def rows(self) -> Mapping[Key, UiRow]:
        """The page's rows, by container, as the newest agent feeds it."""
        if not self.seen:
            return {}
        bodies = [view.good(PODS) for view in self.views()]
        shown = next((one.body for one in bodies if one), b"")
        whole = known_containers((self.evidence.pods if self.known else None) or shown)
        here = [one for one in whole if not self.known or one.key[:2] in self.known.pods]
        known = container_check(self.seen.agent_view(), here)
        return {row.key: row for row in ui_rows(self._report(self.seen), known) if self.mine(row.key.namespace)}


def make_case(evidence: Evidence) -> Case:
    """Reads evidence into a case; never raises."""
    direct, proxy = make_view(evidence, Source.DIRECT), make_view(evidence, Source.PROXY)
    known, unusable = _known(evidence.pods, _node_name(direct, proxy))
    log = read_agent_log(evidence.agent_log) if evidence.agent_log is not None else None
    return Case(evidence, direct, proxy, known, log, unusable)


def _node_name(*views: View | None) -> str:
    """As the first view that says it calls the node, "" where none does."""
    for view in views:
        if view and view.stats and view.stats.node_name:
            return view.stats.node_name
        if view and view.list:
            return next((pod.node for pod in view.list.pods.values() if pod.node), "")
    return ""


def _known(body: bytes | None, node: str) -> tuple[PodsView | None, str]:
    """The pods of a list that are on a node, and those that do not say where they run; or why it cannot be used."""
    if body is None:
        return None, ""
    if len(body) > MOST_PODS:
        return None, f"it is larger than {MOST_PODS} bytes: give the pods of the node or of the namespaces alone"
    everywhere = read_pods_view(body)
    if not everywhere.readable:
        return None, f"it cannot be read: {everywhere.flaw.value if everywhere.flaw else ''}"
    nodes = {pod.node for pod in everywhere.pods.values() if pod.node}
    if not node and len(nodes) > 1:
        return None, "it names pods of several nodes, and no view says which node it is of"
    return replace(everywhere, pods={name: pod for name, pod in everywhere.pods.items() if _may_run_on(node, pod)}), ""


def _may_run_on(node: str, pod: Pod) -> bool:
    """Without a node a pod waits for one, or the list was cut down by hand."""
    return not node or pod.node == node or (not pod.node and pod.phase != "Pending")
