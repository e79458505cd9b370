"""No secret gets into a bundle; what a verdict needs does."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.doctor.bundle.redact import NOTES, redact
from kubesieve.doctor.bundle.saving import save
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Evidence
from tests.doctor.bundle.planting import (
    PLACES,
    annotated,
    encoded,
    env,
    in_args,
    jwt,
    logged,
    pem,
    pod,
    pod_list,
    pods,
    seen,
)

SECRET = "s3cr3tS3CR3Ts3cr3t42"
secrets = st.from_regex(r"[A-Za-z][A-Za-z0-9]{15,40}", fullmatch=True)


def saved_bytes(evidence: Evidence) -> bytes:
    """Every byte of the bundle, both unpacked and as it lies there."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        save(evidence, path)
        with zipfile.ZipFile(path) as bundle:
            return path.read_bytes() + b"\0".join(bundle.read(name) for name in bundle.namelist())


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_in_no_byte_of_the_bundle(place: str) -> None:
    assert SECRET.encode() not in saved_bytes(PLACES[place](SECRET))


@given(st.sampled_from(sorted(PLACES)), secrets)
def test_whatever_the_secret_and_wherever_it_is(place: str, secret: str) -> None:
    evidence = redact(PLACES[place](secret))
    assert secret not in repr(evidence)


@given(secrets, st.text(max_size=6), st.text(max_size=6), st.booleans())
def test_an_environment_variable_of_any_characters(secret: str, before: str, after: str, escaped: bool) -> None:
    body = env(before + secret + after, ensure_ascii=escaped) if escaped else env(before + secret + after)
    nested = annotated(**{"example.com/applied": body.decode()})
    assert secret not in repr(redact(pods(body)))
    assert secret not in repr(redact(nested))


@given(secrets, st.text("'\",;&=:/\\()[]", max_size=6), st.text("'\",;&=:/\\()[]", max_size=6))
def test_a_flag_of_any_characters(secret: str, before: str, after: str) -> None:
    assert secret not in repr(redact(in_args(f"--token={before}{secret}{after}", "--x")))


@pytest.mark.parametrize("place", PLACES)
def test_redacting_twice_changes_nothing_more(place: str) -> None:
    once = redact(PLACES[place](SECRET))
    assert redact(once) == once


WHOLE = (
    lambda: in_args(f"--token={SECRET}", "--x"),
    lambda: in_args("--token", SECRET, "--x"),
    lambda: in_args(f"a --password='b {SECRET}' \"c"),
    lambda: in_args(f'a --password="b {SECRET}" c'),
    lambda: in_args("-H", f"Authorization: Bearer {SECRET}"),
    lambda: in_args(pem(SECRET)),
    lambda: in_args(pem(SECRET).partition("-----END")[0]),
    lambda: in_args(f"https://u:{SECRET}@x/", f"a={jwt(SECRET)}", encoded(pem(SECRET))),
    lambda: pods(env(SECRET, separators=(",", ":"))),
    lambda: annotated(password=SECRET, other=env(SECRET).decode()),
)


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_what_a_verdict_needs_survives(number: int) -> None:
    """The document stays one, with names, uids, labels, limits and what stands behind the secret."""
    body = redact(WHOLE[number]()).exchanges[0].body
    kept, whole = json.loads(body)["items"][0], pod()
    assert SECRET not in body.decode()
    for path in (("metadata", "name"), ("metadata", "namespace"), ("metadata", "uid"), ("metadata", "labels")):
        assert kept[path[0]][path[1]] == whole[path[0]][path[1]]
    first, second = kept["spec"]["containers"]
    assert first["resources"] == whole["spec"]["containers"][0]["resources"]
    assert (second, kept["status"], kept["spec"]["nodeName"]) == (
        {"name": "side", "image": "side:1"},
        {"phase": "Running"},
        "node-1",
    )
    if "args" in first and first["args"][-1] == "--x":
        assert len(first["args"]) in (2, 3)


def test_a_broken_body_stays_broken_in_the_same_way() -> None:
    body = env(SECRET)
    for end in range(0, len(body), 7):
        cut = redact(pods(body[:end])).exchanges[0].body
        assert (diagnose(pods(cut)).findings == ()) == (diagnose(pods(body[:end])).findings == ())


@pytest.mark.parametrize(
    "body",
    [
        pod_list({"metadata": {"name": "token-issuer", "namespace": "secret-store", "labels": {"app": "bearer"}}}),
        pod_list({"spec": {"volumes": [{"name": "v", "secret": {"secretName": "tls-secret", "defaultMode": 420}}]}}),
        pod_list({"spec": {"automountServiceAccountToken": True, "tokenExpirationSeconds": 3607}}),
        pod_list({"status": {"imageID": "docker-pullable://nginx@sha256:0123456789abcdef"}}),
        b'a{namespace="token",pod="password=x",id="/kubepods/eyJ"} 1\n',
        b'container_x{image="registry.example/app@sha256:00",secret="no=yes"} 1 1764000000000\n',
        b"Forbidden (user=system:serviceaccount:a:agent, verb=get, resource=nodes, subresource=metrics)",
    ],
)
def test_what_only_looks_like_a_secret_stays(body: bytes) -> None:
    path = "/pods" if body.startswith(b"{") else "/metrics/cadvisor"
    assert redact(seen(path, body)).exchanges[0].body == body


@pytest.mark.parametrize(
    "line",
    [
        "Metrics provider returned nil stats for container: secret-store/token-issuer/app",
        "text format parsing error in line 4: second TYPE line",
        "dial tcp 10.0.0.7:10255: connect: connection refused",
        "DD_CONTAINER_EXCLUDE=kube_namespace:sandbox",
    ],
)
def test_a_logs_lines_that_matter_stay(line: str) -> None:
    assert redact(logged(line)).agent_log == line


@pytest.mark.parametrize("kind", ["tokens", "Authorization", "Cookie", "environment", "PEM", "URL", "command lines"])
def test_the_note_says_what_was_taken_out(kind: str) -> None:
    assert kind in " ".join(NOTES)
    assert kind.encode() in saved_bytes(pods(env(SECRET)))


LARGE = 1 << 18
HOSTILE = {
    "the beginning of a JWT": b"eyJ",
    "beginnings and dots": b"eyJaaaaa.",
    "flags": b"--token",
    "words": b"token",
    "assignments": b"token=",
    "bearers": b"bearer ",
    "beginnings of keys": b"-----BEGIN A-----",
    "apostrophes": b"token='",
    "escaped quotes": b'token=\\"',
    "values": b'"value":"',
    "nested values": b'\\"value\\":\\"',
    "URLs": b"://",
    "userinfo": b"://a:",
    "blanks": b"token" + b" " * 50,
    "dashes": b"-",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_time_it_takes_is_bounded(name: str) -> None:
    body = HOSTILE[name] * (LARGE // len(HOSTILE[name]))
    started = time.process_time()
    redact(Evidence(seen("/pods", b"{" + body).exchanges, pods=body, agent_log=body.decode()))
    assert time.process_time() - started < 2
