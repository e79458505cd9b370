"""A small fake apiserver: TokenReview and (Self)SubjectAccessReview over TLS, answered as recorded."""

from __future__ import annotations

import json
import threading
from typing import Self

from kubesieve.stage.http_values import Answer, Request, read_target
from kubesieve.stage.identity import Directory, Identity, Rule
from kubesieve.stage.pki import Authority
from kubesieve.stage.reviews import Json, access_review, failure, forbidden, token_review
from kubesieve.stage.tls_server import TlsServer, server_context

_REVIEWS = {
    "/apis/authentication.k8s.io/v1/tokenreviews": ("tokenreviews", "authentication.k8s.io"),
    "/apis/authorization.k8s.io/v1/subjectaccessreviews": ("subjectaccessreviews", "authorization.k8s.io"),
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": ("selfsubjectaccessreviews", "authorization.k8s.io"),
}


class FakeApiserver:
    """``with FakeApiserver(directory) as api:`` serves at ``api.url``; ``requests`` lists what arrived."""

    def __init__(
        self, directory: Directory, authority: Authority | None = None, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self.directory = directory
        self.authority = authority or Authority()
        self._requests: list[Request] = []
        self._lock = threading.Lock()
        pair = self.authority.issue(("localhost", "kubernetes", "kubernetes.default.svc"), (address[0],), "stage-api")
        self._server = TlsServer(address, server_context(pair, self.authority.pem), self._handle)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def ca_pem(self) -> bytes:
        return self.authority.pem

    @property
    def requests(self) -> tuple[Request, ...]:
        with self._lock:
            return tuple(self._requests)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _handle(self, request: Request) -> Answer:
        with self._lock:
            self._requests.append(request)
        return answer_for(self.directory, request)


def answer_for(directory: Directory, request: Request) -> Answer:
    """The apiserver's decision: caller (401), path (404), method (405), right (403), body (400), review (201)."""
    who = directory.by_user(request.user) or directory.by_header(request.header("Authorization"))
    if who is None:
        return failure(401, "Unauthorized", "Unauthorized")
    target = read_target(request.target)
    review = _REVIEWS.get(target.path) if target else None
    if review is None:
        return failure(404, "NotFound", "the server could not find the requested resource")
    if request.method != "POST":
        return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    resource, group = review
    if not resource.startswith("self") and not who.may(Rule("create", resource, group)):
        return forbidden(who.user, resource, group)
    return _review(directory, who, resource, request.body)


def _review(directory: Directory, who: Identity, resource: str, body: bytes) -> Answer:
    spec = _spec(body)
    if spec is None:
        return failure(400, "BadRequest", "the body is no review")
    if resource == "tokenreviews":
        return token_review(directory, spec)
    subject = who if resource.startswith("self") else directory.by_user(str(spec.get("user", "")))
    return access_review(subject, spec, own=resource.startswith("self"))


def _spec(body: bytes) -> Json | None:
    try:
        review = json.loads(body)
    except ValueError:
        return None
    spec = review.get("spec") if isinstance(review, dict) else None
    return spec if isinstance(spec, dict) else None
