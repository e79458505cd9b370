"""What may pass: one Policy, applied alike to text, pod lists and summaries. Pure: bytes and values in and out."""

from kubesieve.sieve.apply import Scanned, Sieved, answer, scan, sieve
from kubesieve.sieve.node_series import NodeSeries
from kubesieve.sieve.policy import Policy, parse_namespaces, parse_patterns
from kubesieve.sieve.unmeasured import unmeasured

__all__ = [
    "NodeSeries",
    "Policy",
    "Scanned",
    "Sieved",
    "answer",
    "parse_namespaces",
    "parse_patterns",
    "scan",
    "sieve",
    "unmeasured",
]
