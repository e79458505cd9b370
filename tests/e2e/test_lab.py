"""The lab, from the command line: up, verify, down, twice over where it can be run again."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.e2e.cluster import Cluster, Given, artefact

OURS = ("namespaces", "clusterroles", "clusterrolebindings")


def _lab(given: Given, *words: str, expected: int = 0) -> str:
    command = [sys.executable, "-m", "kubesieve", "lab", *words, "--kubectl", given.kubectl]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == expected, f"{done.stdout[-2000:]}\n{done.stderr}"
    return done.stdout


def _setting(given: Given) -> list[str]:
    images = {"kubesieve": given.image, "app": given.app_image, "python": given.python_image}
    words = [word for name, image in images.items() for word in ("--image", f"{name}={image}")]
    if given.kubelet_ca and given.kubelet_name:
        words += ["--kubelet-ca", str(given.kubelet_ca), "--kubelet-server-name", given.kubelet_name]
    return words


def test_the_story_comes_out_on_the_cluster_and_nothing_is_left_of_it(cluster: Cluster, given: Given) -> None:
    before = _everything(cluster)
    try:
        _lab(given, "up", *_setting(given))
        _lab(given, "up", *_setting(given))
        told = _lab(given, "verify")
        artefact("lab-verify.txt", told)
        assert told.splitlines()[-1].startswith("All ")
        _broken(cluster, given)
    finally:
        _lab(given, "down")
    assert _everything(cluster) == before
    _lab(given, "verify", expected=2)


def _broken(cluster: Cluster, given: Given) -> None:
    """verify can fail: a naive proxy that was told to allow sandbox is told by the steps that show it."""
    cluster.run("set", "env", "-n", "kubelet-proxy", "deployment/kubelet-proxy", "ALLOWED_NAMESPACES=datadog,sandbox")
    cluster.ready("kubelet-proxy", "deployment/kubelet-proxy")
    record = json.loads(_lab(given, "verify", "-o", "json", expected=1))
    failed = {one["name"] for one in record["expectations"] if not one["ok"]}
    assert "naive, /metrics*" in failed
    assert "kubesieve, all four" not in failed


def _everything(cluster: Cluster) -> set[str]:
    kept = set()
    for kind in OURS:
        kept |= {f"{kind}/{one['metadata']['name']}" for one in cluster.get(kind)["items"]}
    return kept
