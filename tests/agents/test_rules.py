"""What each agent reads, and in which order."""

import pytest

from kubesieve.agents import GO_7, PYTHON_10, Effect, Endpoint, Rules


def test_python_check_reads_with_queries_and_looks_for_probes_with_a_head() -> None:
    assert [(step.method, step.target) for step in PYTHON_10.steps[1:]] == [
        ("GET", "/healthz?verbose=True"),
        ("HEAD", "/metrics/probes"),
        ("GET", "/pods?verbose=True"),
        ("GET", "/spec?verbose=True"),
        ("GET", "/stats/summary?verbose=True"),
        ("GET", "/metrics/cadvisor"),
        ("GET", "/metrics"),
        ("GET", "/metrics/probes"),
    ]


def test_go_check_reads_slis_as_well() -> None:
    assert [step.target for step in GO_7.steps[1:]] == [
        "/healthz?verbose",
        "/pods",
        "/spec/",
        "/stats/summary",
        "/metrics/cadvisor",
        "/metrics",
        "/metrics/probes",
        "/metrics/slis",
    ]


@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
def test_neither_reads_metrics_resource(rules: Rules) -> None:
    assert not [step for step in rules.steps if "resource" in step.target]


def test_python_check_asks_for_text_and_takes_gzip_for_series_only() -> None:
    asked = {step.endpoint: step.headers for step in PYTHON_10.steps}
    assert asked[Endpoint.CADVISOR] == {"Accept": "text/plain", "Accept-Encoding": "gzip"}
    assert asked[Endpoint.PODS] == {}


def test_go_check_sends_no_accept_header() -> None:
    assert all(not step.headers for step in GO_7.steps)


@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
@pytest.mark.parametrize(
    ("status", "effect"),
    [
        (200, Effect.SKIP),
        (401, Effect.STOP),
        (None, Effect.STOP),
        (403, Effect.SKIP),
        (404, Effect.SKIP),
        (500, Effect.SKIP),
    ],
)
def test_only_401_and_transport_errors_fail_the_connection_test(
    rules: Rules, status: int | None, effect: Effect
) -> None:
    assert rules.steps[0].effect(status) is effect
