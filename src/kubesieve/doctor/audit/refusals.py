"""Whether a request that should have been refused came as far as the kubelet, told from the answer alone. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from kubesieve.doctor.audit.reply import Reply

# What a kubelet says of a pod that does not exist, or of a request without a command: it has looked.
_KUBELET = re.compile(
    rb'pod "?[^"\n]{0,80}"? ?does not exist|pod does not exist|not found in pod|you must specify at least 1 of'
    rb"|404: Page Not Found|405: Method Not Allowed|unable to upgrade|Upgrade request required|unsupported http method"
    rb"|Unable to decode query|\"kubeletconfig\"",
    re.IGNORECASE,
)
# What it says to callers without the right: the path went up, and the kubelet alone held it back.
_JUDGED = re.compile(rb"Forbidden \(user=|\AUnauthorized\s*\Z")
_REFUSALS = (401, 403, 404, 405, 426, 429, 501, 503)
_WRAPPED = re.compile(rb"HTTP Error (\d{3})|status(?: code)?[ :=]{1,2}(\d{3})", re.IGNORECASE)
_NO_CONNECTION = re.compile(
    rb"refused|name resolution|not known|no such host|getaddrinfo|unreachable|dial tcp", re.IGNORECASE
)


class Reached(StrEnum):
    """How far a request came."""

    NO = "refused"
    JUDGED = "refused by the kubelet alone"
    YES = "answered by the kubelet"


def reached(reply: Reply, control: Reply) -> Reached:
    """``control`` is the proxy's answer to a path that nobody has: the same answer is its own refusal, unless it quotes
    what somebody behind it said to that.
    """
    if reply.status is None:
        return Reached.NO
    if (reply.status, reply.body) == (control.status, control.body):
        return _quoted(_behind(control))
    if reply.status == 101:
        return Reached.YES
    if _JUDGED.search(reply.body):
        return Reached.NO if _JUDGED.search(control.body) else Reached.JUDGED
    if _KUBELET.search(reply.body):
        return Reached.YES
    if _behind(reply) != _behind(control):
        return _quoted(_behind(reply))
    differs = control.status not in (None, reply.status) and reply.status not in _REFUSALS
    return Reached.YES if differs else Reached.NO


def _quoted(status: int) -> Reached:
    """What a quoted status of somebody behind tells; 0 is none."""
    if status in (401, 403):
        return Reached.JUDGED
    return Reached.YES if status else Reached.NO


def _behind(reply: Reply) -> int:
    """The status that an error text quotes of what is behind, 0 for none."""
    found = _WRAPPED.search(reply.body) if (reply.status or 0) >= 500 else None
    return int(found[1] or found[2]) if found else 0


def went_elsewhere(reply: Reply, control: Reply) -> bool:
    """Whether the answer is of a connection that failed: the proxy tried the host named in the request."""
    if reply.status is None or reply.status < 500:
        return False
    return _NO_CONNECTION.search(reply.body) is not None or (
        reply.status in (502, 503, 504) and control.status not in (502, 503, 504)
    )
