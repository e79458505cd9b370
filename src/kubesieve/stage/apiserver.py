"""A small fake apiserver over TLS: TokenReview and (Self)SubjectAccessReview as recorded, namespaces and nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubesieve.stage.collection import Collection, Namespaces, Nodes
from kubesieve.stage.fake_server import FakeServer
from kubesieve.stage.http_values import Answer, Request, read_target
from kubesieve.stage.identity import Directory, Identity, Rule
from kubesieve.stage.pki import Authority
from kubesieve.stage.reviews import Json, access_review, failure, forbidden, token_review

COLLECTIONS = "/api/v1/"
_REVIEWS = {
    "/apis/authentication.k8s.io/v1/tokenreviews": ("tokenreviews", "authentication.k8s.io"),
    "/apis/authorization.k8s.io/v1/subjectaccessreviews": ("subjectaccessreviews", "authorization.k8s.io"),
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": ("selfsubjectaccessreviews", "authorization.k8s.io"),
}


class FakeApiserver(FakeServer):
    """``with FakeApiserver(directory) as api:`` serves at ``api.url``; ``requests`` lists what arrived."""

    def __init__(
        self, directory: Directory, authority: Authority | None = None, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self.directory = directory
        self.namespaces, self.nodes = Namespaces(), Nodes()
        issuer = authority or Authority()
        names = ("localhost", "kubernetes", "kubernetes.default.svc")
        super().__init__(issuer, issuer.issue(names, (address[0],), "stage-api"), address)

    def answer(self, request: Request) -> Answer:
        return answer_for(self.directory, request, {"namespaces": self.namespaces, "nodes": self.nodes})


def answer_for(directory: Directory, request: Request, collections: Mapping[str, Collection] | None = None) -> Answer:
    """The apiserver's decision: caller (401), path (404), method (405), right (403), body (400), review (201)."""
    who = directory.by_user(request.user) or directory.by_header(request.header("Authorization"))
    if who is None:
        return failure(401, "Unauthorized", "Unauthorized")
    target = read_target(request.target)
    plural = target.path.removeprefix(COLLECTIONS) if target and target.path.startswith(COLLECTIONS) else ""
    if target and collections and plural in collections:
        return _collection(who, plural, collections[plural], request, target.values)
    review = _REVIEWS.get(target.path) if target else None
    if review is None:
        return failure(404, "NotFound", "the server could not find the requested resource")
    if request.method != "POST":
        return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    resource, group = review
    if not resource.startswith("self") and not who.may(Rule("create", resource, group)):
        return forbidden(who.user, resource, group)
    return _review(directory, who, resource, request.body)


def _collection(who: Identity, plural: str, collection: Collection, request: Request, query: dict[str, str]) -> Answer:
    watches = query.get("watch") in ("1", "true")
    verb = "watch" if watches else "list"
    if request.method != "GET":
        return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    if not who.may(Rule(verb, plural)):
        text = f'User "{who.user}" cannot {verb} resource "{plural}" in API group "" at the cluster scope'
        return failure(403, "Forbidden", f"{plural} is forbidden: {text}", {"kind": plural})
    if watches:
        return collection.watch(query.get("resourceVersion", ""), float(query.get("timeoutSeconds", "30")))
    limit = query.get("limit", "")
    return collection.list(int(limit) if limit.isdigit() else 0, query.get("continue", ""))


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
