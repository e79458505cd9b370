"""A kubelet's 401 and 403 in its two dialects, and the API server's: who was refused, and what right is missing.

Source: the kubelet's server.go (wording) and its authorization documentation (sub-resources with and without
KubeletFineGrainedAuthz).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubesieve.kubelet.endpoints import BY_PATH, FINE_GRAINED_MINOR

ANONYMOUS = "system:anonymous"

_FORBIDDEN = re.compile(
    rb"Forbidden \(user=([^,()]{1,256}), verb=(\w{1,16}), resource=nodes, "
    rb"(?:subresource=(\w{1,32})|subresource\(s\)=\[([\w ]{1,128})\])\)"
)


_OF_THE_API_SERVER = re.compile(rb'User \\?"([^"\\]{1,256})\\?" cannot (\w{1,16}) resource \\?"nodes/(\w{1,32})\\?"')
"""Of a request by its node proxy: it wants nodes/proxy, whatever the kubelet would want."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """``user`` is empty where the body does not say; ``grant`` is ``nodes/…``, None where authentication failed."""

    user: str
    grant: str | None
    fine_grained: bool

    @property
    def anonymous(self) -> bool:
        return self.user == ANONYMOUS


def read_refusal(path: str, status: int, body: bytes, minor: int | None = None) -> Refusal:
    """Reads the answer to a refused request. The newer wording lists sub-resources: the first one is the smallest.

    Where nothing is said, the table of endpoints tells, for Kubernetes 1.``minor``; unknown counts as new.
    """
    match = _FORBIDDEN.search(body[:4096]) or _OF_THE_API_SERVER.search(body[:4096])
    if match is None:
        return Refusal("", None if status == 401 else f"nodes/{_smallest(path, minor)}", fine_grained=True)
    user, _, older, newer = (group.decode(errors="replace") if group else "" for group in (*match.groups(), b"")[:4])
    if user == ANONYMOUS or status == 401:
        return Refusal(user, None, fine_grained=bool(newer))
    wanted = newer.split()
    known = [name for name in wanted if name != "proxy"]
    return Refusal(user, f"nodes/{(known or wanted or [older])[0]}", fine_grained=bool(newer))


def _smallest(path: str, minor: int | None) -> str:
    endpoint = BY_PATH.get(path)
    if endpoint is None:
        return "proxy"
    old = minor is not None and minor < FINE_GRAINED_MINOR
    return endpoint.older_subresource if old else endpoint.subresource
