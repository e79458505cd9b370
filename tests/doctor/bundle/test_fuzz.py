"""Bytes of a good bundle, changed: a good Evidence or a fault of ours, and what is read can be told."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kubesieve.doctor.bundle.loading import load
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.evidence import Evidence
from kubesieve.doctor.reports import FORMS, render
from kubesieve.faults import OwnFault
from tests.doctor.bundle.made import manifest, members, with_manifest, zipped

SLOTS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6)


def good_or_refused(raw: bytes) -> Evidence | None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(raw)
        try:
            found = load(path)
        except OwnFault as fault:
            assert fault.sentence.startswith("expected ")
            return None
        diagnosis = diagnose(found)
        for form in FORMS:
            assert render(diagnosis, form).encode()
        return found


def raw_zip(files: dict[str, bytes]) -> bytes:
    with TemporaryDirectory() as folder:
        return zipped(Path(folder) / "x.zip", files).read_bytes()


GOOD = raw_zip(members())


def with_bytes(content: bytes, slots: list[tuple[int, int]]) -> bytes:
    found = bytearray(content)
    for at, value in slots:
        found[at % len(found)] = value
    return bytes(found)


@given(SLOTS, st.integers(0, len(GOOD)))
def test_bytes_of_the_zip(slots: list[tuple[int, int]], end: int) -> None:
    good_or_refused(with_bytes(GOOD, slots))
    good_or_refused(GOOD[:end])


@given(SLOTS, st.sampled_from(sorted(members())))
def test_bytes_of_a_member(slots: list[tuple[int, int]], name: str) -> None:
    good_or_refused(raw_zip({**members(), name: with_bytes(members()[name], slots)}))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(max_size=20) | st.sampled_from(["\ud800", "\x1b[31m", "a\nb", "{0}", "{x}", "%s", "</script>", "|"])
EXCHANGE = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["direct", "proxy"]),
        "target": st.sampled_from(["/pods", "/stats/summary", "/metrics/cadvisor", "/healthz", "/spec/"]) | TEXTS,
        "method": st.just("GET") | TEXTS,
        "status": st.none() | st.integers(0, 999) | st.sampled_from([200, 401, 403, 404, 500]),
        "headers": st.dictionaries(st.just("content-type") | TEXTS, TEXTS, max_size=2),
        "round": st.integers(1, 3),
        "at": st.floats(0, 1 << 40) | st.integers(0, 10),
        "took": st.floats(0, 10),
        "framing": st.fixed_dictionaries(
            {
                "said": st.sampled_from(["", "gzip"]) | TEXTS,
                "coding": st.sampled_from(["plain", "gzip", "broken gzip", "mangled gzip"]),
                "announced": st.none() | st.integers(0, 1 << 40),
                "received": st.integers(0, 1 << 40),
            }
        ),
        "failure": st.none()
        | st.fixed_dictionaries(
            {
                "reason": st.sampled_from(["upstream-tls", "upstream-timeout"]) | TEXTS,
                "sentence": TEXTS,
                "names": st.lists(TEXTS | st.sampled_from(["DNS:a", "IP:x", "IP:::1"]), max_size=2),
            }
        ),
        "sent_gzip": st.booleans(),
        "sent_token": st.booleans(),
        "body": st.sampled_from([None, "0000.body", "0001.body", "0002.body"]),
    }
)


@given(st.lists(EXCHANGE, max_size=5), TEXTS, st.floats(0, 1 << 40), TEXTS)
def test_whatever_a_manifest_may_say(exchanges: list[Any], url: str, expires: float, expected: str) -> None:
    door = {"url": f"https://{url}", "has_token": True, "token_expires": expires}
    changed = {**manifest(), "exchanges": exchanges, "expected": [expected], "doors": {"proxy": door, "direct": door}}
    good_or_refused(raw_zip(with_manifest(changed)))


@given(st.sampled_from(sorted(manifest())), ANY)
def test_any_value_of_a_key(key: str, value: Any) -> None:
    text = json.dumps({**manifest(), key: value}).encode()
    good_or_refused(raw_zip(with_manifest(text)))


ITEM = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["\ud800", "team-a"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "items",
                    "pods",
                    "metadata",
                    "spec",
                    "status",
                    "name",
                    "namespace",
                    "uid",
                    "containers",
                    "containerStatuses",
                    "state",
                    "running",
                    "startedAt",
                    "resources",
                    "limits",
                    "cpu",
                    "memory",
                    "podRef",
                    "node",
                    "fs",
                    "time",
                    "annotations",
                    "volume",
                    "pvcRef",
                    "containerID",
                    "phase",
                    "kind",
                    "usageNanoCores",
                    "startTime",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(ITEM, ITEM, st.sampled_from(["items", "pods"]))
def test_any_json_in_a_body(one: Any, other: Any, key: str) -> None:
    body = json.dumps({key: [one, other], "node": one}).encode()
    good_or_refused(raw_zip({**members(), "0000.body": body, "0001.body": body, "pods.json": body}))
