"""The paths of many nodes: ``/api/v1/nodes/{node}/proxy`` before a kubelet's own, as an API server has them."""

from __future__ import annotations

import re
from dataclasses import replace

from kubesieve.faults import CallerFault
from kubesieve.gateway.log_requests import ENDPOINT, is_log
from kubesieve.gateway.routes import Asked, endpoint_name, refuse_path
from kubesieve.kubelet.endpoints import BY_PATH

_OF_NODE = re.compile(r"/api/v1/nodes/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)/proxy(?=/)")


def of_node(target: str) -> tuple[str, str] | None:
    """A node's name and what stands below it, None where a target is no such. What goes with a name (``name:port``,
    ``https:name:``) is no name here, and no name is ever made into a URL: it is looked up.
    """
    match = _OF_NODE.match(target)
    return (match[1], target[match.end() :]) if match else None


def below_node(asked: Asked) -> tuple[str, Asked]:
    """The node that is named, and what is asked of its kubelet. Raises CallerFault (404)."""
    found = of_node(asked.target)
    if found is not None:
        return found[0], replace(asked, target=found[1])
    path = asked.target.partition("?")[0]
    if path in BY_PATH:
        what = "expected /api/v1/nodes/NODE/proxy before the path: many nodes are served here; got the path alone"
        raise CallerFault("path-without-node", what, status=404)
    refuse_path(path, "/api/v1/nodes/NODE/proxy and a path of the table of endpoints")


def names(target: str, *, by_node: bool) -> tuple[str, str | None]:
    """For records and metrics: the endpoint's name, ``other`` for whatever is none (a fixed set of words), and the node
    that is named.
    """
    node, below = (of_node(target) or (None, "")) if by_node else (None, target)
    return ENDPOINT if is_log(below.partition("?")[0]) else endpoint_name(below), node
