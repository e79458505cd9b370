"""Which requests are answered at all. Decided on the raw target, byte for byte; everything else never goes up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from multidict import CIMultiDictProxy

from kubesieve.faults import CallerFault
from kubesieve.kubelet.endpoints import BY_PATH, GONE, Endpoint

METHODS = ("GET", "HEAD")

_CANONICAL = re.compile(r"(?!.*(?://|/\.{1,2}(?:/|$)))/[a-zA-Z0-9/._~-]*", re.DOTALL)
_AUTHORIZATION = re.compile(r"[\x21-\x7e]+ [\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked: method, raw target, headers, and the client certificate that the handshake verified (as
    ``SSLSocket.getpeercert()`` gives it); ``outdated`` where one of the CAs of then is not good any more.
    """

    method: str
    target: str
    headers: CIMultiDictProxy[str]
    peer: str = ""
    certificate: dict[str, Any] | None = None
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and whether its one parameter goes up."""

    endpoint: Endpoint
    query: bool


def route(asked: Asked) -> Route:
    """Raises CallerFault in the order 404, 405, 400."""
    path, _, query = asked.target.partition("?")
    endpoint = _endpoint(path)
    if asked.method not in METHODS:
        raise CallerFault("method-not-allowed", "expected GET or HEAD; got another method", status=405)
    refuse_more_than_a_get(asked.headers)
    return Route(endpoint, wants_query(endpoint, query))


def same_token(authorization: str) -> str:
    """A spelling that is the same for the same token: a kubelet takes the scheme in any case (RFC 9110, 11.1)."""
    scheme, _, token = authorization.partition(" ")
    return f"{scheme.lower()} {token}"


def endpoint_name(target: str) -> str:
    """The endpoint's name for records and metrics, ``other`` for whatever is none: a fixed set of words."""
    endpoint = BY_PATH.get(target.partition("?")[0])
    return endpoint.name if endpoint else "other"


def wants_query(endpoint: Endpoint, query: str) -> bool:
    """Whether the endpoint's parameter is there, once or more, and each time ``true``."""
    given = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == endpoint.query]
    return bool(given) and all(value == "true" for value in given)


def _endpoint(path: str) -> Endpoint:
    endpoint = BY_PATH.get(path)
    if endpoint is not None:
        return endpoint
    if path in GONE:
        raise CallerFault("path-gone", "kubelets no longer offer this path", status=404)
    refuse_path(path, "a path of the table of endpoints")


def refuse_path(path: str, expected: str) -> NoReturn:
    """Raises CallerFault (404)."""
    if not _CANONICAL.fullmatch(path):
        raise CallerFault("path-not-canonical", "expected a plain absolute path; got another spelling", status=404)
    raise CallerFault("path-unknown", f"expected {expected}; got another", status=404)


def refuse_more_than_a_get(headers: CIMultiDictProxy[str]) -> None:
    """Raises CallerFault (400) where a request has a body or would become another protocol."""
    if "Upgrade" in headers or "upgrade" in ",".join(headers.getall("Connection", [])).lower():
        raise CallerFault("upgrade-refused", "expected a plain request; got one to upgrade the connection", status=400)
    if headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers:
        raise CallerFault("body-refused", "expected a request without a body; got one with", status=400)


def authorization_of(headers: CIMultiDictProxy[str]) -> str | None:
    """The Authorization as it came, None without one. Raises CallerFault (400, 401) for what is no single token."""
    given = headers.getall("Authorization", [])
    if len(given) > 1:
        raise CallerFault("token-ambiguous", "expected one Authorization header; got more", status=400)
    if not given or not given[0].strip():
        return None
    if not _AUTHORIZATION.fullmatch(given[0]):
        raise CallerFault(
            "token-malformed", "expected Authorization: Bearer, one blank and a token; got something else", status=401
        )
    return given[0]
