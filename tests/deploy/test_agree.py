"""The overlays and the chart come to the same objects, mode by mode."""

from __future__ import annotations

import copy

import pytest
import yaml

from tests.deploy.rendering import Object, Values, chart, of_kind, overlay, pod, the
from tests.deploy.scenes import DROP_IN

OPTIONAL: Values = {
    "legacyKubelet": True,
    "tls": {"certManager": {"enabled": True, "issuerRef": {"name": "kubesieve"}}},
    "monitoring": {"podMonitor": {"enabled": True}},
    "priorityClass": {"create": True},
}
COMPONENTS = ("legacy-kubelet", "cert-manager", "pod-monitor", "priority-class")
OLDER = ("--kube-version", "1.20.2")
PAIRS: dict[str, tuple[tuple[str, ...], Values, tuple[str, ...]]] = {
    "daemonset": (("daemonset",), {}, ()),
    "daemonset, all": (("daemonset", *COMPONENTS), OPTIONAL, ()),
    "daemonset, 1.20": (("daemonset", "kubernetes-1.20"), {}, OLDER),
    "gateway": (("gateway",), {"mode": "gateway"}, ()),
    "gateway, all": (("gateway", *COMPONENTS), {"mode": "gateway", **OPTIONAL}, ()),
    "gateway, 1.20": (("gateway", "kubernetes-1.20"), {"mode": "gateway"}, OLDER),
    "drop-in": (("drop-in",), DROP_IN, ()),
    "drop-in, all": (
        ("drop-in", "drop-in-tls", *COMPONENTS[1:]),
        {**DROP_IN, **OPTIONAL, "legacyKubelet": False},
        (),
    ),
    "drop-in, 1.20": (("drop-in", "kubernetes-1.20"), DROP_IN, OLDER),
}
HELMS_OWN = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")


def _alike(objects: list[Object]) -> dict[str, Object]:
    """Without what one of the two alone can say: Helm's labels, a namespace, the digest of a pod's configuration."""
    found = {}
    for one in copy.deepcopy([one for one in objects if one["kind"] != "Namespace"]):
        for key in HELMS_OWN:
            one["metadata"]["labels"].pop(key, None)
        if one["kind"] in ("DaemonSet", "Deployment"):
            one["spec"]["template"]["metadata"].pop("annotations", None)
            one["spec"]["template"]["spec"]["containers"][0] |= _environment(objects)
        if one["kind"] == "ConfigMap":
            one["data"] = yaml.safe_load(one["data"].get("config.yaml", "{}"))
        if one["kind"] == "ClusterRole":
            one["rules"].sort(key=str)
        found[one["kind"]] = one
    if found.get("ConfigMap", {}).get("data") == {}:
        del found["ConfigMap"]
    return found


def _environment(objects: list[Object]) -> Object:
    """What a container's environment comes to, wherever it is written."""
    [one] = pod(objects)["spec"]["containers"]
    said = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in one.get("env", [])}
    return {"env": said | (the(objects, "ConfigMap")["data"] if "envFrom" in one else {}), "envFrom": []}


@pytest.mark.parametrize("name", PAIRS)
def test_they_come_to_the_same(name: str) -> None:
    names, values, options = PAIRS[name]
    made, charted = _alike(overlay(*names)), _alike(chart(values, *options))
    assert sorted(made) == sorted(charted)
    for kind, one in made.items():
        assert one == charted[kind], kind


def test_all_components_were_compared() -> None:
    from tests.deploy.rendering import KUSTOMIZE

    used = {one for names, _, _ in PAIRS.values() for one in names[1:]}
    assert used == {one.name for one in (KUSTOMIZE / "components").iterdir()}
    assert {names[0] for names, _, _ in PAIRS.values()} == {one.name for one in (KUSTOMIZE / "overlays").iterdir()}


@pytest.mark.parametrize("name", [name for name in PAIRS if "1.20" in name])
def test_what_older_clusters_do_not_know_is_not_there(name: str) -> None:
    names, _, _ = PAIRS[name]
    versions = {one["kind"]: one["apiVersion"] for one in overlay(*names)}
    assert versions.get("PodDisruptionBudget") in (None, "policy/v1beta1")
    assert versions.get("HorizontalPodAutoscaler") in (None, "autoscaling/v2beta2")
    assert all("internalTrafficPolicy" not in one["spec"] for one in of_kind(overlay(*names), "Service"))
