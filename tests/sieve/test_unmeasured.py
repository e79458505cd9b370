"""What a kubelet says of itself: that it could not measure."""

from __future__ import annotations

import pytest

from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.sieve import scan, unmeasured

CADVISOR, RESOURCE, OWN = BY_PATH["/metrics/cadvisor"], BY_PATH["/metrics/resource"], BY_PATH["/metrics"]
POD = b'container_cpu_usage_seconds_total{namespace="a",pod="x"} 1\n'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", False),
        (POD, False),
        (b"container_scrape_error 0\nmachine_scrape_error 0\n" + POD, False),
        (b"container_scrape_error 1\n", True),
        (b"# TYPE scrape_error gauge\nscrape_error 1\n", True),
        (b"container_scrape_error 0\nmachine_scrape_error 1.0e0 17\n" + POD, True),
        (b"container_scrape_error NaN\n", True),
        (b'container_scrape_error{namespace="a"} 1\n' + POD, False),
        (b'my_scrape_error{namespace="a",pod="x"} 1\n', False),
        (b'a{namespace="scrape_error 1"} 1\n', False),
    ],
)
@pytest.mark.parametrize("endpoint", [CADVISOR, RESOURCE, OWN], ids=["cadvisor", "resource", "metrics"])
def test_a_scrape_error_of_the_node_other_than_0_says_so(endpoint: object, body: bytes, told: bool) -> None:
    expected = told and endpoint is not OWN
    assert unmeasured(endpoint, scan(endpoint, body)) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pods", b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}'),
        ("/stats/summary", b'{"node":{"nodeName":"n"},"pods":[]}'),
        ("/healthz", b"ok"),
    ],
)
def test_other_bodies_have_no_such_word(path: str, body: bytes) -> None:
    assert unmeasured(BY_PATH[path], scan(BY_PATH[path], body)) is False
