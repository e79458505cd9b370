"""Network interfaces and their counters: a pod's eth0, or all of the node's where a pod uses the node's network."""

from __future__ import annotations

from dataclasses import dataclass

from kubesieve.stage.cgroups import Cgroup
from kubesieve.stage.model import Node

NODE_INTERFACES = ("cni0", "eth0", "ifb0", "ifb1")


@dataclass(frozen=True, slots=True)
class Nic:
    """An interface and its counters."""

    name: str
    rx_bytes: float
    tx_bytes: float
    rx_packets: float
    tx_packets: float
    nothing: float = 0.0


# (family's middle part, attribute of Nic, help): errors and drops are always 0 here.
NIC_COLUMNS = (
    ("receive_bytes", "rx_bytes", "Bytes received."),
    ("receive_errors", "nothing", "Errors while receiving."),
    ("receive_packets_dropped", "nothing", "Packets dropped while receiving."),
    ("receive_packets", "rx_packets", "Packets received."),
    ("transmit_bytes", "tx_bytes", "Bytes sent."),
    ("transmit_errors", "nothing", "Errors while sending."),
    ("transmit_packets_dropped", "nothing", "Packets dropped while sending."),
    ("transmit_packets", "tx_packets", "Packets sent."),
)


def interfaces(node: Node, group: Cgroup, at: float) -> tuple[Nic, ...]:
    """The interfaces of a group at a time: only the root and sandboxes have any."""
    if group.kind == "root" or (group.kind == "sandbox" and group.pod and group.pod.host_network):
        return node_interfaces(node, at)
    return (pod_interface(group.since, at),) if group.kind == "sandbox" else ()


def node_interfaces(node: Node, at: float) -> tuple[Nic, ...]:
    """The node's own interfaces: a pod in the node's network shows these under its own name."""
    rates = dict(zip(NODE_INTERFACES, (90.0, 40000.0, 0.0, 0.0), strict=True))
    return tuple(_counted(name, rate, at - node.born) for name, rate in rates.items())


def pod_interface(since: float, at: float) -> Nic:
    """A pod's single interface."""
    return _counted("eth0", 60.0, at - since)


def _counted(name: str, rate: float, elapsed: float) -> Nic:
    received = float(int(rate * max(elapsed, 0.0)))
    return Nic(name, received, received // 3, received // 70, received // 90)
