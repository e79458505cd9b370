"""Versions follow the program's; what is rendered follows the cluster's."""

from __future__ import annotations

import json

import pytest
import yaml

import kubesieve
from tests.deploy.rendering import CHART, KUSTOMIZE, chart, container, helm, of_kind, overlay, run, the
from tests.deploy.scenes import CHARTS


def test_the_chart_is_the_programs() -> None:
    told = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (told["version"], told["appVersion"]) == (kubesieve.__version__, kubesieve.__version__)
    assert container(chart({}))["image"] == f"kubesieve/kubesieve:{kubesieve.__version__}"
    assert container(chart({"image": {"tag": "1.2"}}))["image"] == "kubesieve/kubesieve:1.2"
    digest = CHARTS["another image"]["image"]["digest"]
    assert container(chart(CHARTS["another image"]))["image"] == f"registry.example/kubesieve@{digest}"


@pytest.mark.parametrize("name", sorted(one.name for one in (KUSTOMIZE / "overlays").iterdir()))
def test_an_overlays_image_is_the_programs(name: str) -> None:
    assert container(overlay(name))["image"] == f"kubesieve/kubesieve:{kubesieve.__version__}"


@pytest.mark.parametrize(
    ("options", "disruption", "autoscaler"),
    [
        (("--kube-version", "1.20"), "policy/v1beta1", "autoscaling/v2beta2"),
        (("--kube-version", "1.21.14-eks-1"), "policy/v1", "autoscaling/v2beta2"),
        (("--kube-version", "1.22.17"), "policy/v1", "autoscaling/v2beta2"),
        (("--kube-version", "1.23.0-gke.1"), "policy/v1", "autoscaling/v2"),
        (("--kube-version", "1.37"), "policy/v1", "autoscaling/v2"),
        (
            ("--kube-version", "1.20", "--api-versions", "policy/v1/PodDisruptionBudget"),
            "policy/v1",
            "autoscaling/v2beta2",
        ),
        (
            ("--kube-version", "1.22", "--api-versions", "autoscaling/v2/HorizontalPodAutoscaler"),
            "policy/v1",
            "autoscaling/v2",
        ),
    ],
)
def test_older_clusters_get_what_they_know(options: tuple[str, ...], disruption: str, autoscaler: str) -> None:
    objects = chart({"mode": "gateway"}, *options)
    assert the(objects, "PodDisruptionBudget")["apiVersion"] == disruption
    assert the(objects, "HorizontalPodAutoscaler")["apiVersion"] == autoscaler


@pytest.mark.parametrize(("version", "policy"), [("1.21", None), ("1.22.0-rc.1", "Local"), ("1.37", "Local")])
def test_a_service_stays_on_the_node_where_it_can(version: str, policy: str | None) -> None:
    for values in ({}, CHARTS["drop-in"]):
        [one] = of_kind(chart(values, "--kube-version", version), "Service")
        assert one["spec"].get("internalTrafficPolicy") == policy


def test_clusters_before_1_20_are_refused() -> None:
    done = helm({}, "--kube-version", "1.19")
    assert done.returncode != 0
    assert "chart requires kubeVersion: >=1.20" in done.stderr


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("defaults", ["https://kubesieve.kubesieve.svc:8443", "when the Secret kubesieve-tls"]),
        ("cert-manager", []),
        ("gateway", ["svc:8443/api/v1/nodes/NODE/proxy/"]),
        ("drop-in", ["http://kubesieve.kubesieve.svc:443", "WARNING: plain http"]),
        ("kubelet not verified", ["WARNING: the kubelet is not verified"]),
        ("legacy", ["WARNING: nodes/proxy is given"]),
    ],
)
def test_what_is_told_after_an_installation(name: str, sentences: list[str]) -> None:
    options = ("--dry-run=client", "--namespace", "kubesieve", "--values", "-")
    done = run("helm", "install", "kubesieve", str(CHART), *options, stdin=json.dumps(CHARTS[name]))
    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:\n")[2]
    assert all(sentence in notes for sentence in sentences)
    assert notes.count("WARNING") == sum("WARNING" in sentence for sentence in sentences)


def test_lint_finds_nothing() -> None:
    for name in ("defaults", "gateway", "drop-in"):
        done = run("helm", "lint", "--strict", str(CHART), "--values", "-", stdin=yaml.safe_dump(CHARTS[name]))
        assert done.returncode == 0, done.stdout
        assert "[WARNING]" not in done.stdout
