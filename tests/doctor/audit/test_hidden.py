"""Where a foreign name can hide from a search for rows and items: found; and what only looks like one: not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubesieve.doctor.audit.known import Known
from kubesieve.doctor.audit.words import names_in
from tests.doctor.audit.test_codes import (
    CADVISOR,
    FOREIGN,
    MINE,
    OTHER_BOX,
    OWN,
    THEIRS,
    codes,
    of_pod,
    podlist,
    sample,
    seen,
    stats,
)

SHM = "/var/lib/containers/storage/overlay-containers"
KNOWN = Known(
    frozenset({"team-a"}),
    frozenset({"network", "db", "team-b"}),
    frozenset({("team-b", "web-team-b"), ("team-b", "redis-0")}),
    named={"web-team-b": "team-b/web-team-b"},
)


def row(text: str) -> bytes:
    return text.encode() + b"\n"


def beside(body: bytes, **members: Any) -> bytes:
    return json.dumps({**json.loads(body), **members}).encode()


def container(**more: Any) -> bytes:
    return podlist({**MINE, "spec": {"containers": [{"name": "app", **more}]}})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        pytest.param(CADVISOR, row('x{"namespace"="team-b"} 1'), "KS0401", id="a quoted label"),
        pytest.param(CADVISOR, row('{"my.metric","namespace"="team-b"} 1'), "KS0401", id="a quoted name"),
        pytest.param(
            CADVISOR, row('x{a="namespace=\\"team-a\\"",namespace="team-b"} 1'), "KS0401", id="an allowed name spoofed"
        ),
        pytest.param(CADVISOR, row('x{ namespace = "team-b" , } 1'), "KS0401", id="blanks"),
        pytest.param(CADVISOR, row('x{namespace="team-a",namespace="team-b"} 1'), "KS0401", id="a label given twice"),
        pytest.param(CADVISOR, row('x{namespace="team-a",pod_namespace="team-b"} 1'), "KS0414", id="another label"),
        pytest.param(
            CADVISOR, row(f'x{{namespace="team-a",id="/kubepods/pod{FOREIGN}"}} 1'), "KS0406", id="under an own name"
        ),
        pytest.param(CADVISOR, row('machine_x{pod="web-team-b"} 1'), "KS0406", id="a pod without a namespace"),
        pytest.param(
            CADVISOR, row(f'x{{namespace="",device="{SHM}/{OTHER_BOX}/shm"}} 1'), "KS0406", id="a device of CRI-O"
        ),
        pytest.param(CADVISOR, row("# of team-b/web-team-b"), "KS0406", id="a comment"),
        pytest.param(CADVISOR, row(f"# HELP x of {FOREIGN}"), "KS0406", id="a help text"),
        pytest.param(
            CADVISOR, row('x_total{namespace="team-a"} 1 # {namespace="team-b"} 1'), "KS0406", id="an exemplar"
        ),
        pytest.param("/pods", beside(podlist(MINE), Items=[THEIRS]), "KS0404", id="items in another case"),
        pytest.param("/pods", beside(podlist(MINE), hidden={"all": [THEIRS]}), "KS0404", id="another member"),
        pytest.param("/pods", podlist({"Metadata": THEIRS["metadata"]}), "KS0402", id="an item of nobody's"),
        pytest.param(
            "/pods", b'{"items":[{"metadata":{"namespace":"team-b"}}],"items":[]}', "KS0402", id="a member given twice"
        ),
        pytest.param(
            "/stats/summary",
            stats(of_pod("team-a"), cpu={"pods": [{"podRef": {"namespace": "team-b"}}]}),
            "KS0404",
            id="in the node's CPU",
        ),
        pytest.param(CADVISOR, row("# dropped 12 series of team-b"), "KS0406", id="a namespace in a comment"),
        pytest.param(
            CADVISOR, row("# HELP x (allowed: team-a denied: team-b)"), "KS0406", id="a namespace in a help text"
        ),
        pytest.param("/pods", beside(podlist(MINE), metadata={"x": "team-b"}), "KS0404", id="a word beside the list"),
        pytest.param("/healthz", b'ok: pod "web-team-b" runs', "KS0415", id="in good health"),
    ],
)
def test_a_foreign_name_is_found_wherever_it_stands(path: str, body: bytes, code: str) -> None:
    assert code in codes(seen(path, body))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(CADVISOR, row('x{namespace="team-a",cluster_namespace="platform"} 1'), id="no namespace here"),
        pytest.param(CADVISOR, row('x{namespace="team-a",a="# {namespace=\\"team-b\\"}"} 1'), id="no exemplar"),
        pytest.param(CADVISOR, row("# HELP x of team-b.example and my-team-b"), id="a part of another word"),
        pytest.param(CADVISOR, row("# HELP x of team-a/web-team-a"), id="an own pod in a comment"),
        pytest.param(CADVISOR, sample(f'namespace="team-a",id="/kubepods/pod{OWN}"'), id="an own pod's id"),
        pytest.param("/pods", container(env=[{"name": "PEER", "value": FOREIGN}]), id="the user's environment"),
        pytest.param("/pods", container(args=[f"--peer={FOREIGN}"]), id="the user's arguments"),
        pytest.param("/healthz", b"ok", id="ok"),
    ],
)
def test_what_is_the_callers_own_is_no_leak(path: str, body: bytes) -> None:
    assert not {code for code in codes(seen(path, body)) if code.startswith("KS04")}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"# TYPE container_network_receive_bytes_total counter", False),
        (b"\x0a\x1dcontainer_network_receive_total", False),
        (b"\x0a\x09container\x12\x02db", False),
        (b"try /metrics/cadvisor", False),
        (b"\x0a\x09namespace\x12\x02db", True),
        (b'stats of pod "db-0_network(5f)"', True),
        (b"the network is unreachable", False),
        (b"no stats of team-b/web-0", True),
        (b"no pods in namespace team-b", True),
        (b"GET /api/v1/namespaces/team-b/pods", True),
        (b"pod 'web-team-b'", True),
        (b'failed to get stats of "redis-0_team-a(5f)"', False),
        (b'failed to get stats of "redis-0_team-b(5f)"', True),
        (b"pod 'redis-0'", False),
        (b'{"class":"network"}', False),
        (b'{"namespace":"network"}', True),
    ],
)
def test_a_name_counts_where_names_stand(body: bytes, named: bool) -> None:
    assert bool(list(names_in(body, KNOWN))) == named
