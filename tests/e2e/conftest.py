"""End to end on a real cluster: `make e2e`. Elsewhere only the judges of such a run are tested."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster, Given, artefact

collect_ignore_glob = [] if os.environ.get("KUBESIEVE_E2E") else ["test_lab.py", "test_manifests.py", "test_tenants.py"]

_STARTED = time.time()


@pytest.fixture(scope="session")
def given() -> Given:
    return Given.by_environment()


@pytest.fixture(scope="session")
def cluster(given: Given) -> Iterator[Cluster]:
    if not os.environ.get("KUBECONFIG"):
        pytest.exit("expected KUBECONFIG to name a cluster for tests: what is made there is deleted again", 2)
    cluster = Cluster(given)
    version = cluster.run("version", "-o", "json")
    assert "serverVersion" in version, "expected the cluster that KUBECONFIG names to answer"
    yield cluster
    artefact("seconds.txt", f"end to end in {time.time() - _STARTED:.0f} s")
