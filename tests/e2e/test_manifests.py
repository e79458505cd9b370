"""The overlays and the chart, taken by the API server, then applied for real and asked by callers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.stage.pki import Authority
from tests.e2e.cluster import Cluster, artefact, until
from tests.e2e.objects import RESTRICTED, WAITING, Object, account, bound, config_map, pod, role, secret

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ROOT / "deploy/kustomize/overlays"
COMPONENTS = ROOT / "deploy/kustomize/components"
CHART = ROOT / "deploy/chart/kubesieve"
HOME, OWN, OTHER = "kubesieve", "e2e-own", "e2e-other"
NAME = f"kubesieve.{HOME}.svc"
ROLE = "e2e-manifests"
ASK = """
import http.client, ssl, sys
from urllib.parse import urlsplit
url, path = sys.argv[1:]
address = urlsplit(url)
kind = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}[address.scheme]
more = {"context": ssl._create_unverified_context()} if address.scheme == "https" else {}
connection = kind(address.hostname, address.port, timeout=20, **more)
try:
    connection.request("GET", path, headers={"Authorization": "Bearer " + sys.stdin.read().strip()})
    answer = connection.getresponse()
    print(answer.status)
    print(answer.read().decode())
except OSError as error:
    print(0)
    print(error)
"""


class Scene:
    """A namespace whose account may see it, one that nobody may see, and a pod to ask from."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.given = cluster, cluster.given
        node = cluster.node
        version = [int(part) for part in node["status"]["nodeInfo"]["kubeletVersion"][1:].split(".")[:2]]
        self.node, self.minor = node["metadata"]["name"], version[1]

    def make(self) -> None:
        labels = {"kubesieve.io/tenant": "true"}
        names = ((OWN, labels), (OTHER, None), (HOME, None))
        self.cluster.apply(*(self.cluster.namespace(name, labels) for name, labels in names))
        for name in (OWN, OTHER, HOME):
            self.cluster.account_ready(name)
        self.cluster.apply(
            account(OWN, "agent"),
            *self._rights(),
            *(pod("steady", name, self.given.image, WAITING, securityContext=RESTRICTED) for name in (OWN, OTHER)),
        )
        for name in (OWN, OTHER):
            self.cluster.ready(name, "pod/steady")
        self.certify()

    def certify(self) -> None:
        """What the manifests expect to be there: a certificate, and the kubelets' CA."""
        pair = Authority("e2e").issue(names=[NAME], ips=[], common_name="kubesieve")
        ca = self.given.kubelet_ca.read_text() if self.given.kubelet_ca else ""
        known = config_map("kubelet-ca", HOME, {"ca.crt": ca})
        self.cluster.apply(secret("kubesieve-tls", HOME, pair), known)

    def remove(self) -> None:
        self.cluster.delete("clusterrole,clusterrolebinding", ROLE, f"{ROLE}-seen", "kubesieve")
        self.cluster.delete("namespace", OWN, OTHER, HOME)

    def _rights(self) -> list[Object]:
        kubelet = ["nodes/metrics", "nodes/stats", *(["nodes/proxy"] if self.minor < 33 else ["nodes/pods"])]
        seen = [{"apiGroups": ["metrics.k8s.io"], "resources": ["pods"], "verbs": ["get"]}]
        subject = [{"kind": "ServiceAccount", "name": "agent", "namespace": OWN}]
        own, cluster_wide = {"name": ROLE, "namespace": OWN}, {"name": ROLE}
        return [
            role(cluster_wide, [{"apiGroups": [""], "resources": kubelet, "verbs": ["get"]}]),
            bound("ClusterRoleBinding", cluster_wide, subject, ROLE),
            role({"name": f"{ROLE}-seen"}, seen),
            bound("RoleBinding", own, subject, f"{ROLE}-seen"),
        ]

    def ask(self, port: int, path: str, scheme: str = "https") -> tuple[int, str]:
        """What the Service answers to the account of the own namespace, asked from its pod; 0 where nothing does."""
        address = self.cluster.get("service", "kubesieve", "-n", HOME)["spec"]["clusterIP"]
        words = ("exec", "-i", "-n", OWN, "steady", "--", "python3", "-c", ASK, f"{scheme}://{address}:{port}", path)
        out = self.cluster.run(*words, stdin=self.cluster.token(OWN, "agent"))
        status, _, body = out.partition("\n")
        return int(status), body

    def kustomized(self, overlay: str, folder: Path) -> str:
        """The overlay as somebody would make it his own: image, the kubelets' CA, components for an old cluster."""
        components = ["kubernetes-1.20"] if self.minor < 23 else []
        components += ["legacy-kubelet"] if self.minor < 33 and overlay != "drop-in" else []
        repository, _, tag = self.given.image.rpartition(":")
        own = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [_from(folder, OVERLAYS / overlay)],
            "components": [_from(folder, COMPONENTS / name) for name in components],
            "images": [{"name": "kubesieve/kubesieve", "newName": repository, "newTag": tag}],
            "patches": self._kubelet(overlay, folder),
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(own))
        return self.cluster.run("kustomize", str(folder), "--load-restrictor=LoadRestrictionsNone")

    def _kubelet(self, overlay: str, folder: Path) -> list[dict[str, Any]]:
        if overlay == "drop-in":
            data = {"ALLOWED_NAMESPACES": OWN}
            data |= {"KUBELET_SERVER_NAME": self.given.kubelet_name or ""} if self.given.kubelet_ca else {}
            data |= {} if self.given.kubelet_ca else {"KUBELET_INSECURE": "true", "KUBELET_CA_FILE": ""}
            patches = [_patch("ConfigMap", [_set(f"/data/{key}", value) for key, value in data.items()])]
            source = {"configMap": {"name": "kubelet-ca", "items": [{"key": "ca.crt", "path": "kubelet-ca.crt"}]}}
            place = "/spec/template/spec/volumes/0/projected/sources/0"
            replaced = {**_set(place, source), "op": "replace"}
            return patches + ([_patch("DaemonSet", [replaced])] if self.given.kubelet_ca else [])
        config = yaml.safe_load((OVERLAYS / overlay / "config.yaml").read_text())
        config["kubelet"] |= self._known(overlay)
        text = json.dumps(config)
        patches = [_patch("ConfigMap", [_set("/data/config.yaml", text)])]
        source = {"configMap": {"name": "kubelet-ca", "items": [{"key": "ca.crt", "path": "kubelet-ca.crt"}]}}
        kind = "Deployment" if overlay == "gateway" else "DaemonSet"
        return [*patches, _patch(kind, [_set("/spec/template/spec/volumes/0/projected/sources/-", source)])]

    def _known(self, overlay: str) -> dict[str, Any]:
        if not self.given.kubelet_ca:
            return {"insecure": True}
        known = {"caFile": "/etc/kubesieve/kubelet-ca.crt"}
        if overlay == "gateway":
            return {**known, "nodes": {"serverName": "NodeName"}}
        return {**known, "serverName": self.given.kubelet_name}


