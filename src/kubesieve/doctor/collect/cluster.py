"""What the API server knows: a node by its proxy, and the pods it has assigned to it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from dataclasses import replace

import aiohttp
import msgspec

from kubesieve.doctor.collect.bodies import MOST_BYTES, TooLarge, receive
from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from kubesieve.kubelet.failures import explain

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def node_entrance(server: Entrance, node: str) -> Entrance:
    """The kubelet of a node as the API server passes it on. Raises OwnFault where the name is none."""
    return replace(server, url=server.url.with_path(f"{_prefix(server)}/api/v1/nodes/{_checked(node)}/proxy"))


async def pods_of(server: Entrance, node: str, seconds: float) -> bytes:
    """The PodList of a node (JSON). Raises OwnFault: the API server's status, or why it could not be asked."""
    return await _get(server, "/api/v1/pods", {"fieldSelector": f"spec.nodeName={_checked(node)}"}, seconds)


async def pods_in(server: Entrance, namespaces: Iterable[str], seconds: float) -> bytes:
    """The pods of these namespaces, of all where none is named, as one list (JSON). Raises OwnFault."""
    paths = [f"/api/v1/namespaces/{namespace}/pods" for namespace in sorted(namespaces)] or ["/api/v1/pods"]
    bodies = [await _get(server, path, {}, seconds) for path in paths]
    return bodies[0] if len(bodies) == 1 else _joined(bodies)


def _joined(bodies: Iterable[bytes]) -> bytes:
    """The items of each list, as they came."""
    try:
        items = [item for body in bodies for item in msgspec.json.decode(body, type=_List).items or ()]
    except msgspec.MsgspecError:
        raise OwnFault("api-server", "expected lists of pods from the API server; got something else") from None
    return b'{"kind":"PodList","items":[' + b",".join(map(bytes, items)) + b"]}"


class _List(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


async def _get(server: Entrance, path: str, query: dict[str, str], seconds: float) -> bytes:
    url = server.url.with_path(_prefix(server) + path).with_query(query)
    headers = {"Accept": "application/json"}
    if server.authorization:
        headers["Authorization"] = server.authorization
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(
                url, headers=headers, allow_redirects=False, ssl=server.tls or True, server_hostname=server.server_name
            ) as response,
        ):
            if response.status != 200:
                got = f"status {response.status}; give a list with --pods FILE instead"
                raise OwnFault("api-server", f"expected pods from the API server; got {got}")
            return await receive(response)
    except TooLarge:
        raise OwnFault(
            "api-server", f"expected at most {MOST_BYTES} bytes of pods; got more: name --namespaces"
        ) from None
    except UnicodeError:
        raise OwnFault("api-server", "expected an answer of the API server; got a name that is no host's") from None
    except (aiohttp.ClientError, ssl.SSLError, OSError, aiohttp.http_exceptions.HttpProcessingError) as error:
        words = "none in time" if isinstance(error, TimeoutError) else explain(error).sentence
        raise OwnFault("api-server", f"expected an answer of the API server; got {words}") from None


def _prefix(server: Entrance) -> str:
    return server.url.path.rstrip("/")


def _checked(node: str) -> str:
    if not _NAME.fullmatch(node):
        raise OwnFault("settings-node", f"expected the name of a node; got {node[:80]!a}")
    return node
