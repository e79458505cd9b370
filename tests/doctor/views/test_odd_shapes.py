"""Lists of pods and summaries of any shape: read into a view, never raised; what is missing is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.agents import Key
from kubesieve.doctor.views.json_fields import moment, number
from kubesieve.doctor.views.pods import ListFlaw, State, read_pods_view
from kubesieve.doctor.views.summary import read_summary_view
from kubesieve.doctor.views.text import read_text_view

WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    "",
    "x",
    "\ud800",
    [],
    {},
    [None],
    [[]],
    [1],
    {"a": 1},
    1 << 80,
)
POD: dict[str, Any] = {
    "metadata": {"namespace": "team-a", "name": "web-0", "uid": "u", "annotations": {"a": "b"}},
    "spec": {
        "nodeName": "n",
        "initContainers": [{"name": "setup"}],
        "containers": [{"name": "app", "resources": {"limits": {"cpu": "200m", "memory": "256Mi"}}}],
    },
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "app",
                "containerID": "containerd://aa",
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }
        ],
        "initContainerStatuses": [{"name": "setup", "state": {"terminated": {}}}],
    },
}
STATS: dict[str, Any] = {
    "podRef": {"namespace": "team-a", "name": "web-0", "uid": "u"},
    "startTime": "2026-01-01T00:00:00Z",
    "containers": [
        {
            "name": "app",
            "startTime": "2026-01-01T00:00:00Z",
            "cpu": {"time": "2026-01-01T00:00:00Z", "usageNanoCores": 1, "usageCoreNanoSeconds": 2},
            "memory": {"usageBytes": 3, "workingSetBytes": 4},
        }
    ],
    "volume": [{"pvcRef": {"name": "c", "namespace": "team-a"}}],
}
SUMMARY: dict[str, Any] = {"node": {"nodeName": "n", "fs": {"capacityBytes": 1, "usedBytes": 1}}, "pods": [STATS]}
LIST: dict[str, Any] = {"kind": "PodList", "items": [POD]}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in pairs for place in places(inner, (*path, key)))]


def changed(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at a place; gone altogether where the value is ``...``."""
    if not path:
        return None if value is ... else value
    copy = json.loads(json.dumps(whole))
    at = copy
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("whole", "read"), [(LIST, read_pods_view), (SUMMARY, read_summary_view)], ids=["pods", "summary"]
)
def test_any_value_in_any_place(whole: Any, read: Callable[[bytes], Any]) -> None:
    for path in places(whole):
        for value in (*WRONG, ...):
            view = read(json.dumps(changed(whole, path, value)).encode())
            for pod in view.pods.values():
                assert isinstance(pod.name, str)
            assert all(isinstance(one, str) for one in view.shown())


FLAWS = [
    (b"", ListFlaw.EMPTY_BODY),
    (b" \n", ListFlaw.EMPTY_BODY),
    (b"{", ListFlaw.NO_JSON),
    (b"\xff\xfe", ListFlaw.NO_JSON),
    (b"[" * 100_000, ListFlaw.NO_JSON),
    (b'{"items":' * 50_000, ListFlaw.NO_JSON),
    (b"null", ListFlaw.OTHER_KIND),
    (b"5", ListFlaw.OTHER_KIND),
    (b'"x"', ListFlaw.OTHER_KIND),
    (b"[]", ListFlaw.OTHER_KIND),
    (b"{}", ListFlaw.OTHER_KIND),
    (b'{"kind":"Status"}', ListFlaw.STATUS),
    (b'{"NAME":null}', ListFlaw.ITEMS_NULL),
    (b'{"NAME":5}', ListFlaw.OTHER_KIND),
    (b'{"NAME":{}}', ListFlaw.OTHER_KIND),
    (b'{"NAME":[null]}', ListFlaw.ITEM_NULL),
    (b'{"NAME":[]}', None),
    (b'{"NAME":[5]}', None),
]