def _set(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def _patch(kind: str, operations: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"target": {"kind": kind}, "patch": json.dumps(list(operations))}


def _from(folder: Path, path: Path) -> str:
    """kustomize takes relative paths alone."""
    return str(Path(*[".."] * (len(folder.resolve().parts) - 1)) / path.resolve().relative_to("/"))


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster)
    cluster.check_free(OWN, OTHER, HOME)
    try:
        scene.make()
        yield scene
    finally:
        scene.remove()


def _sees_its_own(scene: Scene, port: int, prefix: str = "", scheme: str = "https") -> str:
    """/pods has the own pod and no foreign one, /metrics/resource the own namespace alone. A Service takes a moment to
    lead to a pod that is ready.
    """

    def fine() -> tuple[int, str] | None:
        status, body = scene.ask(port, f"{prefix}/pods", scheme)
        return (status, body) if status == 200 else None

    _, body = until(fine, 60)
    pods = {f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in json.loads(body)["items"]}
    assert pods == {f"{OWN}/steady"}
    status, body = scene.ask(port, f"{prefix}/metrics/resource", scheme)
    assert status == 200
    assert OTHER not in body
    assert scene.ask(port, f"{prefix}/configz", scheme)[0] == 404
    return f"{len(pods)} pod of its own, {len(body)} bytes of /metrics/resource"


