"""A refusal in every dialect: who was refused, and the smallest right for the path and the version."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.doctor.views.refusal import read_refusal
from kubesieve.kubelet.endpoints import BY_PATH

AGENT = "system:serviceaccount:team-a:agent"


def older(subresource: str, user: str = AGENT) -> bytes:
    return f"Forbidden (user={user}, verb=get, resource=nodes, subresource={subresource})".encode()


def newer(subresources: str, user: str = AGENT) -> bytes:
    return f"Forbidden (user={user}, verb=get, resource=nodes, subresource(s)=[{subresources}])\n".encode()


def api_server(resource: str, user: str = AGENT) -> bytes:
    """The API server's own, of a request by its node proxy."""
    return (
        '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"nodes \\"n1\\" is forbidden: User \\"'
        + user
        + '\\" cannot get resource \\"'
        + resource
        + '\\" in API group \\"\\" at the cluster scope","reason":"Forbidden","code":403}'
    ).encode()


SAID = [
    ("/pods", older("proxy"), "nodes/proxy"),
    ("/pods", newer("pods proxy"), "nodes/pods"),
    ("/pods", newer("proxy pods"), "nodes/pods"),
    ("/healthz", newer("healthz proxy"), "nodes/healthz"),
    ("/runningpods/", newer("pods proxy"), "nodes/pods"),
    ("/stats/summary", older("stats"), "nodes/stats"),
    ("/stats/summary", newer("stats"), "nodes/stats"),
    ("/metrics/cadvisor", older("metrics"), "nodes/metrics"),
    ("/metrics/cadvisor", newer("metrics"), "nodes/metrics"),
    ("/configz", newer("configz proxy"), "nodes/configz"),
    ("/pods", api_server("nodes/proxy"), "nodes/proxy"),
    ("/metrics", api_server("nodes/proxy"), "nodes/proxy"),
]


@pytest.mark.parametrize(("path", "body", "grant"), SAID)
@pytest.mark.parametrize("minor", [None, 27, 33])
def test_what_a_refusal_says_counts_whatever_the_version(path: str, body: bytes, grant: str, minor: int | None) -> None:
    found = read_refusal(path, 403, body, minor)
    assert (found.user, found.grant, found.anonymous) == (AGENT, grant, False)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("/pods", "proxy", "pods"),
        ("/runningpods/", "proxy", "pods"),
        ("/healthz", "proxy", "healthz"),
        ("/stats/summary", "stats", "stats"),
        *((path, "metrics", "metrics") for path in BY_PATH if path.startswith("/metrics")),
        ("/spec/", "proxy", "proxy"),
        ("/exec", "proxy", "proxy"),
    ],
)
def test_where_nothing_is_said_the_path_and_the_version_tell(path: str, old: str, new: str) -> None:
    for minor, grant in ((20, old), (32, old), (33, new), (36, new), (None, new)):
        assert read_refusal(path, 403, b"", minor).grant == f"nodes/{grant}"


@pytest.mark.parametrize("user", ["system:anonymous"])
@pytest.mark.parametrize("say", [older, newer, api_server])
def test_nobody_lacks_no_right_but_a_token(user: str, say: object) -> None:
    body = say("nodes/proxy" if say is api_server else "proxy", user)  # type: ignore[operator]
    found = read_refusal("/pods", 403, body)
    assert (found.user, found.grant, found.anonymous) == (user, None, True)


@pytest.mark.parametrize("body", [b"Unauthorized", b"", b'{"kind":"Status","code":401}', older("proxy")])
def test_401_is_no_matter_of_rights(body: bytes) -> None:
    assert read_refusal("/pods", 401, body).grant is None


@pytest.mark.parametrize(
    "user", ["admin", "node:n1", "oidc:me@example.com", "a b", "CN=x/O=y", "\u00e4", "system:serviceaccount:a:b"]
)
def test_users_of_every_kind(user: str) -> None:
    for body in (older("proxy", user), newer("pods proxy", user), api_server("nodes/proxy", user)):
        assert read_refusal("/pods", 403, body).user == user


@given(
    st.binary(max_size=300) | st.sampled_from([older("proxy"), newer("pods"), api_server("nodes/proxy")]),
    st.binary(max_size=9),
)
def test_any_bytes(body: bytes, more: bytes) -> None:
    for text in (body, more + body, body + more, body[:-1], body.replace(b"get", more)):
        assert (read_refusal("/pods", 403, text).grant or "nodes/").startswith("nodes/")


@pytest.mark.parametrize(
    "part", [b"Forbidden (user=", b"Forbidden (user=a, verb=get, resource=nodes, ", b'User \\"', b"("]
)
def test_the_time_it_takes_is_bounded(part: bytes) -> None:
    started = time.process_time()
    read_refusal("/pods", 403, part * 100_000)
    assert time.process_time() - started < 0.5
