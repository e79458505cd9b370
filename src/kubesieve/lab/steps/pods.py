"""Which pods there are: one with limits, one without."""

from __future__ import annotations

from kubesieve.lab.facts import PodFacts
from kubesieve.lab.facts import pods as read_pods
from kubesieve.lab.judged import Case
from kubesieve.lab.scene import DIRECT, PODS, SANDBOX
from kubesieve.lab.values import Expecting, Step, Table

STEP = "1 pods"


def pods(case: Case) -> Step:
    found = {pod.name: pod for pod in read_pods(case.views[DIRECT].sight.answer("/pods"), SANDBOX)}
    table = Table(
        "1. The pods of namespace sandbox, as the kubelet's /pods has them",
        ("pod", "QoS class", "CPU request / limit", "memory request / limit"),
        tuple((pod.name, pod.qos, pod.cpu, pod.memory) for pod in found.values()),
    )
    expecting = Expecting(STEP)
    return Step((table,), tuple(expecting.same(pod.name, _words(pod), _words(found.get(pod.name))) for pod in PODS))


def _words(pod: PodFacts | None) -> str:
    return f"{pod.qos}, {pod.cpu}, {pod.memory}".replace(" / ", "/") if pod else "not in /pods"
