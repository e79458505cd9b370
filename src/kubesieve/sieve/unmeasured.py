"""Whether a kubelet says in its own answer that it could not measure. Pure.

Source: cAdvisor's and the kubelet's collectors. Where a container goes away in that moment, /metrics/cadvisor has the
rows of the machine and ``container_scrape_error 1``, and nothing of any pod; while the runtime is away,
/metrics/resource has ``scrape_error 1`` alone. Both with 200.
"""

from __future__ import annotations

from kubesieve.exposition import Partition, SampleLine, lines
from kubesieve.kubelet.endpoints import Endpoint
from kubesieve.sieve.apply import Scanned
from kubesieve.sieve.node_series import NodeSeries
from kubesieve.sieve.policy import Policy, parse_patterns

_ENDPOINTS = ("cadvisor", "resource")
_ERRORS = Policy(frozenset(), NodeSeries.NONE, keep=parse_patterns(("*scrape_error",)))


def unmeasured(endpoint: Endpoint, scanned: Scanned) -> bool:
    """True where a ``*scrape_error`` of the node is other than 0."""
    if endpoint.name not in _ENDPOINTS or not isinstance(scanned, Partition):
        return False
    told = scanned.select(_ERRORS.keep_of(endpoint)).body
    return any(isinstance(line, SampleLine) and float(line.sample.value) != 0 for line in lines(told))
