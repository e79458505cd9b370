"""An agent's log and status page: the lines that matter, however they are decorated, and no harm from the others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.doctor.views.agent_log import Said, read_agent_log

STAMP = "2026-11-25 12:00:00 UTC | CORE | {} | (comp/core/check.go:42 in Run) | "
NIL = "Metrics provider returned nil stats for container: sandbox/pod-with-limits/nginx"
LINES: list[tuple[str, Said, str]] = [
    (NIL, Said.NIL_STATS, "sandbox/pod-with-limits/nginx"),
    ("Metrics provider returned nil stats for container 0a8f", Said.NIL_STATS, "0a8f"),
    ("Error reporting metrics: text format parsing error in line 4: second TYPE line", Said.PARSE_ERROR, "4"),
    ("unable to reliably determine the host name. You can define one", Said.NO_HOST_NAME, ""),
    ("unable to determine hostname", Said.NO_HOST_NAME, ""),
    (
        "Get https://10.0.0.7:10250/pods: dial tcp 10.0.0.7:10250: connect: connection refused",
        Said.PORT_REFUSED,
        "10250",
    ),
    ("dial tcp [2001:db8::1]:8443: connect: connection refused", Said.PORT_REFUSED, "8443"),
    ('Get "http://10.0.0.7:10255/metrics": EOF', Said.PLAIN_PORT, "10255"),
    (
        "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
        Said.NO_IP_SAN,
        "10.0.0.7",
    ),
    ("x509: certificate signed by unknown authority", Said.UNKNOWN_AUTHORITY, "authority"),
    ("unexpected status code 401 on https://10.0.0.7:10250/pods: Unauthorized", Said.UNAUTHORIZED, "401"),
    ("HTTPError: 401 Client Error: Unauthorized for url", Said.UNAUTHORIZED, ""),
    ("unexpected status code 403 on https://10.0.0.7:10250/spec", Said.FORBIDDEN, "403"),
    ("403 Client Error: Forbidden for url: https://10.0.0.7:10250/spec/", Said.FORBIDDEN, ""),
    ("Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=stats)", Said.FORBIDDEN, "Forbidden"),
    ("Container nginx is excluded", Said.EXCLUDED, "nginx"),
    ("DD_CONTAINER_EXCLUDE=kube_namespace:sandbox", Said.EXCLUDED, "kube_namespace:sandbox"),
    ("container_exclude: [kube_namespace:.*]", Said.EXCLUDED, "[kube_namespace:.*]"),
    ("DD_CONTAINER_EXCLUDE_METRICS=image:nginx", Said.EXCLUDED, "image:nginx"),
    ("nodeName is empty in the answer of /stats/summary", Said.NO_NODE_NAME, ""),
]
DECORATED = {
    "as it is": "{}",
    "with a stamp": STAMP.format("DEBUG") + "{}",
    "in colour": "\x1b[36m" + STAMP.format("DEBUG") + "\x1b[0m{}\x1b[0m",
    "coloured behind": "{}\x1b[0m",
    "with a carriage return": "{}\r",
    "indented, as a status page": "      {}",
    "behind binary": "\x00\x01\ufffd{}",
}


@pytest.mark.parametrize(("line", "said", "about"), LINES)
@pytest.mark.parametrize("how", DECORATED)
def test_a_line_that_matters(line: str, said: Said, about: str, how: str) -> None:
    text = "first\n" + DECORATED[how].format(line) + "\nlast\n"
    found = read_agent_log(text).of(said)
    assert [(one.line, one.about) for one in found] == [(2, about)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Metrics provider returned stats for container: a/b/c",
        "listening on http://127.0.0.1:102550",
        "dial tcp 10.0.0.7:10250: i/o timeout",
        "unexpected status code 404 on /metrics/slis",
        "200 Client",
        "the hostname is node-1",
        "DD_CONTAINER_INCLUDE=kube_namespace:sandbox",
        "DD_CONTAINER_EXCLUDE=",
        "container_exclude: ",
        "container_exclude: []",
        "DD_CONTAINER_EXCLUDE_LOGS=kube_namespace:sandbox",
        "Container nginx is running",
    ],
)
def test_a_line_that_says_nothing_of_it(line: str) -> None:
    assert read_agent_log(line).remarks == ()


def test_lines_are_counted_as_editors_count_them() -> None:
    text = "a\x0bb\x0cc\x1cd\u2028e\x85f\r\n\r\nthen\r" + NIL + "\n"
    assert [one.line for one in read_agent_log(text).remarks] == [3]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Agent (v7.55.1)\n=====", "7.55.1"),
        ("Agent v7.62.0 - Commit: x", "7.62.0"),
        ("Agent 6.14.0 - Commit", "6.14.0"),
        ("Cluster agent of another", ""),
        ("", ""),
    ],
)
def test_the_agents_version(text: str, version: str) -> None:
    assert read_agent_log(text).version == version


def test_a_line_that_is_too_long_is_read_as_far_as_it_may_be() -> None:
    assert len(read_agent_log(NIL + "x" * 10_000_000).remarks[0].about) == 200
    assert read_agent_log("x" * 5000 + NIL).remarks == ()


HOSTILE = {
    "node names": "nodename " * 400,
    "node names that are empty": "nodename empty " * 300,
    "URLs": "http://" * 600,
    "colons": "dial tcp " + ":1" * 2000,
    "blanks": "container_exclude" + " " * 4000,
    "escapes": "\x1b[" * 2000,
    "escapes with numbers": "\x1b[1;" * 1000,
    "agents": "Agent (v" + "1." * 2000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_time_it_takes_is_bounded(name: str) -> None:
    started = time.process_time()
    read_agent_log("\n".join([HOSTILE[name]] * 200))
    assert time.process_time() - started < 2


def test_a_large_log_in_fair_time() -> None:
    started = time.process_time()
    found = read_agent_log((STAMP.format("INFO") + "all is well\n") * 50_000 + NIL)
    assert [one.line for one in found.remarks] == [50_001]
    assert time.process_time() - started < 3


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace")))
def test_any_text(text: str) -> None:
    assert all(one.line >= 1 and len(one.about) <= 200 for one in read_agent_log(text).remarks)
