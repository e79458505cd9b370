"""The endpoints of a kubelet that tenants may read: one table, and nothing else is ever asked of a kubelet.

Source: the kubelet's own route table, its authorization documentation (sub-resources before and after
KubeletFineGrainedAuthz), and recorded answers (content types, which answers are compressed).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What kind of body an endpoint has, and so which reader it needs."""

    HEALTH = "health"
    TEXT = "text"
    PODS = "pods"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row. ``subresource`` is the smallest right for it, ``older_subresource`` the one before fine-grained authz.

    ``query`` names the only parameter that goes up to the kubelet, when it is given as ``true``.
    """

    name: str
    path: str
    kind: Kind
    media_type: str
    subresource: str
    older_subresource: str
    query: str | None = None

    @property
    def compressible(self) -> bool:
        """Whether an answer may be compressed downstream: metrics only, as a kubelet does."""
        return self.kind is Kind.TEXT

    @property
    def content_type(self) -> str:
        """What a kubelet says of a good answer, where the kubelet's own words are not at hand."""
        return _CONTENT_TYPES[self.kind]


_CONTENT_TYPES = {
    Kind.HEALTH: "text/plain; charset=utf-8",
    Kind.TEXT: "text/plain; version=0.0.4; charset=utf-8",
    Kind.PODS: "application/json",
    Kind.SUMMARY: "application/json",
}

FINE_GRAINED_MINOR = 33
"""From Kubernetes 1.33 on kubelets ask for nodes/pods and nodes/healthz first (KubeletFineGrainedAuthz, beta)."""

PLAIN, JSON = "text/plain", "application/json"

ENDPOINTS = (
    Endpoint("healthz", "/healthz", Kind.HEALTH, PLAIN, "healthz", "proxy"),
    Endpoint("pods", "/pods", Kind.PODS, JSON, "pods", "proxy"),
    Endpoint("runningpods", "/runningpods/", Kind.PODS, JSON, "pods", "proxy"),
    Endpoint("summary", "/stats/summary", Kind.SUMMARY, JSON, "stats", "stats", query="only_cpu_and_memory"),
    Endpoint("metrics", "/metrics", Kind.TEXT, PLAIN, "metrics", "metrics"),
    Endpoint("cadvisor", "/metrics/cadvisor", Kind.TEXT, PLAIN, "metrics", "metrics"),
    Endpoint("resource", "/metrics/resource", Kind.TEXT, PLAIN, "metrics", "metrics"),
    Endpoint("probes", "/metrics/probes", Kind.TEXT, PLAIN, "metrics", "metrics"),
    Endpoint("slis", "/metrics/slis", Kind.TEXT, PLAIN, "metrics", "metrics"),
)

BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}

GONE = frozenset({"/spec", "/spec/"})
"""Paths modern kubelets no longer have and agents still ask for: 404, never 401 or 403."""
