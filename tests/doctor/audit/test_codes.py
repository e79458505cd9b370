"""Every leak's code: what fires it, and what comes close and does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubesieve.doctor.audit import probes
from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.observed import Look, Observed, Round, Way
from kubesieve.doctor.audit.probes import HANDSHAKE, Probe
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.evidence import Door, Evidence, Exchange, Source
from kubesieve.doctor.verdicts import VERDICTS

CADVISOR, RESOURCE, METRICS = "/metrics/cadvisor", "/metrics/resource", "/metrics"
OWN, FOREIGN, STATIC = "11111111-aaaa-4aaa-8aaa-000000000001", "22222222-bbbb-4bbb-8bbb-000000000002", "3" * 32
BOX, OTHER_BOX = "a" * 64, "b" * 64
TEXT = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
JSON = {"content-type": "application/json"}
CONTROL = Reply(404, body=b"404 page not found\n")


def pod(namespace: str, uid: str, box: str, **spec: Any) -> dict[str, Any]:
    status = {"containerStatuses": [{"name": "app", "containerID": f"containerd://{box}"}]}
    return {
        "metadata": {"namespace": namespace, "name": f"web-{namespace}", "uid": uid},
        "spec": spec,
        "status": status,
    }


MINE, THEIRS = pod("team-a", OWN, BOX), pod("team-b", FOREIGN, OTHER_BOX)


def podlist(*items: Any) -> bytes:
    return json.dumps({"kind": "PodList", "items": items}).encode()


def stats(*pods: Any, **node: Any) -> bytes:
    return json.dumps({"node": {"nodeName": "n1", **node}, "pods": pods}).encode()


def of_pod(namespace: str, **more: Any) -> dict[str, Any]:
    return {"podRef": {"namespace": namespace, "name": "web", "uid": OWN}, "containers": [], **more}


def sample(labels: str, family: str = "container_memory_rss") -> bytes:
    return f"# TYPE {family} gauge\n{family}{{{labels}}} 1\n".encode()


def seen(path: str = "", body: bytes = b"", **looks: Any) -> Observed:
    """The kubelet knows a pod of each team; the proxy gives the one body, beside what is tried."""
    known = Exchange(Source.DIRECT, "/pods", 200, JSON, podlist(MINE, THEIRS))
    given = [Exchange(Source.PROXY, path, 200, JSON if body[:1] == b"{" else TEXT, body)] if path else []
    doors = {Source.DIRECT: Door("https://192.0.2.1:10250", True), Source.PROXY: Door("https://proxy.example", True)}
    evidence = Evidence((known, *given), doors, expected=frozenset({"team-a"}))
    control, upgrade = Look(probes.CONTROL, CONTROL), Look(probes.UPGRADE_CONTROL, CONTROL)
    return Observed("https://proxy.example", frozenset({"team-a"}), evidence, control, upgrade, **looks)


def tried(field: str, target: str, reply: Reply, meant: str = "", headers: probes.Headers = ()) -> Observed:
    return seen(**{field: (Look(Probe(target, meant, headers), reply),)})


def passed_by(way: Way, reply: Reply) -> Observed:
    return seen(around=(Round(way, "https://192.0.2.1:10250", (Look(Probe("/pods", "/pods"), reply),)),))


def good(body: bytes, kind: dict[str, str] = JSON) -> Reply:
    return Reply(200, kind, body)


def own(labels: str) -> str:
    return f'namespace="team-a",pod="web-team-a",{labels}'


ALL_PODS, OWN_PODS = good(podlist(MINE, THEIRS)), good(podlist(MINE))
HOST = pod("team-a", OWN, BOX, hostNetwork=True)
NOT_THERE = Reply(404, body=b'pod "none" does not exist')
PROTOBUF = {"content-type": "application/vnd.google.protobuf"}
SPOOF = (("X-Namespace", "team-b"),)
ID = "/kubepods/besteffort/pod"

TABLE: dict[str, tuple[Observed, Observed]] = {
    "KS0401": (
        seen(CADVISOR, sample('namespace="team-b",pod="x"')),
        seen(CADVISOR, sample(own('image="namespace=\\"team-b\\""'))),
    ),
    "KS0402": (
        seen("/pods", podlist(MINE, THEIRS)),
        seen("/pods", podlist({**MINE, "metadata": {**MINE["metadata"], "labels": {"tenant": "team-b"}}})),
    ),
    "KS0403": (
        seen("/stats/summary", stats(of_pod("team-a"), of_pod("team-b"))),
        seen("/stats/summary", stats(of_pod("team-a", containers=[{"name": "team-b"}]))),
    ),
    "KS0404": (
        seen("/stats/summary", stats(of_pod("team-a", volume=[{"pvcRef": {"namespace": "team-b", "name": "db"}}]))),
        seen("/pods", podlist({**MINE, "metadata": {**MINE["metadata"], "annotations": {"namespace": "team-b"}}})),
    ),
    "KS0405": (
        seen(CADVISOR, sample('id="/",namespace=""')),
        seen(CADVISOR, sample(own('id="/"'))),
    ),
    "KS0406": (
        seen(CADVISOR, sample(f'id="{ID}{FOREIGN}",namespace=""')),
        seen(CADVISOR, sample(f'id="{ID}{OWN}",namespace=""')),
    ),
    "KS0407": (
        seen(CADVISOR, sample(own('interface="eni0a1b2c3"'))),
        seen(CADVISOR, sample(own('interface="eth0"'))),
    ),
    "KS0408": (
        seen(
            CADVISOR,
            sample(f'device="/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{OTHER_BOX}/shm",namespace=""'),
        ),
        seen(CADVISOR, sample('device="/dev/shm",namespace=""')),
    ),
    "KS0409": (
        seen(METRICS, sample('namespace="team-b",persistentvolumeclaim="db"', "kubelet_volume_stats_used_bytes")),
        seen(METRICS, sample('namespace="team-a",persistentvolumeclaim="db"', "kubelet_volume_stats_used_bytes")),
    ),
    "KS0410": (
        seen(METRICS, sample('state="running"', "kubelet_running_pods")),
        seen(CADVISOR, sample('boot_id="x"', "machine_cpu_cores")),
    ),
    "KS0411": (
        tried("running", "/exec/kubesieve-audit/none/none", NOT_THERE),
        tried("running", "/exec/kubesieve-audit/none/none", Reply(403, body=b"no such path here\n")),
    ),
    "KS0412": (
        tried("reading", "/configz", good(b'{"kubeletconfig":{}}')),
        tried("reading", "/configz", Reply(405, body=b"expected GET on one of nine paths\n")),
    ),
    "KS0413": (
        tried("switching", METRICS, Reply(101), METRICS, HANDSHAKE),
        tried("switching", METRICS, Reply(400, body=b"no upgrades\n"), METRICS, HANDSHAKE),
    ),
    "KS0414": (
        seen(CADVISOR, sample('exported_namespace="team-b",namespace="team-a"')),
        seen(CADVISOR, sample('exported_namespace="team-a",namespace="team-a"')),
    ),
    "KS0415": (
        tried("odd", "/stats/summary/", Reply(500, body=f'failed to get stats of "db_team-b({FOREIGN})"'.encode())),
        tried("queries", "/pods?namespace=team-b", Reply(400, body=b'no parameter namespace="team-b" here')),
    ),
    "KS0416": (
        tried("odd", "/metrics/../pods", ALL_PODS, "/pods"),
        tried("odd", "/metrics/../pods", OWN_PODS, "/pods"),
    ),
    "KS0417": (
        tried("spoofed", "/pods", ALL_PODS, "/pods", SPOOF),
        tried("spoofed", "/pods", OWN_PODS, "/pods", SPOOF),
    ),
    "KS0418": (
        tried("queries", "/pods?namespace=team-b", ALL_PODS, "/pods"),
        seen("/pods", podlist(MINE, THEIRS), queries=(Look(Probe("/pods?namespace=team-b", "/pods"), ALL_PODS),)),
    ),
    "KS0419": (
        tried("negotiated", CADVISOR, good(b"\x0a\x09namespace\x12\x06team-b", PROTOBUF), CADVISOR),
        tried("negotiated", CADVISOR, good(sample('namespace="team-a",pod="x"'), TEXT), CADVISOR),
    ),
    "KS0420": (passed_by(Way.TOKEN, ALL_PODS), passed_by(Way.TOKEN, Reply(403, body=b"Forbidden (user=x)"))),
    "KS0421": (passed_by(Way.ANONYMOUS, ALL_PODS), passed_by(Way.ANONYMOUS, Reply(401, body=b"Unauthorized"))),
    "KS0422": (
        passed_by(Way.READ_ONLY, ALL_PODS),
        passed_by(Way.READ_ONLY, good(b"<html>It works</html>", {"content-type": "text/html"})),
    ),
    "KS0423": (
        seen("/stats/summary", stats(of_pod("team-a"), systemContainers=[])),
        seen("/stats/summary", stats(of_pod("team-a"), cpu={}, memory={}, startTime="x")),
    ),
    "KS0424": (
        tried("elsewhere", "@127.0.0.1:1/pods", Reply(502, body=b"dial tcp 127.0.0.1:1: connection refused")),
        tried("elsewhere", "@127.0.0.1:1/pods", Reply(400, body=b"expected a path\n")),
    ),
    "KS0425": (
        tried("nobody", "/pods", OWN_PODS, "/pods"),
        tried("nobody", "/pods", Reply(401, body=b"Unauthorized"), "/pods"),
    ),
}


def codes(observed: Observed) -> set[str]:
    return {finding.code for finding in judge(observed).findings}


def test_every_leak_has_its_row() -> None:
    assert set(TABLE) == {code for code in VERDICTS if code.startswith("KS04")}


@pytest.mark.parametrize("code", TABLE)
def test_a_leak_fires_its_code_and_what_comes_close_does_not(code: str) -> None:
    fires, near = TABLE[code]
    assert code in codes(fires)
    assert code not in codes(near)


def test_a_series_that_seems_nobodys_with_an_unknown_id_is_told_where_the_pods_are_known() -> None:
    assert "KS0406" in codes(seen(CADVISOR, sample(f'id="{ID}{STATIC}",namespace=""')))


def test_interfaces_of_a_pod_in_the_nodes_network_are_told_whatever_their_names() -> None:
    observed = seen("/pods", podlist(HOST))
    row = Exchange(Source.PROXY, CADVISOR, 200, TEXT, sample(own('interface="eth0"')))
    exchanges = (*observed.evidence.exchanges, row)
    assert "KS0407" not in codes(observed)
    mixed = seen()
    mixed = Observed(
        mixed.url,
        mixed.allowed,
        Evidence(exchanges, observed.evidence.doors, expected=observed.allowed),
        mixed.control,
        mixed.upgrade_control,
    )
    assert "KS0407" in codes(mixed)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        pytest.param(CADVISOR, b'x{namespace="team-b"} 1\nno exposition {\n', "KS0401", id="text"),
        pytest.param("/pods", b'{"items": [{"metadata": {"namespace": "team-b"}}', "KS0402", id="a cut list"),
        pytest.param("/stats/summary", b'{"pods": [{"podRef": {"namespace": "team-b"}}', "KS0403", id="a cut summary"),
    ],
)
def test_a_body_that_no_reader_takes_is_searched_for_names_and_that_is_said(path: str, body: bytes, code: str) -> None:
    found = judge(seen(path, body))
    assert code in {one.code for one in found.findings}
    assert any("no exact reader" in one.because for one in found.unknowns)
