"""What vcluster's syncer writes on a host object, and how it makes host names.

Source: vcluster's own translation: the label and the annotations are set by the syncer on every object it makes, over
whatever a tenant put there; names are joined by dashes with "x" between, and cut to 63 bytes with a hash behind.
"""

from __future__ import annotations

import re
from hashlib import sha256

MANAGED_BY = "vcluster.loft.sh/managed-by"
NAMESPACE_LABEL = "vcluster.loft.sh/namespace"
OBJECT_NAME = "vcluster.loft.sh/object-name"
OBJECT_NAMESPACE = "vcluster.loft.sh/object-namespace"
OBJECT_UID = "vcluster.loft.sh/object-uid"
HOST_NAME = "vcluster.loft.sh/object-host-name"
HOST_NAMESPACE = "vcluster.loft.sh/object-host-namespace"

_LONGEST, _CUT, _HASH = 63, 52, 10
_BETWEEN = re.compile("(?=-x-)")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")


def is_namespace(text: str) -> bool:
    """Whether a namespace can be called so (an RFC 1123 label)."""
    return _LABEL.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a pod or a claim can be called so (an RFC 1123 subdomain)."""
    return len(text) <= 253 and _SUBDOMAIN.fullmatch(text) is not None


def is_uid(text: str) -> bool:
    """A UUID, or the 32 hex digits of a static pod."""
    return _UID.fullmatch(text) is not None


def host_name(name: str, namespace: str, vcluster: str) -> str:
    """What the syncer calls an object on the host."""
    whole = _joined(name, namespace, vcluster)
    if len(whole) <= _LONGEST:
        return whole
    digest = sha256(whole.encode()).hexdigest()[:_HASH]
    return f"{whole[:_CUT]}-{digest}".replace(".-", "-")


def own_name(host: str, namespace: str, vcluster: str) -> str | None:
    """The name that the syncer made this host name of; None where it was cut, or something else could be meant."""
    name = host.removesuffix(f"-x-{namespace}-x-{vcluster}")
    return name if is_made_of(host, name, namespace, vcluster) else None


def is_made_of(host: str, name: str, namespace: str, vcluster: str) -> bool:
    """Whether the syncer made the host name of this name, and of no other, of no other namespace or virtual cluster.

    With one more "-x-" in it, c-x-a-x-b-x-alpha is c-x-a in b, c in a-x-b, or c in a of the virtual cluster b-x-alpha.
    """
    one_reading = len(_BETWEEN.findall(_joined(name, namespace, vcluster))) == 2
    return one_reading and host_name(name, namespace, vcluster) == host


def _joined(name: str, namespace: str, vcluster: str) -> str:
    return f"{name}-x-{namespace}-x-{vcluster}"
