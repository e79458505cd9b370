"""Usage, limit and percent of a container, or the reason for a dash."""

import json
from collections.abc import Callable

import pytest

from kubesieve.agents import GO_7, PYTHON_10, Answer, Dash, Key, Row, Rules, View, kubelet_check

PLAIN = "text/plain; charset=utf-8"
WEB, DB = Key("team-a", "web-0", "app"), Key("team-b", "db-0", "db")


def rows(view: View, previous: View | None = None, seconds: float = 10) -> dict[Key, Row]:
    return {row.key: row for row in kubelet_check(view, GO_7, previous=previous, seconds=seconds).rows}


def with_series(healthy: dict[str, Answer], body: bytes) -> View:
    return View(healthy | {"/metrics/cadvisor": Answer(200, PLAIN, body)})


def test_two_scrapes_give_both_percentages(healthy: dict[str, Answer], later: View) -> None:
    web = rows(later, View(healthy))[WEB]
    assert web.cpu_usage.value == pytest.approx(0.1)
    assert (web.cpu_limit.value, web.cpu_pct.value) == (0.5, pytest.approx(20))
    assert (web.memory_usage.value, web.memory_limit.value) == (64 << 20, 256 << 20)
    assert web.memory_pct.value == pytest.approx(25)


def test_a_container_without_limits_has_usage_and_two_dashes_by_design(healthy: dict[str, Answer], later: View) -> None:
    db = rows(later, View(healthy))[DB]
    assert (db.cpu_usage.value, db.memory_usage.value) == (pytest.approx(0.2), 5 << 20)
    assert (db.cpu_pct.dash, db.memory_pct.dash) == (Dash.NO_LIMIT, Dash.NO_LIMIT)


def test_one_scrape_gives_no_cpu_rate(healthy: dict[str, Answer]) -> None:
    found = rows(View(healthy))
    assert found[WEB].cpu_pct.dash is Dash.ONE_SCRAPE
    assert found[DB].cpu_pct.dash is Dash.NO_LIMIT


def test_a_counter_that_went_back_gives_no_rate(healthy: dict[str, Answer], later: View) -> None:
    assert rows(View(healthy), later)[WEB].cpu_usage.dash is Dash.COUNTER_RESET


def test_no_time_between_two_scrapes_gives_no_rate(healthy: dict[str, Answer], later: View) -> None:
    assert rows(later, View(healthy), seconds=0)[WEB].cpu_usage.dash is Dash.ONE_SCRAPE


