"""TokenReview and SubjectAccessReview: what an apiserver says to each, worded and shaped as recorded."""

from __future__ import annotations

import json

from kubesieve.stage.http_values import NOSNIFF, Answer, Headers
from kubesieve.stage.identity import Directory, Identity, Rule

Json = dict[str, object]

# What tokens are good for unless a review asks for something else.
AUDIENCE = "https://kubernetes.default.svc.cluster.local"

_HEADERS: Headers = (("Audit-Id", "00000000-0000-4000-8000-000000000000"), ("Cache-Control", "no-cache, private"))


def token_review(directory: Directory, spec: Json) -> Answer:
    """201 whoever the token is; a bad token, or one for another audience, is not `authenticated` and has an `error`."""
    token = str(spec.get("token") or "")
    if not token:
        return failure(400, "BadRequest", "token is required for TokenReview in authentication")
    return _created("TokenReview", "authentication.k8s.io/v1", spec, _token_status(directory.by_token(token), spec))


def _token_status(who: Identity | None, spec: Json) -> Json:
    if who is None:
        return {"user": {}, "error": "invalid bearer token"}
    asked = spec.get("audiences")
    wanted = [str(audience) for audience in asked] if isinstance(asked, list) and asked else [AUDIENCE]
    common = [audience for audience in wanted if audience == AUDIENCE]
    if not common:
        names = " ".join(json.dumps(audience) for audience in wanted)
        text = f'token audiences ["{AUDIENCE}"] is invalid for the target audiences [{names}]'
        return {"user": {}, "error": f"[invalid bearer token, {text}]"}
    user: Json = {"username": who.user, "uid": who.uid, "groups": list(who.groups)}
    return {"authenticated": True, "user": user, "audiences": common}


def access_review(who: Identity | None, spec: Json, *, own: bool) -> Answer:
    """201 with `allowed` and, where it is, the reason; a user nobody knows may nothing."""
    attributes = spec.get("resourceAttributes")
    asked = _asked(attributes) if isinstance(attributes, dict) else None
    if asked is None:
        return failure(422, "Invalid", "spec.resourceAttributes: exactly one of them is needed here")
    status: Json = {"allowed": False}
    if who is not None and who.may(asked):
        status = {"allowed": True, "reason": f'RBAC: allowed by ClusterRoleBinding "{who.name}"'}
    kind = "SelfSubjectAccessReview" if own else "SubjectAccessReview"
    return _created(kind, "authorization.k8s.io/v1", spec, status)


def _asked(attributes: Json) -> Rule:
    texts = {
        name: str(attributes.get(name) or "") for name in ("verb", "group", "resource", "subresource", "namespace")
    }
    resource = "/".join(part for part in (texts["resource"], texts["subresource"]) if part)
    return Rule(texts["verb"], resource, texts["group"], texts["namespace"])


def failure(code: int, reason: str, message: str, details: Json | None = None) -> Answer:
    """A Kubernetes Status."""
    head: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    status: Json = {**head, "reason": reason, **({"details": details} if details else {}), "code": code}
    headers = (*_HEADERS, *(NOSNIFF if code == 403 else ()))
    return Answer(code, _indented(status), "application/json", headers)


def forbidden(user: str, resource: str, group: str) -> Answer:
    """403: the caller may not create such reviews."""
    text = f'User "{user}" cannot create resource "{resource}" in API group "{group}" at the cluster scope'
    message = f"{resource}.{group} is forbidden: {text}"
    return failure(403, "Forbidden", message, {"group": group, "kind": resource})


def _created(kind: str, version: str, spec: Json, status: Json) -> Answer:
    metadata: Json = {"creationTimestamp": None}
    review: Json = {"kind": kind, "apiVersion": version, "metadata": metadata, "spec": spec, "status": status}
    return Answer(201, _indented(review), "application/json", _HEADERS)


def _indented(value: Json) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()