@pytest.mark.parametrize(("body", "flaw"), FLAWS, ids=[repr(body[:20]) for body, _ in FLAWS])
def test_what_is_wrong_with_a_list(body: bytes, flaw: ListFlaw | None) -> None:
    assert read_pods_view(body.replace(b"NAME", b"items")).flaw is flaw
    assert read_summary_view(body.replace(b"NAME", b"pods")).flaw is flaw


def test_a_pod_as_it_should_be() -> None:
    [pod] = read_pods_view(json.dumps(LIST).encode()).pods.values()
    [setup, app] = sorted(pod.boxes, key=lambda box: not box.init)
    assert (app.name, app.id, app.state, app.started) == ("app", "aa", State.RUNNING, 1_767_225_600.0)
    assert app.limits == {"cpu": Fraction(1, 5), "memory": 1 << 28}
    assert (setup.init, setup.state) == (True, State.TERMINATED)


def test_a_single_pod_is_a_list_of_one() -> None:
    assert list(read_pods_view(json.dumps({"kind": "Pod", **POD}).encode()).pods) == [("team-a", "web-0")]


@pytest.mark.parametrize(
    "gone", [("status",), ("status", "containerStatuses"), ("status", "containerStatuses", 0, "state")]
)
def test_a_state_that_is_not_told_is_unknown(gone: tuple[Any, ...]) -> None:
    view = read_pods_view(json.dumps({"items": [changed(POD, gone, ...)]}).encode())
    assert view.boxes()[Key("team-a", "web-0", "app")][1].state is State.UNKNOWN


LIMITS = [
    ("1", Fraction(1)),
    (1, Fraction(1)),
    (0.5, Fraction(1, 2)),
    ("lots", None),
    ("", None),
    (None, None),
    ([], None),
]


@pytest.mark.parametrize(
    ("value", "limit"), [*LIMITS, ("1e64", Fraction(10**64)), ("1e999999999", None), ("9" * 999, None)]
)
def test_a_limit_is_a_quantity_or_unreadable(value: Any, limit: Fraction | None) -> None:
    path = ("items", 0, "spec", "containers", 0, "resources", "limits", "cpu")
    view = read_pods_view(json.dumps(changed(LIST, path, value)).encode())
    assert view.boxes()[Key("team-a", "web-0", "app")][1].limits["cpu"] == limit


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600.0),
        ("2026-01-01T00:00:00.5Z", 1_767_225_600.5),
        ("2026-01-01T00:00:00.123456789Z", 1_767_225_600.123456),
        ("2026-01-01T02:00:00+02:00", 1_767_225_600.0),
        ("2026-01-01T00:00:00", 1_767_225_600.0),
        ("1970-01-01T00:00:00Z", 0.0),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        *((value, None) for value in ("", "x", None, 5, (), "9999-99-99T00:00:00Z", "2026-01-01T25:00:00Z", "\ud800")),
    ],
)
def test_a_moment(value: Any, seconds: float | None) -> None:
    found = moment({"at": value}, "at")
    assert found == (pytest.approx(seconds) if seconds is not None else None)


@given(
    st.text(max_size=40)
    | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
    | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
)
def test_any_moment(text: str) -> None:
    assert isinstance(moment({"at": text}, "at"), float | None)


@pytest.mark.parametrize(
    ("value", "found"), [(0, 0.0), (1.5, 1.5), (True, None), ("1", None), (None, None), (1 << 2000, None)]
)
def test_0_is_0_and_absent_and_null_are_none(value: Any, found: float | None) -> None:
    assert number({"n": value}, "n") == found
    assert number({}, "n") is None


JSON = st.recursive(
    st.sampled_from(WRONG),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "pods", "metadata", "spec"]), inner)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body(body: bytes) -> None:
    assert read_pods_view(body).pods is not None
    assert read_summary_view(body).pods is not None
    view = read_text_view(body, keep_series=True)
    assert (view.fault is None) == view.readable
