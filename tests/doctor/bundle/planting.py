"""Where secrets sit in what a doctor sees: each place makes evidence with one in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from kubesieve.doctor.evidence import Door, Evidence, Exchange, Failure, Source

URL = "https://192.0.2.10:10250"
PEM = "-----BEGIN {kind}-----\n{secret}\n-----END {kind}-----\n"


def pod(**container: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web-0", "namespace": "team-a", "uid": "uid-web-0", "labels": {"app": "web"}},
        "spec": {
            "nodeName": "node-1",
            "containers": [
                {"name": "app", "resources": {"limits": {"cpu": "200m", "memory": "256Mi"}}, **container},
                {"name": "side", "image": "side:1"},
            ],
        },
        "status": {"phase": "Running"},
    }


def pod_list(item: dict[str, Any], **how: Any) -> bytes:
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [item]}, **how).encode()


def seen(path: str, body: bytes, status: int = 200, **more: Any) -> Evidence:
    exchange = Exchange(Source.PROXY, path, status, body=body, **{"headers": {"content-type": "text/plain"}, **more})
    return Evidence((exchange,), {Source.PROXY: Door(URL)})


def pods(body: bytes) -> Evidence:
    """The same list from the proxy and from elsewhere."""
    one = seen("/pods", body)
    return Evidence(one.exchanges, one.doors, pods=body)


def logged(text: str) -> Evidence:
    return Evidence(agent_log=text)


def annotated(**notes: str) -> Evidence:
    item = pod()
    item["metadata"]["annotations"] = notes
    return pods(pod_list(item))


def in_args(*args: str) -> Evidence:
    return pods(pod_list(pod(args=list(args))))


def env(secret: str, **how: Any) -> bytes:
    return pod_list(pod(env=[{"name": "DB", "value": secret}]), **how)


def cut_in_the_secret(secret: str) -> Evidence:
    body = env(secret)
    return pods(body[: body.index(secret.encode()) + len(secret)])


def jwt(secret: str) -> str:
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "RS256", "kid": "x"}, {"sub": "a", "exp": 1})
    )
    return f"{head}.{claims}.{secret}"


def pem(secret: str, kind: str = "PRIVATE KEY") -> str:
    return PEM.format(kind=kind, secret=secret)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

PLACES: dict[str, Callable[[str], Evidence]] = {
    # headers
    **{
        f"header {name}": (lambda s, name=name: seen("/pods", b"{}", headers={name: s}))  # type: ignore[misc]
        for name in ("authorization", "set-cookie", "cookie", "proxy-authorization", "x-auth-token", "X-Api-Key")
    },
    "a token in a harmless header": lambda s: seen("/pods", b"{}", headers={"via": f"Bearer {s}"}),
    "where a login page redirects to": lambda s: seen("/pods", b"", 302, headers={"location": f"https://x/?code={s}"}),
    # bodies
    "bearer in an error page": lambda s: seen("/pods", f"<p>Authorization: Bearer {s}</p>".encode(), 502),
    "bearer in any case": lambda s: seen("/metrics", f"no: BeArEr {s}".encode(), 500),
    "bearer in a URL": lambda s: seen("/pods", f"GET /x?h=Bearer%20{s}".encode(), 500),
    "basic authorization": lambda s: seen("/pods", f"Authorization: Basic {s}\n".encode(), 500),
    "a JWT in text": lambda s: seen("/metrics", f"# HELP a {jwt(s)}\n".encode()),
    "a JWT behind a word": lambda s: seen("/metrics", f"token_{jwt(s)}\n".encode(), 500),
    "a JWT in a label": lambda s: seen("/metrics/cadvisor", f'a{{b="{jwt(s)}"}} 1\n'.encode()),
    "userinfo in an error's URL": lambda s: seen("/pods", f"dial https://user:{s}@node:10250/pods".encode(), 502),
    "a token as userinfo": lambda s: seen("/pods", f"dial https://{s}@node:10250/pods".encode(), 502),
    "a query of an error's URL": lambda s: seen("/pods", f"GET https://x/pods?access_token={s}&a=b".encode(), 500),
    # what is written of an exchange
    "a target's query": lambda s: seen(f"/pods?token={s}", b""),
    "any query of a target": lambda s: seen(f"/pods?x={s}", b""),
    "a door's userinfo": lambda s: Evidence(doors={Source.PROXY: Door(f"https://user:{s}@node:10250")}),
    "a door's query": lambda s: Evidence(doors={Source.PROXY: Door(f"https://node:10250/?token={s}")}),
    "a failure's sentence": lambda s: seen("/pods", b"", failure=Failure("x", f"got https://u:{s}@node/")),
    # pods
    "env": lambda s: pods(env(s)),
    "env, compact": lambda s: pods(env(s, separators=(",", ":"))),
    "env, indented": lambda s: pods(env(s, indent=2)),
    "env behind a byte order mark": lambda s: pods(b"\xef\xbb\xbf" + env(s)),
    "env behind much white space": lambda s: pods(b" " * 100 + env(s)),
    "env behind other text": lambda s: pods(b"oops\n" + env(s)),
    "env in a body that is cut": cut_in_the_secret,
    "env in the series' place": lambda s: seen("/metrics/cadvisor", env(s)),
    "env of an init container": lambda s: pods(pod_list({"spec": {"initContainers": [{"env": [{"value": s}]}]}})),
    "last applied": lambda s: annotated(**{APPLIED: env(s).decode()}),
    "another note of the whole pod": lambda s: annotated(**{"example.com/applied": env(s).decode()}),
    "a note that is a password": lambda s: annotated(**{"example.com/password": s}),
    "--token=": lambda s: in_args(f"--token={s}"),
    "--token, in two": lambda s: in_args("--token", s),
    "a quoted password": lambda s: in_args(f"run --db-password='a {s}' --x"),
    "a doubly quoted password": lambda s: in_args(f'run --db-password="a {s}" --x'),
    "a password with commas and quotes": lambda s: in_args(f"--password=a,b;c\"d'e&f{s}"),
    "set in a script": lambda s: in_args("sh", "-c", f"DB_PASSWORD={s} exec app"),
    "a header for curl": lambda s: in_args("curl", "-H", f"Authorization: Bearer {s}", "https://x"),
    "a URL with a password": lambda s: in_args(f"postgres://app:{s}@db:5432/x"),
    "a key in arguments": lambda s: in_args(pem(s, "RSA PRIVATE KEY")),
    "a key without an end": lambda s: in_args(pem(s).partition("-----END")[0]),
    "a certificate as a note": lambda s: annotated(ca=pem(s, "CERTIFICATE")),
    "a key in base64": lambda s: in_args(encoded(pem(s))),
    # an agent's words
    "api_key in a log": lambda s: logged(f"api_key: {s}\n"),
    "API key in a URL": lambda s: logged(f"POST https://app.example/api/v1?api_key={s} 403\n"),
    "a quoted secret in a log": lambda s: logged(f'{{"password": "a {s}"}}\n'),
    "a token in a log": lambda s: logged(f"auth_token={s}, retrying\n"),
    "--token in a log": lambda s: logged(f"exec: agent --token={s}\n"),
    "bearer in a log": lambda s: logged(f"> Authorization: Bearer {s}\r\n"),
    "a JWT in a log": lambda s: logged(f"shown {jwt(s)}."),
    "a URL in a log": lambda s: logged(f"Get https://u:{s}@node:10250/pods: EOF"),
    "a key in a log": lambda s: logged(f"read\n{pem(s)}done\n"),
}
