"""How fast a big pod list is filtered: both readers of kubesieve and peers, in one run on one body.

Nothing is timed before all have given the same pods; nothing is asserted of the times: read the table.
"""

from __future__ import annotations

import json

import msgspec
from filtering import NAMESPACES, Filtering, make_body
from rounds import Contender, about, measure, show

from kubesieve.compiled import compiled
from kubesieve.kubelet import listed
from kubesieve.kubelet.endpoints import BY_PATH
from kubesieve.kubelet.podlist import PodList, read_podlist
from kubesieve.stage.podlist import pods

PODS = BY_PATH["/pods"]


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


def contenders() -> tuple[Contender, ...]:
    readers = [Filtering("plain", PODS, plainly)]
    if compiled("json_list") is not None:
        readers.insert(0, Filtering("compiled", PODS, read_podlist))
    return (
        Contender("stdlib json, one tenant", 1, with_stdlib),
        *(row for reader in readers for row in reader.contenders()),
        Contender("msgspec, one tenant (checks less)", 1, with_msgspec),
    )


def check(body: bytes) -> None:
    """That all give the same pods of the tenant, before anything is timed."""
    wanted = json.loads(with_stdlib(body))
    assert len(wanted["items"]) > 1
    ours = (Filtering("", PODS, read).one_answer(body) for read in (read_podlist, plainly))
    for made in (with_msgspec(body), *ours):
        assert json.loads(made) == wanted, "not the same pods"


def main() -> None:
    body, rows = make_body(pods), contenders()
    check(body)
    print(about("/pods", body, f"{NAMESPACES} namespaces"))
    show(rows, measure(body, rows))


if __name__ == "__main__":
    main()
