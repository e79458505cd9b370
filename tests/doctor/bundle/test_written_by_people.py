"""Secrets where people and their tools write them: annotations, commands, logs; and what a server gives back."""

from __future__ import annotations

import asyncio
import json

import pytest

from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.collect.asking import Asker, first_asks
from kubesieve.doctor.evidence import Evidence, Exchange, Source
from kubesieve.doctor.views.pods import CONFIG_HASH
from tests.doctor.collect.raw_server import serving

SECRET = "hunter2hunter2"


def pods(annotations: dict[str, str], **container: object) -> bytes:
    metadata = {"namespace": "a", "name": "web", "uid": "u", "annotations": annotations}
    return json.dumps(
        {"items": [{"metadata": metadata, "spec": {"containers": [{"name": "c", **container}]}}]}
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        pods({"ad.datadoghq.com/redis.instances": json.dumps([{"host": "h", "password": SECRET}])}),
        pods({"ad.datadoghq.com/pg.checks": json.dumps({"pg": {"instances": [{"pass": SECRET}]}})}),
        pods({"x/yaml": f"db:\n  password: {SECRET}\n"}),
        pods({}, command=["sh", "-c", f"mysql -p{SECRET}"]),
        pods({}, args=["--password", SECRET]),
        pods({}, livenessProbe={"exec": {"command": ["redis-cli", "-a", SECRET]}}),
        json.dumps({"message": f"app --password {SECRET} -H 'X-Api-Key: {SECRET}'"}).encode(),
        json.dumps({"message": json.dumps({"api_key": SECRET})}).encode(),
    ],
)
def test_it_is_in_no_byte_of_what_is_kept(body: bytes) -> None:
    kept = redact(Evidence((Exchange(Source.DIRECT, "/pods", 200, {}, body),))).exchanges[0].body
    assert SECRET.encode() not in kept
    assert isinstance(json.loads(kept), dict)


@pytest.mark.parametrize(
    "line",
    [
        f"pass: {SECRET}",
        f"password is {SECRET}",
        f"X-Auth: {SECRET}",
        f"Cookie: s={SECRET}",
        f'{{\\"api_key\\":\\"{SECRET}\\"}}',
    ],
)
def test_nor_in_a_log(line: str) -> None:
    assert SECRET not in (redact(Evidence(agent_log=f"2026 INFO {line} done\n")).agent_log or "")


def test_annotations_that_say_which_pod_it_is_stay() -> None:
    body = pods({CONFIG_HASH: "0f0e", "vcluster.loft.sh/object-name": "web", "note": "x"})
    kept = json.loads(redact(Evidence((Exchange(Source.DIRECT, "/pods", 200, {}, body),))).exchanges[0].body)
    notes = kept["items"][0]["metadata"]["annotations"]
    assert notes == {CONFIG_HASH: "0f0e", "vcluster.loft.sh/object-name": "web", "note": "[redacted]"}


def test_a_token_that_a_server_gives_back_stays_here() -> None:
    from yarl import URL

    from kubesieve.entrance import Entrance

    body = f"you showed {SECRET}\n".encode()
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body

    async def ask(url: str) -> list[Exchange]:
        async with Asker(Source.PROXY, Entrance(URL(url), None, f"Bearer {SECRET}"), 3.0) as asker:
            return await asker.ask(first_asks(), 1)

    with serving({"/pods": answer}) as server:
        exchanges = asyncio.run(ask(server.url))
    assert b"you showed [redacted token]" in b"".join(one.body for one in exchanges)
    assert SECRET not in repr(exchanges)
