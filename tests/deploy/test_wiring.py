"""What names what is there: selectors, ports, files, objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import Object, container, of_kind, pod, the, workload
from tests.deploy.scenes import EVERY, rendered

FILES = Path("/etc/kubesieve")
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "Namespace", "PriorityClass"}
MADE_BY_OTHERS = {"kubesieve-tls", "sieve-tls", "pair", "clients", "kubelet-ca", "kube-root-ca.crt"}

pytestmark = pytest.mark.parametrize(("what", "name"), EVERY)


def _picks(selector: Object, labels: Object) -> bool:
    assert selector
    return selector.items() <= labels.items()


def _mode(objects: list[Object]) -> str:
    if "--config" not in container(objects)["args"]:
        return "drop-in"
    return "daemonset" if workload(objects)["kind"] == "DaemonSet" else "gateway"


def _ports(objects: list[Object]) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container(objects)["ports"]}


def test_each_selector_picks_the_pods(what: str, name: str) -> None:
    objects = rendered(what, name)
    labels, own = pod(objects)["metadata"]["labels"], workload(objects)["spec"]
    selectors = [own["selector"]["matchLabels"], *(one["spec"]["selector"] for one in of_kind(objects, "Service"))]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in of_kind(objects, "PodDisruptionBudget")]
    spread = pod(objects)["spec"].get("topologySpreadConstraints", [])
    selectors += [one["labelSelector"]["matchLabels"] for one in spread]
    assert len(selectors) >= 2
    assert all(_picks(one, labels) for one in selectors)
    assert all(_picks(own["selector"]["matchLabels"], one) for one in selectors), "what upgrades must not change"
    assert {one["app.kubernetes.io/component"] for one in selectors} == {_mode(objects)}, "not another mode's pods"
    wide = [one["spec"]["podSelector"]["matchLabels"] for one in of_kind(objects, "NetworkPolicy")]
    wide += [one["spec"]["selector"]["matchLabels"] for one in of_kind(objects, "PodMonitor")]
    assert all(_picks(one, labels) for one in wide)


def test_a_service_monitor_picks_the_admin_service_alone(what: str, name: str) -> None:
    objects = rendered(what, name)
    for monitor in of_kind(objects, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        [one] = [one for one in of_kind(objects, "Service") if _picks(wanted, one["metadata"]["labels"])]
        assert [port["name"] for port in one["spec"]["ports"]] == ["admin"]
        assert monitor["spec"]["endpoints"][0]["port"] == "admin"
    for monitor in of_kind(objects, "PodMonitor"):
        assert monitor["spec"]["podMetricsEndpoints"][0]["port"] in _ports(objects)


def test_ports_are_those_that_it_listens_on(what: str, name: str) -> None:
    objects = rendered(what, name)
    ports = _ports(objects)
    assert ports["admin"] == 9440
    probes = [container(objects)[f"{one}Probe"]["httpGet"] for one in ("startup", "liveness", "readiness")]
    assert [one["path"] for one in probes] == ["/-/healthy", "/-/healthy", "/-/ready"]
    assert all(one["port"] == "admin" for one in probes)
    assert all(port["targetPort"] in ports for one in of_kind(objects, "Service") for port in one["spec"]["ports"])
    for policy in of_kind(objects, "NetworkPolicy"):
        assert [rule["ports"][0]["port"] for rule in policy["spec"]["ingress"]] == [ports["tenants"], ports["admin"]]
    assert ports["tenants"] == _listens(objects)


def _listens(objects: list[Object]) -> int:
    if "--config" not in container(objects)["args"]:
        return 8080
    said = yaml.safe_load(the(objects, "ConfigMap")["data"]["config.yaml"])
    assert said["admin"]["address"] == ":9440"
    return int(said["listen"]["address"].rpartition(":")[2])


def _mounted(objects: list[Object]) -> dict[Path, tuple[str, str, str]]:
    """Each file of /etc/kubesieve: the kind, name and key that it comes from."""
    found: dict[Path, tuple[str, str, str]] = {}
    for volume in pod(objects)["spec"].get("volumes", []):
        [mount] = [one for one in container(objects)["volumeMounts"] if one["name"] == volume["name"]]
        assert volume["projected"]["defaultMode"] == 0o440
        for source in volume["projected"]["sources"]:
            [(kind, its)] = source.items()
            found |= {Path(mount["mountPath"]) / one["path"]: (kind, its["name"], one["key"]) for one in its["items"]}
    return found


def _named_files(objects: list[Object]) -> set[Path]:
    """Those that the arguments, the environment and the configuration name."""
    texts: list[Any] = [
        *container(objects)["args"],
        *(one.get("value", "") for one in container(objects).get("env", [])),
    ]
    for one in of_kind(objects, "ConfigMap"):
        texts += one["data"].values()
    words = [word.strip("{},\"'") for text in texts for word in str(text).replace("=", " ").split()]
    return {Path(word) for word in words if word.startswith(f"{FILES}/")}


def test_each_file_that_is_named_is_mounted_and_no_other(what: str, name: str) -> None:
    objects = rendered(what, name)
    mounted = _mounted(objects)
    assert set(mounted) == _named_files(objects)
    for kind, its_name, key in mounted.values():
        made = {one["metadata"]["name"]: one for one in of_kind(objects, "ConfigMap")}
        if kind == "configMap" and its_name in made:
            assert key in made[its_name]["data"]
        else:
            assert its_name in MADE_BY_OTHERS
    for one in of_kind(objects, "Certificate"):
        assert ("secret", one["spec"]["secretName"], "tls.crt") in mounted.values() or name == "drop-in"


def test_what_is_named_elsewhere_is_there(what: str, name: str) -> None:
    objects = rendered(what, name)
    spec = pod(objects)["spec"]
    assert spec["serviceAccountName"] == the(objects, "ServiceAccount")["metadata"]["name"]
    for one in of_kind(objects, "PriorityClass"):
        assert spec["priorityClassName"] == one["metadata"]["name"]
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        there, own = one["spec"]["scaleTargetRef"], workload(objects)
        assert (there["kind"], there["name"]) == (own["kind"], own["metadata"]["name"])
        assert "replicas" not in own["spec"], "what both say is turned to and fro at each upgrade"
    for one in container(objects).get("envFrom", []):
        assert one["configMapRef"]["name"] == the(objects, "ConfigMap")["metadata"]["name"]


def test_each_object_is_in_its_namespace_and_there_once(what: str, name: str) -> None:
    objects = rendered(what, name)
    places = [(one["kind"], one["metadata"]["name"]) for one in objects]
    assert len(set(places)) == len(places)
    for one in objects:
        assert ("namespace" in one["metadata"]) == (one["kind"] not in CLUSTER_WIDE), one["kind"]
        assert one["metadata"].get("namespace", "kubesieve") == "kubesieve"


def test_pods_of_a_node_tolerate_all_and_those_of_many_are_spread(what: str, name: str) -> None:
    objects = rendered(what, name)
    spec = pod(objects)["spec"]
    assert spec["nodeSelector"]["kubernetes.io/os"] == "linux"
    if workload(objects)["kind"] == "DaemonSet":
        assert spec["tolerations"] == [{"operator": "Exists"}] or name == "placed"
        local = the([o for o in of_kind(objects, "Service") if o["spec"].get("clusterIP") != "None"], "Service")
        assert local["spec"]["internalTrafficPolicy"] == "Local"
        assert not of_kind(objects, "PodDisruptionBudget", "HorizontalPodAutoscaler")
    else:
        keys = [one["topologyKey"] for one in spec["topologySpreadConstraints"]]
        assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        assert all("internalTrafficPolicy" not in one["spec"] for one in of_kind(objects, "Service"))
