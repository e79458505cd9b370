"""promtool reads whatever text is let through: answers of ``serve``, and recordings that went through ``filter``.

``promtool check metrics`` exits with 0 where all is well, 3 where the style of names or help texts is not to its liking
(real kubelets' are not), 1 where it could not read the text.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubesieve.stage.node import story_node
from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import ANY_PORT, MakeCurl, own_tls, upstream
from tests.clients.programs import KUBESIEVE, Curl, Serving, clean_environment
from tests.independent_text import samples

METRICS = ("/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis")
EVERY = ",".join(story_node().namespaces)
RECORDED = {
    "metrics": "/metrics",
    "metrics_cadvisor": "/metrics/cadvisor",
    "metrics_cadvisor_t15": "/metrics/cadvisor",
    "metrics_resource": "/metrics/resource",
    "metrics_probes": "/metrics/probes",
    "metrics_slis": "/metrics/slis",
}
VERSIONS = ("v1.20.2-real", "v1.21-eks", "v1.27.5", "v1.31.0", "v1.33.0", "v1.35.0")


def check(promtool: str, body: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, timeout=60)


def assert_readable(promtool: str, body: bytes) -> None:
    done = check(promtool, body)
    assert b"error while" not in done.stderr, done.stderr[-500:]
    assert done.returncode in (0, 3)
    assert done.returncode == 3 or not done.stderr


@pytest.mark.parametrize("body", [b"a 1", b"a{ 1\n", b"a x\n", b'a{b="1"} 1\n# TYPE a counter\n# TYPE a counter\n'])
def test_promtool_itself_says_1_of_what_it_cannot_read(promtool: str, body: bytes) -> None:
    done = check(promtool, body)
    assert done.returncode == 1
    assert b"error while linting" in done.stderr


@pytest.fixture(scope="module", params=["containerd", "docker"])
def labelled_stage(request: pytest.FixtureRequest) -> Iterator[EmbeddedNode]:
    """A node in either world of labels: names and images by tag, or by digest."""
    with EmbeddedNode(story_node(runtime=request.param)) as stage:
        yield stage


@pytest.fixture(scope="module", params=[EVERY, "sandbox", "nobodys"], ids=["all namespaces", "one", "none there"])
def labelled_serving(
    request: pytest.FixtureRequest,
    labelled_stage: EmbeddedNode,
    tls_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Serving]:
    options = [*ANY_PORT, *upstream(labelled_stage), *own_tls(tls_folder), "--namespaces", request.param]
    serving = Serving(options, tmp_path_factory.mktemp("serve") / "records")
    yield serving
    serving.stop()


@pytest.mark.parametrize("path", METRICS)
def test_promtool_reads_what_serve_lets_through(
    promtool: str, make_curl: MakeCurl, labelled_stage: EmbeddedNode, labelled_serving: Serving, path: str
) -> None:
    client: Curl = make_curl(labelled_serving, authorization=f"Bearer {labelled_stage.tokens['datadog']}")
    answer = client.ask(path)
    assert answer.status == 200
    assert_readable(promtool, answer.body)


def kubesieve_filter(path: str, body: bytes, namespaces: str, node_series: str) -> bytes:
    options = ["--endpoint", path, "--namespaces", namespaces, "--node-series", node_series]
    command = [*KUBESIEVE, "filter", *options]
    done = subprocess.run(command, input=body, capture_output=True, timeout=60, env=clean_environment())
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_promtool_reads_recordings_of_real_kubelets_that_went_through_filter(
    promtool: str, corpus: Path, version: str
) -> None:
    files = [file for name in RECORDED if (file := corpus / "fixtures" / version / name).exists()]
    assert files
    for file in files:
        body = file.read_bytes()
        assert check(promtool, body).returncode in (0, 3), "the recording itself is readable"
        found = sorted({labels["namespace"] for _, labels, _ in samples(body) if labels.get("namespace")})
        for namespaces, node_series in ((",".join(found) or "none", "all"), ((found or ["none"])[0], "node")):
            assert_readable(promtool, kubesieve_filter(RECORDED[file.name], body, namespaces, node_series))
