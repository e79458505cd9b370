"""Making the lab and taking it away, against a cluster that is a folder."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509

from kubesieve.faults import OwnFault
from kubesieve.lab.cluster import Helm, down, up
from kubesieve.lab.cluster.manifests import LAB, LABEL, NAMESPACES
from tests.lab.cluster.conftest import PLAN, FakeCluster

MADE = {
    *(f"namespace//{name}" for name in NAMESPACES),
    *(f"serviceaccount/{name}/default" for name in NAMESPACES),
    "serviceaccount/datadog/agent",
    "serviceaccount/kubelet-proxy/kubesieve",
    "clusterrole//kubesieve-lab-agent",
    "clusterrolebinding//kubesieve-lab-agent",
    "clusterrole//kubesieve-lab-proxy",
    "clusterrolebinding//kubesieve-lab-proxy",
    "pod/sandbox/pod-with-limits",
    "pod/sandbox/pod-without-limits",
    "pod/datadog/agent",
    "configmap/kubelet-proxy/kubelet-proxy",
    "deployment/kubelet-proxy/kubelet-proxy",
    "service/kubelet-proxy/kubelet-proxy",
    "service/kubelet-proxy/kubesieve",
    "secret/kubelet-proxy/kubesieve",
    "configmap/kubelet-proxy/kubesieve-ca",
    "configmap/kubelet-proxy/kubesieve",
    "configmap/kubelet-proxy/kubesieve-lab",
    "daemonset/kubelet-proxy/kubesieve",
}


async def test_up_makes_all_of_the_story_and_waits_for_it(cluster: FakeCluster) -> None:
    await up(cluster.kubectl, PLAN)
    assert set(cluster.objects) - {"node//worker-1"} == MADE
    assert [line.split()[:3] for line in cluster.said("rollout")] == [
        ["rollout", "status", "deployment/kubelet-proxy"],
        ["rollout", "status", "daemonset/kubesieve"],
    ]
    assert any("pod/pod-with-limits pod/pod-without-limits" in line for line in cluster.said("wait"))


async def test_up_again_changes_nothing_not_even_the_certificate(cluster: FakeCluster) -> None:
    await up(cluster.kubectl, PLAN)
    before = cluster.objects
    await up(cluster.kubectl, PLAN)
    assert cluster.objects == before


@pytest.mark.parametrize("name", NAMESPACES)
async def test_a_namespace_of_somebody_elses_is_left_alone_and_nothing_is_made(cluster: FakeCluster, name: str) -> None:
    theirs = {"kind": "Namespace", "metadata": {"name": name, "labels": {LABEL: "payments"}}}
    cluster.put(f"namespace//{name}", theirs)
    with pytest.raises(OwnFault, match=f"expected namespace {name} to be free"):
        await up(cluster.kubectl, PLAN)
    assert set(cluster.objects) == {"node//worker-1", f"namespace//{name}"}


async def test_the_certificate_names_the_service_and_its_address_and_no_key_is_on_a_command_line(
    cluster: FakeCluster,
) -> None:
    await up(cluster.kubectl, PLAN)
    pair = cluster.objects["secret/kubelet-proxy/kubesieve"]["data"]
    cert = x509.load_pem_x509_certificate(base64.b64decode(pair["tls.crt"]))
    san = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "kubesieve.kubelet-proxy.svc" in san.get_values_for_type(x509.DNSName)
    address = cluster.objects["service/kubelet-proxy/kubesieve"]["spec"]["clusterIP"]
    assert [str(ip) for ip in san.get_values_for_type(x509.IPAddress)] == [address]
    assert not any("PRIVATE" in word or pair["tls.key"] in word for call in cluster.calls for word in call["words"])


async def test_down_takes_away_what_up_made_and_nothing_else(cluster: FakeCluster) -> None:
    theirs = {"kind": "Namespace", "metadata": {"name": "payments", "labels": {}}}
    cluster.put("namespace//payments", theirs)
    await up(cluster.kubectl, PLAN)
    deleted = await down(Helm(cluster.kubectl))
    assert set(cluster.objects) == {"node//worker-1", "namespace//payments"}
    assert len(deleted) == len(NAMESPACES) + 4
    assert await down(Helm(cluster.kubectl)) == ()


async def test_what_is_left_after_down_is_named(cluster: FakeCluster) -> None:
    ours = {"kind": "ClusterRole", "metadata": {"name": "stays", "namespace": "odd", "labels": {LABEL: LAB}}}
    cluster.put("clusterrole/odd/stays", ours)
    with pytest.raises(OwnFault, match="nothing of the lab to be left; got clusterroles/stays"):
        await down(Helm(cluster.kubectl))


async def test_what_kubectl_says_last_is_passed_on(cluster: FakeCluster) -> None:
    cluster.fail("rollout status daemonset/kubesieve")
    with pytest.raises(OwnFault, match="expected kubectl rollout status daemonset/kubesieve to work; got: error: told"):
        await up(cluster.kubectl, PLAN)


async def test_everything_outside_a_namespace_carries_the_labs_label(cluster: FakeCluster) -> None:
    await up(cluster.kubectl, PLAN)
    loose = {key: item for key, item in cluster.objects.items() if not item["metadata"].get("namespace")}
    loose.pop("node//worker-1")
    assert loose
    assert {item["metadata"]["labels"].get(LABEL) for item in loose.values()} == {LAB}