@pytest.mark.parametrize(
    ("overlay", "workload", "port", "scheme"),
    [
        ("daemonset", "daemonset/kubesieve", 8443, "https"),
        ("drop-in", "daemonset/kubesieve", 443, "http"),
        ("gateway", "deployment/kubesieve", 8443, "https"),
    ],
)
def test_an_overlay_is_taken_and_serves(
    scene: Scene, tmp_path: Path, overlay: str, workload: str, port: int, scheme: str
) -> None:
    rendered = scene.kustomized(overlay, tmp_path)
    scene.cluster.run("apply", "--dry-run=server", "-f", "-", stdin=rendered)
    scene.cluster.run("apply", "-f", "-", stdin=rendered)
    try:
        scene.cluster.ready(HOME, workload)
        prefix = f"/api/v1/nodes/{scene.node}/proxy" if overlay == "gateway" else ""
        artefact(f"overlay-{overlay}.txt", _sees_its_own(scene, port, prefix, scheme))
    finally:
        kept = [one for one in yaml.safe_load_all(rendered) if one["kind"] != "Namespace"]
        scene.cluster.run("delete", "--ignore-not-found", "-f", "-", stdin=yaml.safe_dump_all(kept))
    _gone(scene)


VALUES: dict[str, dict[str, Any]] = {
    "daemonset": {"mode": "daemonset"},
    "gateway": {"mode": "gateway", "kubelet": {"nodes": {"serverName": "NodeName"}}},
    "drop-in": {"mode": "dropIn", "dropIn": {"namespaces": [OWN]}, "tls": {"enabled": False}},
}
PORTS = {"daemonset": (8443, "https"), "gateway": (8443, "https"), "drop-in": (443, "http")}


@pytest.mark.parametrize("mode", list(VALUES))
def test_the_chart_is_taken_and_serves(scene: Scene, mode: str) -> None:
    given = scene.given
    if given.helm is None:
        pytest.fail("expected helm (make tools)")
    repository, _, tag = given.image.rpartition(":")
    values = {"image": {"repository": repository, "tag": tag}, **VALUES[mode]}
    values["legacyKubelet"] = scene.minor < 33 and mode != "drop-in"
    known: dict[str, Any] = {"ca": {"configMap": "kubelet-ca"}} if given.kubelet_ca else {"insecure": True}
    if given.kubelet_ca and mode != "gateway":
        known["serverName"] = given.kubelet_name
    values["kubelet"] = {**values.get("kubelet", {}), **known}
    if mode == "gateway" and not given.kubelet_ca:
        values["kubelet"]["nodes"] = {}
    helm = [given.helm, "upgrade", "--install", "kubesieve", str(CHART), "-n", HOME, "-f", "-"]
    for more in (["--dry-run=server"], []):
        done = subprocess.run(
            [*helm, *more], input=json.dumps(values), capture_output=True, text=True, check=False, timeout=180
        )
        assert done.returncode == 0, done.stderr
    try:
        scene.cluster.ready(HOME, "deployment/kubesieve" if mode == "gateway" else "daemonset/kubesieve")
        prefix = f"/api/v1/nodes/{scene.node}/proxy" if mode == "gateway" else ""
        port, scheme = PORTS[mode]
        artefact(f"chart-{mode}.txt", _sees_its_own(scene, port, prefix, scheme))
    finally:
        subprocess.run([given.helm, "uninstall", "kubesieve", "-n", HOME], check=True, capture_output=True)
    _gone(scene)


def _gone(scene: Scene) -> None:
    """Nothing of it is left in its namespace but what was there before."""
    words = ("get", "daemonset,deployment,service,pods,poddisruptionbudget", "-n", HOME, "-o", "name")
    left = scene.cluster.run(*words)
    end = time.monotonic() + 120
    while left.strip() and time.monotonic() < end:
        time.sleep(0.5)
        left = scene.cluster.run(*words)
    assert left.strip() == ""
    assert not scene.cluster.run("get", "clusterrole", "kubesieve", "--ignore-not-found").strip()
