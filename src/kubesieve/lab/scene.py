"""What the story is about: its namespaces, its pods, its figures, and the ways to look at the node."""

from __future__ import annotations

from collections.abc import Mapping

from kubesieve.lab.facts import PodFacts
from kubesieve.lab.place import Kind, Way

SANDBOX = "sandbox"
ALLOWED = ("datadog", "kube-system")

WITH_LIMITS = "pod-with-limits"
WITHOUT_LIMITS = "pod-without-limits"
PODS = (
    PodFacts(WITH_LIMITS, "Burstable", cpu="100m / 200m", memory="128Mi / 256Mi"),
    PodFacts(WITHOUT_LIMITS, "BestEffort", cpu="none / none", memory="none / none"),
)

QUOTA = "container_spec_cpu_quota"
MEMORY_LIMIT = "container_spec_memory_limit_bytes"
CPU_USAGE = "container_cpu_usage_seconds_total"
FAMILIES = (QUOTA, MEMORY_LIMIT, CPU_USAGE)
FIGURES: Mapping[tuple[str, str], str] = {
    (WITH_LIMITS, QUOTA): "20000",
    (WITH_LIMITS, MEMORY_LIMIT): "268435456",
    (WITHOUT_LIMITS, QUOTA): "no row",
    (WITHOUT_LIMITS, MEMORY_LIMIT): "0",
}
"""What the node itself says of each pod's container. A quota is in microseconds of each 100 ms: 20000 is 200m."""

DIRECT = Way("direct", Kind.DIRECT)
NAIVE = Way("naive", Kind.NAIVE)
NAIVE_TOKEN = Way("naive+token", Kind.NAIVE, token_always=True)
SIEVE = Way("kubesieve", Kind.SIEVE, ALLOWED)
WIDENED = Way("kubesieve+sandbox", Kind.SIEVE, (*ALLOWED, SANDBOX))
TENANT = Way("kubesieve for sandbox", Kind.SIEVE, (SANDBOX,))

FOUND = (DIRECT, NAIVE, NAIVE_TOKEN, SIEVE)
WAYS_OUT = (WIDENED, TENANT)
WAYS = (*FOUND, *WAYS_OUT)
DOORS = (DIRECT, NAIVE, SIEVE)
"""One way to each listener, for what does not depend on the namespaces."""