def test_a_restarted_container_counts_by_its_last_row_and_starts_a_new_rate(
    healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    """cAdvisor keeps the dead container's cgroup for a while: two rows that differ in id and name."""
    stale = series("container_cpu_usage_seconds_total", 300, name="c0", id="/kubepods/poda/c0")
    now = healthy["/metrics/cadvisor"].body.replace(b"counter\n", b"counter\n" + stale)
    assert rows(with_series(healthy, now), View(healthy))[WEB].cpu_usage.value == 0
    old = with_series(healthy, b"# TYPE container_cpu_usage_seconds_total counter\n" + stale)
    assert rows(View(healthy), old)[WEB].cpu_usage.dash is Dash.ONE_SCRAPE


@pytest.mark.parametrize("label", ["namespace", "name", "image", "id", "container", "pod"])
def test_a_row_counts_only_with_all_six_labels(
    label: str, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    body = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", 9, **{label: None})
    assert rows(with_series(healthy, body))[WEB].memory_usage.value is None


@pytest.mark.parametrize("label", ["image", "id"])
def test_a_proxy_that_drops_an_empty_label_makes_a_dash(
    label: str, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    head = b"# TYPE container_memory_usage_bytes gauge\n"
    kept = rows(with_series(healthy, head + series("container_memory_usage_bytes", 9, **{label: ""})))[WEB]
    dropped = rows(with_series(healthy, head + series("container_memory_usage_bytes", 9, **{label: None})))[WEB]
    assert (kept.memory_usage.value, dropped.memory_usage.dash) == (9, Dash.LABELS_MISSING)


def test_memory_usage_needs_a_name_that_is_not_empty(healthy: dict[str, Answer], series: Callable[..., bytes]) -> None:
    body = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", 9, name="")
    assert rows(with_series(healthy, body))[WEB].memory_usage.dash is Dash.NO_SAMPLE


@pytest.mark.parametrize("sandbox", ["", "POD"])
def test_neither_spelling_of_the_pause_container_is_a_container(
    sandbox: str, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    body = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", 9, container=sandbox)
    found = rows(with_series(healthy, body))
    assert set(found) == {WEB, DB}
    assert found[WEB].memory_usage.dash is Dash.NO_SAMPLE


def test_a_runtime_with_pod_rows_only_is_no_sample_not_filtered(
    healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    """gVisor, or a kubelet that does not reach the runtime's socket."""
    other = series("container_memory_usage_bytes", 1, container="db", namespace="team-b", pod="db-0", name="c2")
    pod_row = series("container_memory_usage_bytes", 9, container="", image="", name="")
    found = rows(with_series(healthy, b"# TYPE container_memory_usage_bytes gauge\n" + pod_row + other))
    assert found[WEB].memory_pct.dash is Dash.NO_SAMPLE


def test_series_without_a_namespace_the_pod_list_has_are_filtered(
    healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    """A proxy that filters the series and leaves the pod list as it is."""
    lines = healthy["/metrics/cadvisor"].body.splitlines(keepends=True)
    found = rows(with_series(healthy, b"".join(line for line in lines if b"team-a" not in line)))
    assert (found[WEB].cpu_pct.dash, found[WEB].memory_pct.dash) == (Dash.FILTERED, Dash.FILTERED)
    assert found[DB].memory_usage.value == 5 << 20


def test_series_of_a_container_that_the_pod_list_lacks_are_nobodys(
    healthy: dict[str, Answer], pod_list: Callable[..., Answer]
) -> None:
    others = json.loads(healthy["/pods"].body)["items"][1:]
    found = rows(View(healthy | {"/pods": pod_list(*others)}))
    assert (found[WEB].cpu_pct.dash, found[WEB].memory_usage.dash) == (Dash.NOT_IN_PODS, Dash.NOT_IN_PODS)


def test_a_failed_pod_list_is_the_reason_for_every_dash(healthy: dict[str, Answer]) -> None:
    found = rows(View(healthy | {"/pods": Answer(403, PLAIN, b"Forbidden")}))
    assert {row.cpu_pct.dash for row in found.values()} == {Dash.POD_LIST_FAILED}
    assert {row.memory_limit.dash for row in found.values()} == {Dash.POD_LIST_FAILED}


def test_failed_series_are_told_before_missing_limits(healthy: dict[str, Answer]) -> None:
    found = rows(View(healthy | {"/metrics/cadvisor": Answer(500, PLAIN, b"Internal Error")}))
    assert {row.cpu_pct.dash for row in found.values()} == {Dash.CHECK_FAILED}
    assert found[WEB].cpu_limit.value == 0.5


@pytest.mark.parametrize(
    ("phase", "cid", "dash"),
    [
        ("Running", None, Dash.NO_CONTAINER_ID),
        ("Pending", None, Dash.NO_CONTAINER_ID),
        ("Succeeded", "c1", Dash.NOT_RUNNING),
        ("Failed", "c1", Dash.NOT_RUNNING),
    ],
)
def test_limits_are_reported_of_running_and_pending_pods_with_a_container_id(
    phase: str,
    cid: str | None,
    dash: Dash,
    healthy: dict[str, Answer],
    pod: Callable[..., dict[str, object]],
    pod_list: Callable[..., Answer],
) -> None:
    """Static pods of old kubelets stay Pending without any status."""
    item = pod("team-a", "web-0", "app", cid, phase=phase, resources={"limits": {"cpu": "1"}})
    web = rows(View(healthy | {"/pods": pod_list(item)}))[WEB]
    assert (web.cpu_limit.dash, web.cpu_pct.dash) == (dash, dash)


@pytest.mark.parametrize(("limit", "dash"), [("lots", Dash.LIMIT_UNREADABLE), ("0", Dash.NO_LIMIT)])
def test_a_limit_that_is_none(
    limit: str,
    dash: Dash,
    healthy: dict[str, Answer],
    pod: Callable[..., dict[str, object]],
    pod_list: Callable[..., Answer],
) -> None:
    item = pod("team-a", "web-0", "app", "c1", resources={"limits": {"cpu": limit}})
    assert rows(View(healthy | {"/pods": pod_list(item)}))[WEB].cpu_limit.dash is dash


def test_usage_pct_is_joined_on_name_and_wants_the_usage_family_first(series: Callable[..., bytes]) -> None:
    from kubesieve.agents.cadvisor import read_cadvisor
    from kubesieve.agents.families import read_text
    from kubesieve.agents.pods import Container
    from kubesieve.agents.rules import Parser

    web = Container(WEB, "u", "Running", "containerd://c1", stopped=False, host_network=False, limits={}, requests={})
    usage = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", 64)
    limit = b"# TYPE container_spec_memory_limit_bytes gauge\n" + series("container_spec_memory_limit_bytes", 256)
    for body, expected in (
        (usage + limit, {WEB: 0.25}),
        (limit + usage, {}),
        (usage + limit.replace(b'name="c1"', b'name="c9"'), {}),
        (usage + limit.replace(b"256", b"0"), {}),
    ):
        assert read_cadvisor(read_text(body, Parser.EXPFMT).families, [web]).memory_pct == expected


@pytest.mark.parametrize("value", ["NaN", "+Inf"])
def test_what_is_not_finite_was_not_measured(
    value: str, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    body = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", value)
    assert rows(with_series(healthy, body))[WEB].memory_pct.dash is Dash.NO_SAMPLE


@pytest.mark.parametrize("stamp", ["1764000000000", "-62135596800000", "0"])
def test_a_timestamp_of_any_size_does_not_matter(
    stamp: str, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    body = b"# TYPE container_memory_usage_bytes gauge\n" + series("container_memory_usage_bytes", f"9 {stamp}")
    assert rows(with_series(healthy, body))[WEB].memory_usage.value == 9


@pytest.mark.parametrize(("rules", "usage"), [(PYTHON_10, 64 << 20), (GO_7, None)], ids=["python", "go"])
def test_bodies_joined_one_after_the_other_repeat_type_lines_which_only_the_python_check_forgives(
    rules: Rules, usage: int | None, healthy: dict[str, Answer]
) -> None:
    """What a filter does that runs once for each namespace."""
    lines = healthy["/metrics/cadvisor"].body.splitlines(keepends=True)
    parts = (b"".join(line for line in lines if other not in line) for other in (b"team-b", b"team-a"))
    report = kubelet_check(with_series(healthy, b"".join(parts)), rules)
    assert {row.key: row for row in report.rows}[WEB].memory_usage.value == usage
