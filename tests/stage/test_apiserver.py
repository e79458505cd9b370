"""The fake apiserver answers reviews as recorded: status, shape and words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubesieve.stage.apiserver import FakeApiserver, answer_for
from kubesieve.stage.http_values import Answer, Request
from kubesieve.stage.identity import Directory
from tests.stage.conftest import ask

TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
OWN = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RECORDED_TOKENREVIEWS = {
    "datadog": ("datadog", None),
    "kubelet-proxy": ("kubelet-proxy", None),
    "tenant-a": ("tenant-a", None),
    "bad": ("not-a-token", None),
    "empty": ("", None),
    "jwtlike": ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA", None),
    "wrongaudience": ("datadog", ["other"]),
}


@pytest.fixture
def directory() -> Directory:
    return Directory.fresh()


def _post(directory: Directory, path: str, spec: dict, by: str = "kubelet-proxy") -> Answer:
    headers = (("Authorization", f"Bearer {directory.tokens.get(by, by)}"),)
    return answer_for(directory, Request("POST", path, headers, body=json.dumps({"spec": spec}).encode()))


def _token_review(directory: Directory, name: str, audiences: list[str] | None, by: str = "kubelet-proxy") -> Answer:
    spec = {"token": directory.tokens.get(name, name), **({"audiences": audiences} if audiences else {})}
    return _post(directory, TOKENS, spec, by)


def _recorded(folder: Path, name: str) -> tuple[int, dict]:
    head, _, body = (folder / "apiserver" / f"{name}.response.txt").read_text().partition("\n\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("name", RECORDED_TOKENREVIEWS)
def test_token_reviews_are_answered_as_recorded(name: str, recorded: Path, directory: Directory) -> None:
    answer = _token_review(directory, *RECORDED_TOKENREVIEWS[name])
    status, want = _recorded(recorded, f"tokenreview_{name}")
    got = json.loads(answer.body)
    for body in (want, got):
        body.get("status", {}).get("user", {}).pop("uid", None) if isinstance(body.get("status"), dict) else None
    assert (answer.status, got["status"]) == (status, want["status"])
    assert {key: got.get(key) for key in ("kind", "apiVersion", "message", "code")} == {
        key: want.get(key) for key in ("kind", "apiVersion", "message", "code")
    }


def test_who_has_no_right_to_review_gets_the_recorded_403(recorded: Path, directory: Directory) -> None:
    answer = _token_review(directory, "datadog", None, by="tenant-a")
    assert (answer.status, json.loads(answer.body)) == _recorded(recorded, "tokenreview_by_unprivileged")


def test_access_reviews_are_answered_as_recorded(recorded: Path, directory: Directory) -> None:
    requests = sorted((recorded / "apiserver").glob("sar_*.request.json"))
    assert len(requests) == 24
    for path in requests:
        answer = _post(directory, ACCESS, json.loads(path.read_text())["spec"])
        status, want = _recorded(recorded, path.name.removesuffix(".request.json"))
        assert answer.status == status
        assert json.loads(answer.body)["status"]["allowed"] == want["status"]["allowed"], path.name


@pytest.mark.parametrize(("by", "allowed"), [("datadog", True), ("tenant-a", False)])
def test_everybody_may_ask_about_themselves(by: str, allowed: bool, directory: Directory) -> None:
    spec = {"resourceAttributes": {"verb": "get", "resource": "nodes", "subresource": "metrics"}}
    answer = _post(directory, OWN, spec, by)
    assert (answer.status, json.loads(answer.body)["status"]["allowed"]) == (201, allowed)


@pytest.mark.parametrize(("namespace", "allowed"), [("tenant-a", True), ("sandbox", False), ("", False)])
def test_rights_may_be_within_one_namespace(namespace: str, allowed: bool, directory: Directory) -> None:
    what = {"verb": "get", "group": "metrics.k8s.io", "resource": "pods", "namespace": namespace}
    answer = _post(directory, ACCESS, {"resourceAttributes": what, "user": "system:serviceaccount:tenant-a:agent"})
    assert json.loads(answer.body)["status"]["allowed"] is allowed


@pytest.mark.parametrize(
    ("method", "path", "by", "status"),
    [
        ("POST", TOKENS, "nobody", 401),
        ("POST", "/api/v1/pods", "admin", 404),
        ("GET", TOKENS, "admin", 405),
        ("POST", TOKENS, "admin", 400),
    ],
)
def test_refusals(method: str, path: str, by: str, status: int, directory: Directory) -> None:
    headers = (("Authorization", f"Bearer {directory.tokens.get(by, by)}"),)
    assert answer_for(directory, Request(method, path, headers, body=b"[]")).status == status


@pytest.fixture
def running(directory: Directory) -> Iterator[FakeApiserver]:
    with FakeApiserver(directory) as apiserver:
        yield apiserver


def test_it_serves_over_tls_and_lists_what_arrived(running: FakeApiserver) -> None:
    body = json.dumps({"spec": {"token": running.directory.tokens["tenant-a"]}}).encode()
    head = f"POST {TOKENS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    token = running.directory.tokens["kubelet-proxy"]
    reply = ask(running, f"{head}Authorization: Bearer {token}\r\n\r\n".encode() + body)
    assert reply.status == 201
    assert json.loads(reply.body)["status"]["user"]["username"] == "system:serviceaccount:tenant-a:agent"
    assert [request.target for request in running.requests] == [TOKENS]


def listed(api: FakeApiserver, query: str) -> dict[str, Any]:
    request = Request("GET", f"/api/v1/nodes?{query}", (("Authorization", f"Bearer {api.directory.tokens['admin']}"),))
    return dict(json.loads(api.answer(request).body))


def test_a_list_comes_in_pages_and_a_mark_that_is_too_old_is_gone() -> None:
    api = FakeApiserver(Directory.fresh())
    for name in ("a", "b", "c"):
        api.nodes.put(name, 10250)
    first = listed(api, "limit=2")
    second = listed(api, f"limit=2&continue={first['metadata']['continue']}")
    assert [item["metadata"]["name"] for item in (*first["items"], *second["items"])] == ["a", "b", "c"]
    assert "continue" not in second["metadata"]
    api.nodes.forget()
    assert listed(api, f"limit=2&continue={first['metadata']['continue']}")["code"] == 410


def test_a_node_tells_where_its_kubelet_is_and_one_made_anew_has_another_uid() -> None:
    api = FakeApiserver(Directory.fresh())
    api.nodes.put("n", 10250)
    (one,) = listed(api, "")["items"]
    assert one["status"]["addresses"] == [{"type": "InternalIP", "address": "127.0.0.1"}]
    assert one["status"]["daemonEndpoints"] == {"kubeletEndpoint": {"Port": 10250}}
    api.nodes.remove("n")
    api.nodes.put("n", 10250, uid="another")
    assert listed(api, "")["items"][0]["metadata"]["uid"] == "another" != one["metadata"]["uid"]
