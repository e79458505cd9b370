"""How fast a big pod list is filtered: both readers of kubesieve and peers, in one run on one body.

Nothing is timed before all have given the same pods; nothing is asserted of the times: read the table.
"""

from __future__ import annotations

import json

import msgspec
from rounds import Contender, Run, about, measure, show

from kubesieve.compiled import compiled
from kubesieve.kubelet import listed
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.kubelet.podlist import PodList, read_podlist
from kubesieve.sieve import Policy, answer
from kubesieve.stage.node import BORN, build_node
from kubesieve.stage.podlist import pods

BODY_BYTES = 10_000_000
NAMESPACES = 20
PODS = BY_PATH["/pods"]
TENANTS = tuple(Policy(frozenset({f"team-{index:02d}"})) for index in range(NAMESPACES))


def make_body() -> bytes:
    """A pod list of about the wanted size. The same bytes in every run."""
    some = 200
    size = len(pods(build_node(pods=some, namespaces=NAMESPACES, story=False), BORN + 3600))
    return pods(build_node(pods=some * BODY_BYTES // size, namespaces=NAMESPACES, story=False), BORN + 3600)


def with_stdlib(body: bytes) -> bytes:
    """What a careful proxy does for one tenant: read all, keep some, write them."""
    return json.dumps(_kept(json.loads(body))).encode()


def with_msgspec(body: bytes) -> bytes:
    return msgspec.json.encode(_kept(msgspec.json.decode(body)))


def _kept(value: dict[str, list[dict[str, dict[str, str]]]]) -> object:
    return {**value, "items": [item for item in value["items"] if item["metadata"]["namespace"] == "team-00"]}


def plainly(body: bytes) -> PodList:
    scan, listed._scan = listed._scan, None
    try:
        return read_podlist(body)
    finally:
        listed._scan = scan


def one_answer(body: bytes) -> bytes:
    return answer(PODS, read_podlist(body), TENANTS[0]).body


def twenty_answers(body: bytes) -> object:
    """As the gateway does it: read once, then an answer for each tenant."""
    scanned = read_podlist(body)
    return [answer(PODS, scanned, tenant) for tenant in TENANTS]


def twenty_plain_answers(body: bytes) -> object:
    scanned = plainly(body)
    return [answer(PODS, scanned, tenant) for tenant in TENANTS]


def one_more() -> Run:
    """From a list already read."""
    made: list[PodList] = []

    def run(body: bytes) -> object:
        if not made:
            made.append(read_podlist(body))
        return answer(PODS, made[0], TENANTS[1])

    return run


def contenders() -> tuple[Contender, ...]:
    compiled_rows = (
        Contender("compiled, one tenant", 1, one_answer),
        Contender(f"compiled, read once, {NAMESPACES} tenants", NAMESPACES, twenty_answers),
        Contender("compiled, one more tenant", 1, one_more()),
    )
    return (
        Contender("stdlib json, one tenant", 1, with_stdlib),
        *(compiled_rows if compiled("json_list") else ()),
        Contender(f"plain, read once, {NAMESPACES} tenants", NAMESPACES, twenty_plain_answers),
        Contender("msgspec, one tenant (checks less)", 1, with_msgspec),
    )


def check(body: bytes) -> None:
    """That all give the same pods of the tenant, before anything is timed."""
    wanted = json.loads(with_stdlib(body))
    assert len(wanted["items"]) > 1
    for made in (with_msgspec(body), one_answer(body), answer(PODS, plainly(body), TENANTS[0]).body):
        assert json.loads(made) == wanted, "not the same pods"


def main() -> None:
    body, rows = make_body(), contenders()
    check(body)
    print(about("/pods", body, f"{NAMESPACES} namespaces"))
    show(rows, measure(body, rows))


if __name__ == "__main__":
    main()
