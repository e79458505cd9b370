"""Which API server is asked, and how: the file's, else that of the cluster we run in, else the kubeconfig's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration.model import ApiServerAccess
from kubesieve.kubeconfig.lasting import Lasting
from kubesieve.kubeconfig.reading import current_context, default_path
from kubesieve.kubelet.trust import IN_CLUSTER_CA, TokenFile, Trust
from kubesieve.reload import Report
from kubesieve.tenancy.api_server import Shown, Trusted

IN_CLUSTER_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
THE_CLUSTERS = "that of the cluster it runs in"


@dataclass(frozen=True, slots=True)
class Reached:
    """An API server. ``words`` say which, where no file does; ``lasting`` is to be run while it is asked."""

    url: URL
    trust: Trusted
    token: Shown
    server_name: str | None = None
    words: str = ""
    lasting: Lasting | None = None


def reached(named: ApiServerAccess | None, environment: Mapping[str, str], report: Report) -> Reached:
    """Blocks while an exec plugin runs. Raises OwnFault where there is none, or it cannot be used."""
    inside = in_cluster(environment)
    access = named or inside
    if access is not None:
        trust = Trust(access.ca_file, report=report, whose="the API server")
        return Reached(access.url, trust, TokenFile(access.token_file, report), words="" if named else THE_CLUSTERS)
    path = default_path(environment)
    if not path.exists():
        raise OwnFault(
            "settings-api-server",
            "expected apiServer: {url: …, caFile: …, tokenFile: …}, a pod with a service account to run in, "
            f"or a kubeconfig in {path}; got none of them",
        )
    found = Lasting(path, report)
    return Reached(found.url, found, found, found.server_name, _context(path, found.name), found)


def in_cluster(environment: Mapping[str, str]) -> ApiServerAccess | None:
    """The cluster's own, from inside a pod with a service account."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not port.isdigit() or not IN_CLUSTER_TOKEN.exists():
        return None
    url = URL.build(scheme="https", host=host, port=int(port))
    return ApiServerAccess(url, IN_CLUSTER_TOKEN, IN_CLUSTER_CA)


def would_reach(environment: Mapping[str, str]) -> str:
    """Which one it is where no file says, as far as can be told without asking anybody, or running a plugin."""
    if in_cluster(environment):
        return THE_CLUSTERS
    path = default_path(environment)
    try:
        found = _context(path, current_context(path)) if path.exists() else f"none: there is no kubeconfig in {path}"
    except OwnFault as fault:
        found = f"none: {fault.sentence}"
    return f"{THE_CLUSTERS}; outside of one, as here, {found}"


def _context(path: Path, name: str) -> str:
    return f"that of the context {name[:80]!a} in {path}"
