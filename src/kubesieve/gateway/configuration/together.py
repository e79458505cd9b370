"""What parts of a configuration demand of each other. A part that has a problem already is not looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubesieve.gateway.configuration.model import Configuration
from kubesieve.gateway.configuration.section import Section

UNKNOWN = "nobody is identified with identity.forward"


@dataclass(frozen=True, slots=True)
class Demand:
    """``broken`` says whether the configuration goes against it; the problem is told at ``path``."""

    parts: tuple[str, ...]
    path: tuple[str, ...]
    broken: Callable[[Configuration], bool]
    expected: str
    got: str


DEMANDS = (
    Demand(
        ("identity",),
        ("identity",),
        lambda all_: not (all_.identity.token_review or all_.identity.client_certificates or all_.identity.forward),
        "tokenReview, clientCertificates or forward",
        "none of them: nobody could be known",
    ),
    Demand(
        ("identity",),
        ("identity", "forward"),
        lambda all_: all_.identity.forward and bool(all_.identity.token_review or all_.identity.client_certificates),
        "forward, or tokenReview and clientCertificates",
        "both",
    ),
    Demand(
        ("identity", "listen"),
        ("identity", "clientCertificates"),
        lambda all_: all_.identity.client_certificates and (all_.tls is None or all_.tls.client_ca_file is None),
        "listen.tls.clientCAFile with it",
        "none: no certificate could be verified",
    ),
    Demand(
        ("identity", "kubelet"),
        ("kubelet", "tokenFile"),
        lambda all_: not all_.identity.forward and all_.kubelet.token_file is None,
        "the file of this program's own token, which the kubelet is asked with",
        "nothing",
    ),
    Demand(
        ("identity", "grants.rbac"),
        ("grants", "rbac"),
        lambda all_: all_.identity.forward and all_.grants.rbac is not None,
        "no rbac",
        UNKNOWN,
    ),
    Demand(
        ("identity", "grants"),
        ("grants", "tenants"),
        lambda all_: all_.identity.forward and len(all_.grants.tenants) > 1,
        "one tenant",
        f"more: {UNKNOWN}, and each would see all of them",
    ),
)


def check_together(root: Section, configuration: Configuration) -> None:
    """Tells a problem for each demand that is not met."""
    problems = root.place.reading.problems
    for demand in DEMANDS:
        settled = not any(problems.within(part) for part in demand.parts)
        if settled and demand.broken(configuration):
            root.find(*demand.path).tell(".".join(demand.path), demand.expected, demand.got)
    _check_subjects(root, configuration)


def _check_subjects(root: Section, configuration: Configuration) -> None:
    """A tenant is for somebody, unless nobody is known: then it is for whom the kubelet lets in."""
    forward = configuration.identity.forward
    if root.place.reading.problems.within("identity"):
        return
    places = root.find("grants", "tenants").items() if configuration.grants.tenants else []
    for tenant, place in zip(configuration.grants.tenants, places, strict=False):
        if forward == bool(tenant.subjects) and not place.reading.problems.within(place.path):
            expected, got = ("no subjects", UNKNOWN) if forward else ("subjects that the tenant is for", "none")
            place.tell(f"{place.path}.subjects", expected, got)
