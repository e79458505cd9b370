"""The settings of ``kubesieve serve``, parsed and checked once, at the edge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from kubesieve.faults import OwnFault
from kubesieve.sieve import Policy
from kubesieve.tenancy.node_addresses import NodeRules

_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|([^:\[\]\s]*)):([0-9]{1,5})")


EVERY_ADDRESS = "::"
"""IPv6's, which takes IPv4 along, where the system has it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str) -> Address:
    """``HOST:PORT``, ``[IPv6]:PORT`` or ``:PORT`` (every address). Raises OwnFault."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[3]) > 65535:
        raise OwnFault("settings-address", f"expected HOST:PORT or [IPv6]:PORT; got {text[:80]!a}")
    return Address(match[1] or match[2] or EVERY_ADDRESS, int(match[3]))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what callers may cost. Beyond each: a refusal with its reason code, or a closed connection.

    ``peer`` is one client address, ``caller`` whoever was identified, else the token: so much a second, and ten
    seconds' worth at once. Seconds: ``handshake`` for TLS; ``idle`` to send a whole request header, and
    between requests; ``work`` to make an answer, beyond the kubelet's own time, ``answer`` to take it; ``stop`` for
    answers under way when the program is told to end.
    """

    connections: int = 1024
    connections_per_peer: int = 128
    requests: int = 256
    requests_per_peer: int = 16
    requests_per_token: int = 8
    caller_requests_per_second: int = 100
    caller_mebibytes_per_second: int = 128
    header_line_bytes: int = 16 * 1024
    headers: int = 100
    handshake_seconds: float = 5.0
    idle_seconds: float = 60.0
    work_seconds: float = 30.0
    answer_seconds: float = 30.0
    stop_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class ContainerLogs:
    """Whether logs are given, and what they may cost: ``mebibytes`` and ``seconds`` of one, so many streams at once for
    one caller and in all. ``follow``: also logs that go on.
    """

    enabled: bool = False
    follow: bool = False
    mebibytes: int = 16
    seconds: float = 300.0
    streams: int = 32
    streams_per_caller: int = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed at the start. ``token_file`` is shown to the kubelet for readiness; for callers only where they are
    identified. ``client_ca`` asks clients for certificates. ``kubelet`` is None where ``nodes`` are served.
    """

    listen: Address
    admin_listen: Address
    kubelet: URL | None
    policy: Policy
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    kubelet_ca: Path | None = None
    kubelet_insecure: bool = False
    kubelet_server_name: str | None = None
    token_file: Path | None = None
    timeout_seconds: float = 10.0
    cache_seconds: float = 1.0
    fault_seconds: float = 0.0
    limits: Limits = Limits()
    nodes: NodeRules | None = None
    container_logs: ContainerLogs = ContainerLogs()

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise OwnFault("settings-tls", "expected --tls-cert and --tls-key together; got one of them")
        if self.kubelet_insecure and self.kubelet_ca:
            raise OwnFault("settings-tls", "expected --kubelet-ca or --kubelet-insecure; got both")


def kubelet_url_of(host: str, port: str) -> str:
    """KUBELET_HOST and KUBELET_PORT, as naive proxies have them, as a URL."""
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"https://{bracketed}:{port}"
