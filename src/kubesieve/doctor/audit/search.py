"""The search for what is not the callers': bodies in, leaks out. Pure.

Text is read by the exact reader, JSON is walked to its last member. A leak says where it stands: a line or a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kubesieve.doctor.audit.known import Known, identifiers, owner_of, read_json
from kubesieve.doctor.audit.words import asides, mentioned
from kubesieve.exposition import Sample, SampleLine, lines
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import Endpoint, Kind
from kubesieve.sieve import Policy

_SANDBOX = re.compile(r"/sandboxes/([0-9a-f]{64})/|/containers/([0-9a-f]{64})/(?:mounts|shm)")
_NEIGHBOUR = re.compile(r"(?:veth|eni|cali|lxc|azv|gke)[0-9a-f]+")
_USERS_OWN = frozenset(
    ("labels", "annotations", "matchLabels", "nodeSelector", "dataSourceRef", "managedFields", "env", "args", "command")
)
_REFERENCES = ("Ref", "Refs", "Reference", "References")
_VOLUME = ("kubelet_volume_stats_", "volume_manager_")


@dataclass(frozen=True, slots=True)
class Leak:
    """``namespace`` is whose it is ("" for the node's), ``line`` counts from 1 (text), ``path`` is a place in JSON."""

    code: str
    endpoint: str
    value: str
    namespace: str = ""
    line: int | None = None
    path: str = ""


def search(endpoint: Endpoint, body: bytes, known: Known) -> tuple[Leak, ...]:
    """All leaks in an endpoint's body, in its order. Raises BodyFault where it cannot be read exactly."""
    if endpoint.kind is Kind.TEXT:
        return tuple(search_text(endpoint, body, known))
    if endpoint.kind in (Kind.PODS, Kind.SUMMARY):
        return tuple(search_json(endpoint, body, known))
    return ()


def search_text(endpoint: Endpoint, body: bytes, known: Known) -> Iterator[Leak]:
    """Raises BodyFault, also after leaks were given out."""
    policy = Policy(known.allowed)
    number, at = 1, 0
    for line in lines(body):
        number, at = number + body.count(b"\n", at, line.start), line.start
        if isinstance(line, SampleLine):
            for code, value, namespace in _sample_leaks(endpoint, line, known, policy):
                yield Leak(code, endpoint.path, value, namespace, line=number)
    for number, owner in asides(body, known):
        namespace = owner.partition("/")[0]
        yield Leak("KS0406", endpoint.path, f"a comment names {owner}", namespace, line=number)


Found = tuple[str, str, str]
"""(code, what stands there, whose it is)"""


def _sample_leaks(endpoint: Endpoint, line: SampleLine, known: Known, policy: Policy) -> Iterator[Found]:
    """The gravest of a sample's leaks, and a foreign exported_namespace beside it."""
    labels = {name.decode(): value.decode() for name, value in line.sample.labels.items()}
    for name, value in labels.items():
        if _renamed(name, value, known):
            yield "KS0414", f'{line.sample.name.decode()}{{{name}="{value}"}}', value
    namespace = labels.get("namespace", "")
    if namespace and namespace not in known.allowed:
        code = "KS0409" if _of_volume(line.sample, labels) else "KS0401"
        yield code, f'{line.sample.name.decode()}{{namespace="{namespace}"}}', namespace
        return
    found = _relabelled(line.sample, labels, known) or _named(labels, known) or _host_interface(labels, known)
    if found is None and not namespace:
        found = _node_row(endpoint, line, labels, policy)
    if found is not None:
        yield found


def _relabelled(sample: Sample, labels: dict[str, str], known: Known) -> Found | None:
    """A pod that is known elsewhere alone, under an allowed namespace."""
    owner = known.named.get(labels.get("pod", ""))
    if owner is None or not labels.get("namespace"):
        return None
    place = f'namespace="{labels["namespace"]}",pod="{labels["pod"]}"'
    return "KS0401", f"{sample.name.decode()}{{{place}}}, which is {owner}", _namespace(owner)


def _renamed(name: str, value: str, known: Known) -> bool:
    """A label beside ``namespace`` that says a namespace: exported_namespace whatever it says, others where known."""
    if not value or value in known.allowed or not name.endswith("_namespace"):
        return False
    return name == "exported_namespace" or value in known.namespaces


def _of_volume(sample: Sample, labels: dict[str, str]) -> bool:
    return "persistentvolumeclaim" in labels or sample.name.decode().startswith(_VOLUME)


def _named(labels: dict[str, str], known: Known) -> Found | None:
    """A sandbox in a device, or a foreign pod in any other label."""
    for name, value in labels.items():
        for identifier in sorted(identifiers(value)):
            owner = known.owner(identifier)
            unknown = known.listed and not labels.get("namespace") and name in ("id", "name")
            if name == "device" and _SANDBOX.search(value) and identifier not in known.own:
                return "KS0408", f'device="{value}"', _namespace(owner)
            if owner is not None:
                return "KS0406", f"{name} names {owner}", _namespace(owner)
            if unknown and identifier not in known.own:
                return "KS0406", f"{name} names a pod or container that is not the caller's", ""
    owner = None if labels.get("namespace") else known.named.get(labels.get("pod", ""))
    return ("KS0406", f"pod names {owner}", _namespace(owner)) if owner else None


def _namespace(owner: str | None) -> str:
    return owner.partition("/")[0] if owner else ""


def _host_interface(labels: dict[str, str], known: Known) -> Found | None:
    """The node's interfaces under an allowed pod's name."""
    namespace, pod, interface = (labels.get(name, "") for name in ("namespace", "pod", "interface"))
    if not interface or not namespace:
        return None
    if _NEIGHBOUR.fullmatch(interface) or (namespace, pod) in known.own_hosts:
        return "KS0407", f'interface="{interface}" of {namespace}/{pod}', ""
    return None


def neighbours_interface(leak: Leak) -> bool:
    """Whether an interface of KS0407 is the other end of some pod's, not the node's own."""
    return _NEIGHBOUR.search(leak.value) is not None


def _node_row(endpoint: Endpoint, line: SampleLine, labels: dict[str, str], policy: Policy) -> Found | None:
    family = line.family.name
    if any(name.endswith("namespace") and value in policy.namespaces for name, value in labels.items()):
        return None  # one's own, with its label renamed on the way
    if "namespace" in labels:
        return "KS0405", f'id="{labels.get("id", "")}"', ""
    if policy.keeps(endpoint, family, None):
        return None
    return "KS0410", family.decode(), ""


def search_json(endpoint: Endpoint, body: bytes, known: Known) -> Iterator[Leak]:
    """Raises BodyFault where the body is no JSON object with a list."""
    name = "pods" if endpoint.kind is Kind.SUMMARY else "items"
    code = "KS0403" if endpoint.kind is Kind.SUMMARY else "KS0402"
    value = read_json(body)
    items = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(items, list | None) or (items is None and name not in value):
        raise BodyFault("json-malformed", expected=f"a JSON object with {name}", got="something else")
    for index, item in enumerate(items or []):
        owner = owner_of(item)
        place = f"{name}[{index}]"
        if owner is None or owner[0] not in known.allowed:
            namespace, pod = owner[:2] if owner else ("", "")
            yield Leak(code, endpoint.path, f"{namespace}/{pod}", namespace, path=place)
            continue
        yield from nested(endpoint.path, item, place, known)
    for beside, member in value.items():
        if beside != name:
            yield from nested(endpoint.path, member, beside, known, beside)
            yield from _beside(endpoint.path, member, beside, known)
    if endpoint.kind is Kind.SUMMARY:
        yield from _summary_node(endpoint, value.get("node"), known)


def _beside(endpoint: str, value: Any, path: str, known: Known) -> Iterator[Leak]:
    """Foreign names in what stands beside the list, which nobody's own pod brings along."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _beside(endpoint, member, f"{path}.{name}", known)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _beside(endpoint, member, f"{path}[{index}]", known)
    elif isinstance(value, str) and not identifiers(value):
        owner = mentioned(value, known)
        if owner is not None:
            yield Leak("KS0404", endpoint, owner, _namespace(owner), path=path)


def nested(endpoint: str, value: Any, path: str, known: Known, parent: str = "") -> Iterator[Leak]:
    """Foreign names inside something that is the caller's; what users write themselves names whom it likes."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "namespace" and _is_reference(parent):
                yield from _foreign_reference(endpoint, member, f"{path}.{name}", known)
            elif name not in _USERS_OWN:
                yield from nested(endpoint, member, f"{path}.{name}", known, name)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from nested(endpoint, member, f"{path}[{index}]", known, parent)
    elif isinstance(value, str):
        yield from _foreign_identifiers(endpoint, value, path, known)


def _foreign_reference(endpoint: str, namespace: Any, path: str, known: Known) -> Iterator[Leak]:
    if isinstance(namespace, str) and namespace and namespace not in known.allowed:
        yield Leak("KS0404", endpoint, namespace, namespace, path=path)


def _foreign_identifiers(endpoint: str, text: str, path: str, known: Known) -> Iterator[Leak]:
    for identifier in sorted(identifiers(text)):
        owner = known.owner(identifier)
        if owner is not None:
            yield Leak("KS0404", endpoint, f"an identifier of {owner}", _namespace(owner), path=path)


def _is_reference(parent: str) -> bool:
    return parent == "metadata" or parent.endswith(_REFERENCES)


def _summary_node(endpoint: Endpoint, node: Any, known: Known) -> Iterator[Leak]:
    policy = Policy(known.allowed)
    for name in node if isinstance(node, dict) else ():
        if not policy.keeps_node_field(name):
            yield Leak("KS0423", endpoint.path, f"node.{name}", path=f"node.{name}")


def namespaces_of(leaks: Iterable[Leak]) -> frozenset[str]:
    """The foreign namespaces that leaks name."""
    return frozenset(leak.namespace for leak in leaks if leak.namespace)
