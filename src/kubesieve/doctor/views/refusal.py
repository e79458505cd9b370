"""A kubelet's 401 and 403 in their two dialects: who was refused, and the smallest right that is missing.

Source: the kubelet's server.go (wording) and its authorization documentation (sub-resources with and without
KubeletFineGrainedAuthz).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubesieve.kubelet.endpoints import BY_PATH

ANONYMOUS = "system:anonymous"

_FORBIDDEN = re.compile(
    rb"Forbidden \(user=([^,()]{1,256}), verb=(\w{1,16}), resource=nodes, "
    rb"(?:subresource=(\w{1,32})|subresource\(s\)=\[([\w ]{1,128})\])\)"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """``user`` is empty where the body does not say; ``grant`` is ``nodes/…``, None where authentication failed."""

    user: str
    grant: str | None
    fine_grained: bool

    @property
    def anonymous(self) -> bool:
        return self.user == ANONYMOUS


def read_refusal(path: str, status: int, body: bytes) -> Refusal:
    """Reads the answer to a refused request. The newer wording lists sub-resources: the first one is the smallest."""
    match = _FORBIDDEN.search(body[:4096])
    endpoint = BY_PATH.get(path)
    if match is None:
        smallest = endpoint.subresource if endpoint else "proxy"
        return Refusal("", None if status == 401 else f"nodes/{smallest}", fine_grained=True)
    user, _, older, newer = (group.decode(errors="replace") if group else "" for group in match.groups())
    if user == ANONYMOUS or status == 401:
        return Refusal(user, None, fine_grained=bool(newer))
    wanted = newer.split()
    known = [name for name in wanted if name != "proxy"]
    return Refusal(user, f"nodes/{(known or wanted or [older])[0]}", fine_grained=bool(newer))
