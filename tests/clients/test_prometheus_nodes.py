"""A real Prometheus scrapes three nodes through the gateway, relabelled as docs/gateway.md says.

Debian builds it without the discovery of Kubernetes: a file gives it the nodes, with the label that that would give.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import OWN
from tests.clients.programs import Serving
from tests.clients.prometheus import Prometheus, RunningPrometheus
from tests.conftest import ROOT, require_client
from tests.waiting import becomes

NODES = ("stage-node", "stage-node-2", "stage-node-3")
PAGE = (ROOT / "docs/gateway.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def prometheus_file(folder: Path, stage: EmbeddedNode, gateway: str, ca: Path) -> Path:
    """The page's, with the addresses and files of here."""
    [text] = [block for block in BLOCKS if "scrape_configs" in block]
    found: dict[str, Any] = yaml.safe_load(text)
    [job] = found["scrape_configs"]
    job["authorization"]["credentials_file"] = str(stage.token_file(OWN))
    job["tls_config"]["ca_file"] = str(ca)
    job["relabel_configs"][0]["replacement"] = gateway
    assert job.pop("kubernetes_sd_configs") == [{"role": "node"}]
    found_nodes = [{"targets": [f"{name}:10250"], "labels": {"__meta_kubernetes_node_name": name}} for name in NODES]
    (folder / "nodes.json").write_text(json.dumps(found_nodes))
    job["file_sd_configs"] = [{"files": [str(folder / "nodes.json")]}]
    found["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(found))
    return file


@pytest.fixture(scope="module")
def scraped(
    cluster: EmbeddedNode, gateway: Serving, tls_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    program, folder = require_client("prometheus"), tmp_path_factory.mktemp("gateway")
    target = gateway.address.removeprefix("https://")
    file = prometheus_file(folder, cluster, target, tls_folder / "ca.crt")
    with RunningPrometheus(program, folder, file) as prometheus:
        assert becomes(lambda: prometheus.value("count(up == 1)") == 3, 30), prometheus.get("targets")
        assert becomes(lambda: (prometheus.value("min(count_over_time(up[1m]))") or 0) > 2, 15)
        yield prometheus


def test_every_node_is_found_and_up(scraped: Prometheus) -> None:
    targets = scraped.get("targets", state="active")["activeTargets"]
    health = {one["labels"]["node"]: (one["health"], one["lastError"]) for one in targets}
    assert health == dict.fromkeys(NODES, ("up", ""))
    assert {one["scrapeUrl"].partition("/api/")[2] for one in targets} == {
        f"v1/nodes/{node}/proxy/metrics/cadvisor" for node in NODES
    }


def test_no_namespace_but_the_callers_own_is_stored(scraped: Prometheus) -> None:
    assert scraped.get("label/namespace/values") == [OWN]
    everything = json.dumps(scraped.get("series", **{"match[]": '{__name__=~".+"}'}))
    assert not [name for name in ("sandbox", "tenant-b", "kube-system", "datadog") if f'"{name}"' in everything]


def test_each_nodes_series_are_its_own(scraped: Prometheus, cluster: EmbeddedNode) -> None:
    for kubelet in cluster.kubelets:
        node = kubelet.node
        found = scraped.get("series", **{"match[]": f'{{__name__=~"container_.+",namespace!="",node="{node.name}"}}'})
        stored = json.dumps([one.get("id", "") for one in found])
        own = [pod.uid for pod in node.pods if pod.namespace == OWN]
        assert all(uid in stored for uid in own)
        others = [pod.uid for one in cluster.kubelets if one is not kubelet for pod in one.node.pods]
        assert not [uid for uid in others if uid in stored]


def test_kubelets_see_our_own_token_alone(scraped: Prometheus, cluster: EmbeddedNode) -> None:
    assert scraped
    shown = {one.header("Authorization") for kubelet in cluster.kubelets for one in kubelet.requests}
    assert shown == {f"Bearer {cluster.tokens['kubelet-proxy']}"}
