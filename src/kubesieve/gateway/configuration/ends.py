"""Both ends of the gateway: where it listens, and whom it asks."""

from __future__ import annotations

from pathlib import Path

from kubesieve.gateway.configuration import scalars
from kubesieve.gateway.configuration.kubelets import nodes
from kubesieve.gateway.configuration.model import ApiServerAccess, KubeletAccess, ServingTls
from kubesieve.gateway.configuration.places import Place
from kubesieve.gateway.configuration.section import Section, section
from kubesieve.gateway.settings import Address


def listen(place: Place) -> tuple[Address, ServingTls | None]:
    """The tenants' port."""
    part = section(place, "address", "tls")
    address = part.required("address", scalars.address, scalars.NOWHERE, scalars.ADDRESS)
    return address, part.optional("tls", _serving_tls, None)


def _serving_tls(place: Place) -> ServingTls:
    part = section(place, "certFile", "keyFile", "clientCAFile")
    return ServingTls(
        cert_file=_needed_file(part, "certFile", "the file of the certificate"),
        key_file=_needed_file(part, "keyFile", "the file of its key"),
        client_ca_file=part.optional("clientCAFile", scalars.file, None),
    )


def admin(place: Place) -> Address:
    """The operator's port."""
    part = section(place, "address")
    return part.required("address", scalars.address, scalars.NOWHERE, scalars.ADDRESS)


def kubelet(place: Place) -> KubeletAccess:
    """The kubelet, or those of nodes; its CA or none at all, not both."""
    part = section(place, "url", "nodes", "caFile", "tokenFile", "insecure", "serverName", "timeout")
    access = KubeletAccess(
        url=part.optional("url", scalars.kubelet_url, None),
        nodes=part.optional("nodes", nodes, None),
        ca_file=part.optional("caFile", scalars.file, None),
        token_file=part.optional("tokenFile", scalars.file, None),
        insecure=part.optional("insecure", Place.flag, False),
        server_name=part.optional("serverName", scalars.host_name, None),
        timeout_seconds=part.optional("timeout", lambda value: scalars.seconds(value, 0.1, 300), 10.0),
    )
    if access.insecure and access.ca_file is not None:
        part.fields["insecure"].wrong("caFile or insecure", "both")
    _one_or_many(part)
    return access


def _one_or_many(part: Section) -> None:
    """One kubelet by its URL, or those of nodes."""
    if "nodes" not in part.fields:
        part.required("url", lambda _: None, None, "https://HOST:PORT, or nodes")
        return
    if "url" in part.fields:
        part.fields["nodes"].wrong("url or nodes", "both")
    if "serverName" in part.fields:
        part.fields["serverName"].wrong("nodes.serverName where there are nodes", "a name for one kubelet")


def api_server(place: Place) -> ApiServerAccess:
    """An API server other than the one found by itself."""
    part = section(place, "url", "caFile", "tokenFile")
    return ApiServerAccess(
        url=part.required("url", scalars.api_server_url, scalars.NO_URL, "https://HOST:PORT"),
        token_file=_needed_file(part, "tokenFile", "the file of this program's token"),
        ca_file=part.optional("caFile", scalars.file, None),
    )


def _needed_file(part: Section, name: str, what: str) -> Path:
    return part.required(name, scalars.file, scalars.NO_FILE, what)
