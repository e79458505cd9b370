"""What the container check gets from /stats/summary, and the line it logs where there is nothing."""

from collections.abc import Callable

import pytest

from kubesieve.agents import Answer, Dash, Key, KnownContainer, View, container_check, known_containers

WEB = KnownContainer(Key("team-a", "web-0", "app"), "containerd://c1")
NIL = "Metrics provider returned nil stats for container: team-a/web-0/app"


def test_usage_of_a_container_that_runtime_pod_list_and_summary_know(healthy: dict[str, Answer]) -> None:
    (row,) = container_check(View(healthy), [WEB])
    assert (row.cpu_usage.value, row.memory_usage.value, row.log) == (0.1, 64 << 20, None)


@pytest.mark.parametrize(
    ("uid", "name"),
    [("uid-of-the-host-cluster", "app"), ("uid-web-0", "another")],
    ids=["a vcluster pod has another uid on the host", "no container of that name"],
)
def test_nil_stats_where_uid_or_name_do_not_join(
    uid: str, name: str, healthy: dict[str, Answer], summary: Callable[..., Answer]
) -> None:
    view = View(healthy | {"/stats/summary": summary((uid, name, {"cpu": {"usageNanoCores": 1}}))})
    (row,) = container_check(view, [WEB])
    assert (row.cpu_usage.dash, row.log) == (Dash.FILTERED, NIL)


@pytest.mark.parametrize("pods", [b'{"items":[]}', b"Forbidden"])
def test_nil_stats_where_the_pod_list_does_not_know_the_pod(pods: bytes, healthy: dict[str, Answer]) -> None:
    (row,) = container_check(View(healthy | {"/pods": Answer(200, body=pods)}), [WEB])
    assert row.log == NIL


@pytest.mark.parametrize("body", [b'{"pods":[]}', b'{"pods":null}', b"{}"])
def test_nil_stats_where_the_summary_was_200_without_the_pod(body: bytes, healthy: dict[str, Answer]) -> None:
    (row,) = container_check(View(healthy | {"/stats/summary": Answer(200, body=body)}), [WEB])
    assert row.log == NIL


@pytest.mark.parametrize("answer", [Answer(401), Answer(403), Answer(500), Answer(503), Answer(None, error="timeout")])
def test_another_line_where_the_summary_was_refused(answer: Answer, healthy: dict[str, Answer]) -> None:
    (row,) = container_check(View(healthy | {"/stats/summary": answer}), [WEB])
    assert row.cpu_usage.dash is Dash.CHECK_FAILED
    assert row.log is not None
    assert row.log.startswith("Container stats for: team-a/web-0/app not available")


@pytest.mark.parametrize(
    ("stats", "expected"),
    [({"usageBytes": 0}, 0), ({"usageBytes": None}, None), ({"workingSetBytes": 9}, None), ({}, None)],
)
def test_absent_and_null_are_not_measured_and_0_is(
    stats: dict[str, object], expected: float | None, healthy: dict[str, Answer], summary: Callable[..., Answer]
) -> None:
    view = View(healthy | {"/stats/summary": summary(("uid-web-0", "app", {"memory": stats}))})
    (row,) = container_check(view, [WEB])
    assert (row.memory_usage.value, row.log) == (expected, None)


def test_a_runtime_knows_the_running_containers_only(
    pod: Callable[..., dict[str, object]], pod_list: Callable[..., Answer]
) -> None:
    items = [pod("a", "x", "app", "c1"), pod("a", "done", "job", "c2", phase="Succeeded"), pod("a", "new", "app", None)]
    assert [one.key.pod for one in known_containers(pod_list(*items).body)] == ["x"]
