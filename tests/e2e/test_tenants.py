"""Three tenants on a real node while pods come and go and parts of the cluster fail: each sees all of his own alone."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.cluster import Cluster, artefact, until
from tests.e2e.judging import (
    RESTARTED,
    Disturbed,
    Truth,
    due,
    gaps,
    leaks,
    lingering,
    odd_statuses,
    stale,
    summed_up,
    truth_of,
)
from tests.e2e.objects import WAITING, pod
from tests.e2e.tenants import CHECK, GRANTED, MANY, NAMESPACES, NOBODY, TOKENS, Tenants

SECONDS = 285
KUBELET_SECONDS, BACK_SECONDS = 20.0, 75.0
"""How long after the kubelet or the API server is started again answers may still be refused: watches that fail pause
for up to 30 s, and an API server that has just begun may refuse once more.
"""
STILL_SERVED = 8.0
"""Who is known is served while the API server is away: for a minute since he was last asked about, which here is the
second minute of the run, so for 15 s at least.
"""
LEAST_SHARE = 0.4
"""Of all answers to who has a grant, that have to be 200, both disturbances and all."""
AWAY = 60.0
LOADED = 20
ROOM = {"requestsPerPeer": 64}
"""All callers of the load are in one pod."""


@pytest.fixture(scope="module")
def tenants(cluster: Cluster) -> Iterator[Tenants]:
    tenants = Tenants(cluster)
    cluster.check_free(*NAMESPACES)
    try:
        tenants.make()
        yield tenants
    finally:
        tenants.remove()


class Recorder:
    """What the API server says of all pods, once a second, from a thread."""

    def __init__(self, cluster: Cluster) -> None:
        self.truths: list[Truth] = []
        self._cluster, self._stop = cluster, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            words = ["get", "pods", "-A", "-o", "json", "--request-timeout=2s"]
            command = [self._cluster.given.kubectl, *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            if done.returncode == 0:
                self.truths.append(truth_of(time.time(), json.loads(done.stdout), _seconds))


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


class Story:
    """What is done to the cluster in the meantime, at its time; each part is noted."""

    def __init__(self, tenants: Tenants, began: float) -> None:
        self.tenants, self.cluster, self.began = tenants, tenants.cluster, began
        self.disturbed: list[Disturbed] = []
        self.done: list[str] = []

    def run(self) -> None:
        hook = self.tenants.given.node_hook
        parts: list[tuple[float, str, Callable[[], None]]] = [
            (5, "a pod comes", lambda: self._comes("comes-1")),
            (15, "the certificate is renewed", self.tenants.certify),
            (40, "a pod goes, another comes", lambda: (self._goes("comes-1"), self._comes("comes-2"))),  # type: ignore[func-returns-value]
            (60, "kubelet restarted", self._kubelet),
            (105, "API server away", self._api_server),
            (215, "a pod goes", lambda: self._goes("comes-2")),
        ]
        for at, what, part in parts:
            if part in (self._kubelet, self._api_server) and hook is None:
                self.done.append(f"{what}: not done, KUBESIEVE_E2E_NODE_HOOK is not set")
                continue
            time.sleep(max(0.0, self.began + at - time.time()))
            part()
            self.done.append(f"{what}: {at} s")

    def _comes(self, name: str) -> None:
        for namespace in ("e2e-a", "e2e-c", NOBODY):
            self.cluster.apply(pod(name, namespace, self.tenants.given.image, WAITING))

    def _goes(self, name: str) -> None:
        for namespace in ("e2e-a", "e2e-c", NOBODY):
            self.cluster.run("delete", "pod", name, "-n", namespace, "--wait=false")

    def _kubelet(self) -> None:
        begin = time.time()
        self.tenants.given.do_to_node("kubelet-restart")
        self.disturbed.append(Disturbed(RESTARTED, begin, time.time() + KUBELET_SECONDS))

    def _api_server(self) -> None:
        begin = time.time()
        try:
            self.tenants.given.do_to_node("apiserver-stop")
            time.sleep(AWAY)
        finally:
            self.tenants.given.do_to_node("apiserver-start")
        self.disturbed.append(Disturbed("API server away", begin + STILL_SERVED, time.time() + BACK_SECONDS))


def _pods(tenants: Tenants) -> list[Any]:
    image = tenants.given.image
    steady = [pod("steady", namespace, image, WAITING) for namespace in (NOBODY, "e2e-a", "e2e-b", "e2e-c", "e2e-c2")]
    python = ("python3", "-c")
    return [
        *steady,
        pod("crashes", "e2e-b", image, (*python, "import time; time.sleep(3); raise SystemExit(1)")),
        pod("restarts", "e2e-a", image, (*python, "import time; time.sleep(25)")),
        pod("completes", "e2e-c", image, (*python, "import time; time.sleep(20)"), restartPolicy="Never"),
    ]


def _callers(tenants: Tenants) -> dict[str, str]:
    names = {name: f"e2e-{name}" for name in GRANTED} | {"nobody": NOBODY, "direct": CHECK}
    return {name: tenants.cluster.token(namespace, "agent") for name, namespace in names.items()}


def test_own_views_are_complete_and_foreign_ones_empty_at_every_moment(tenants: Tenants) -> None:
    cluster = tenants.cluster
    cluster.apply(*_pods(tenants))
    for namespace in ("e2e-a", "e2e-b", "e2e-c", "e2e-c2", NOBODY):
        cluster.ready(namespace, "pod/steady")
    with Recorder(cluster) as recorder:
        words = (str(SECONDS), tenants.url, "/files/ca.crt", TOKENS, tenants.direct)
        tenants.run_in_pod("checker", "checker.py", _callers(tenants), *words)
        story = Story(tenants, time.time())
        story.run()
        log = until(lambda: _whole(cluster, "checker"), SECONDS + 60, pause=3)
    artefact("tenants.jsonl", log, shown=False)
    lines = _lines(log)
    truths, times = recorder.truths, story.disturbed
    artefact(
        "tenants.txt",
        "\n".join([summed_up(lines, times, story.began), *story.done, _held(lines, truths)]),
    )
    found = {
        "leaks": list(leaks(lines, GRANTED)),
        "gaps": list(gaps(lines, GRANTED, truths, times)),
        "lingering": list(lingering(lines, GRANTED)),
        "stale": list(stale(lines, GRANTED, truths)),
        "statuses": list(odd_statuses(lines, GRANTED, times)),
    }
    assert {name: told[:10] for name, told in found.items() if told} == {}
    _looked(lines, truths)


def _held(lines: list[Any], truths: list[Truth]) -> str:
    pods = sum(1 for _ in due(lines, GRANTED, truths))
    failed = sum("unmeasured" in line for line in lines)
    return (
        f"{len(truths)} words of the API server; {pods} times a pod had to be in an answer; "
        f"{failed} answers in which the kubelet said that it could not measure"
    )


def _looked(lines: list[Any], truths: list[Truth]) -> None:
    """That the run could have found something: answers of every caller, static pods, two certificates, a refusal."""
    for name, granted in GRANTED.items():
        statuses = [line["status"] for line in lines if line["caller"] == name]
        assert len(statuses) > 3 * SECONDS
        assert statuses.count(200) > LEAST_SHARE * len(statuses)
        for namespace in granted:
            seen = {pod for line in lines if line["caller"] == name for pod in line.get("pods", ())}
            assert any(pod.startswith(f"{namespace}/") for pod in seen), (name, namespace)
    assert len(truths) > SECONDS // 4
    assert {line["status"] for line in lines if line["caller"] == "nobody"} <= {403, 429, 502, 503, None}
    certificates = {line["certificate"] for line in lines if line["caller"] == "a" and "certificate" in line}
    assert len(certificates) == 2, "expected the renewed certificate to arrive while it was looked at"
    for came in ("e2e-a/comes-1", "e2e-a/comes-2", "e2e-a/restarts", "e2e-b/crashes", "e2e-c/completes"):
        assert any(came in line.get("pods", ()) for line in lines), came


def _whole(cluster: Cluster, name: str) -> str | None:
    """The log of a script that has ended; None before."""
    words = [cluster.given.kubectl, "logs", "-n", CHECK, name]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 and '{"done": true}' in done.stdout else None


def _lines(log: str) -> list[Any]:
    return [line for line in map(json.loads, log.splitlines()) if "caller" in line]


def test_what_scrapes_cost_the_kubelet_with_and_without_sharing(tenants: Tenants) -> None:
    """Measured and kept; nothing is asserted of it but that every caller got his answers."""
    tenants.install(limits=ROOM)
    one = {"many-0": tenants.cluster.token("e2e-a", "many-0")}
    many = {f"many-{number}": tenants.cluster.token("e2e-a", f"many-{number}") for number in range(MANY)}
    admin = tenants.cluster.token(CHECK, "agent")
    rows = [f"{'callers':<8} {'asking':<24} {'kubelet CPU, cores':>18} {'answers':>8} {'MB':>6}"]
    rows.append(_measured(tenants, "nobody", {}, admin, tenants.url))
    rows.append(_measured(tenants, "kubesieve, ttl 5 s", one, admin, tenants.url))
    rows.append(_measured(tenants, "kubesieve, ttl 5 s", many, admin, tenants.url))
    tenants.install(sharing={"ttl": 0}, limits=ROOM)
    rows.append(_measured(tenants, "kubesieve, ttl 0", one, admin, tenants.url))
    rows.append(_measured(tenants, "kubesieve, ttl 0", many, admin, tenants.url))
    asking = dict.fromkeys(many, admin)
    rows.append(_measured(tenants, "the kubelet itself", asking, admin, tenants.direct))
    artefact("kubelet-cost.txt", "\n".join(rows))


def _measured(tenants: Tenants, what: str, callers: dict[str, str], admin: str, url: str) -> str:
    ca = "-" if url == tenants.direct else "/files/ca.crt"
    words = (str(LOADED), url, ca, TOKENS, tenants.direct)
    tenants.run_in_pod("load", "load.py", {**callers, "direct": admin}, *words)
    log = until(lambda: _ended(tenants.cluster, "load"), LOADED + 90, pause=2)
    told = json.loads(log.splitlines()[-1])
    assert told["bad"] == {}
    cores = told["cpu"] / told["seconds"]
    return f"{len(callers):<8} {what:<24} {cores:>18.3f} {told['answers']:>8} {told['bytes'] / 1e6:>6.0f}"


def _ended(cluster: Cluster, name: str) -> str | None:
    phase = cluster.get("pod", name, "-n", CHECK)["status"]["phase"]
    assert phase != "Failed", cluster.run("logs", "-n", CHECK, name)
    return cluster.run("logs", "-n", CHECK, name) if phase == "Succeeded" else None
