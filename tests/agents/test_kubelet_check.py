"""What one bad answer does to each check: its status, and whether the rows keep their numbers."""

from collections.abc import Callable

import pytest

from kubesieve.agents import GO_7, PYTHON_10, Answer, CheckReport, Dash, Endpoint, Rules, Status, View, kubelet_check

PLAIN = "text/plain; charset=utf-8"
FORBIDDEN = Answer(403, PLAIN, b"Forbidden (user=someone, verb=get, resource=nodes, subresource=metrics)")
UNAUTHORIZED = Answer(401, PLAIN, b"Unauthorized")
NOT_FOUND = Answer(404, PLAIN, b"404 page not found\n")
NOT_ALLOWED = Answer(405, PLAIN, b"Method Not Allowed\n")
BROKEN = Answer(500, PLAIN, b"Internal Error: no runtime\n")
SILENT = Answer(None, error="connection refused")
EMPTY = Answer(200, PLAIN)
STATUS = Answer(200, "application/json", b'{"kind":"Status","status":"Failure","code":403}')
NULL_ITEMS = Answer(200, "application/json", b'{"kind":"PodList","items":null}')
NULL_PODS = Answer(200, "application/json", b'{"node":{"nodeName":"n1"},"pods":null}')
NO_NODE = Answer(200, "application/json", b'{"pods":[]}')
HALF_FS = Answer(200, "application/json", b'{"node":{"fs":{"capacityBytes":9}},"pods":[]}')

INTACT, GONE, NO_ROWS = "rows intact", "every row a dash", "no rows"
OK, WARNING, ERROR = Status.OK, Status.WARNING, Status.ERROR


def state(report: CheckReport) -> str:
    """How the rows are: web-0 has both limits, so its memory percentage tells."""
    if not report.rows:
        return NO_ROWS
    row = next((row for row in report.rows if row.pod == "web-0"), None)
    return INTACT if row and row.memory_pct.value == pytest.approx(25) else GONE


@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
def test_a_healthy_node_is_ok_and_says_nothing(rules: Rules, healthy: dict[str, Answer]) -> None:
    report = kubelet_check(View(healthy), rules)
    assert (report.status, report.health, report.warnings, report.failure) == (OK, OK, (), None)
    assert (report.pods, state(report)) == (2, INTACT)
    assert (report.samples, report.metrics) == (3 + 6 + 1, 6)


@pytest.mark.parametrize(
    ("target", "answer", "status", "rows"),
    [
        ("/metrics", UNAUTHORIZED, ERROR, INTACT),
        ("/metrics", FORBIDDEN, ERROR, INTACT),
        ("/metrics", NOT_FOUND, ERROR, INTACT),
        ("/metrics", EMPTY, OK, INTACT),
        ("/metrics/cadvisor", FORBIDDEN, ERROR, GONE),
        ("/metrics/cadvisor", BROKEN, ERROR, GONE),
        ("/metrics/cadvisor", EMPTY, OK, GONE),
        ("/metrics/probes", NOT_FOUND, OK, INTACT),
        ("/metrics/probes", FORBIDDEN, ERROR, INTACT),
        ("/metrics/probes", NOT_ALLOWED, ERROR, INTACT),
        ("/spec", UNAUTHORIZED, ERROR, NO_ROWS),
        ("/spec", FORBIDDEN, ERROR, NO_ROWS),
        ("/spec", BROKEN, ERROR, NO_ROWS),
        ("/spec", NOT_FOUND, OK, INTACT),
        ("/pods", UNAUTHORIZED, OK, GONE),
        ("/pods", FORBIDDEN, OK, GONE),
        ("/pods", BROKEN, OK, GONE),
        ("/pods", NULL_ITEMS, OK, GONE),
        ("/pods", STATUS, OK, GONE),
        ("/stats/summary", FORBIDDEN, OK, INTACT),
        ("/stats/summary", NULL_PODS, ERROR, GONE),
        ("/stats/summary", NO_NODE, OK, INTACT),
        ("/stats/summary", HALF_FS, ERROR, GONE),
        ("/healthz", BROKEN, OK, INTACT),
        ("/healthz", UNAUTHORIZED, ERROR, NO_ROWS),
        ("/healthz", SILENT, ERROR, NO_ROWS),
    ],
)
def test_what_one_answer_does_to_the_python_check(
    target: str, answer: Answer, status: Status, rows: str, healthy: dict[str, Answer]
) -> None:
    report = kubelet_check(View(healthy | {target: answer}), PYTHON_10)
    assert (report.status, state(report)) == (status, rows)
    assert rows != NO_ROWS or report.samples == 0


@pytest.mark.parametrize(
    ("target", "answer", "status", "rows"),
    [
        ("/metrics", UNAUTHORIZED, WARNING, INTACT),
        ("/metrics", FORBIDDEN, WARNING, INTACT),
        ("/metrics", EMPTY, OK, INTACT),
        ("/metrics/cadvisor", FORBIDDEN, WARNING, GONE),
        ("/metrics/cadvisor", BROKEN, WARNING, GONE),
        ("/metrics/probes", NOT_FOUND, OK, INTACT),
        ("/metrics/probes", FORBIDDEN, WARNING, INTACT),
        ("/metrics/probes", NOT_ALLOWED, WARNING, INTACT),
        ("/metrics/slis", NOT_FOUND, OK, INTACT),
        ("/metrics/slis", FORBIDDEN, WARNING, INTACT),
        ("/spec/", FORBIDDEN, WARNING, INTACT),
        ("/spec/", NOT_FOUND, OK, INTACT),
        ("/pods", FORBIDDEN, WARNING, GONE),
        ("/pods", BROKEN, WARNING, GONE),
        ("/pods", NULL_ITEMS, WARNING, GONE),
        ("/stats/summary", FORBIDDEN, WARNING, INTACT),
        ("/stats/summary", NULL_PODS, OK, INTACT),
        ("/stats/summary", NO_NODE, OK, INTACT),
        ("/stats/summary", HALF_FS, OK, INTACT),
        ("/healthz", SILENT, ERROR, NO_ROWS),
    ],
)
def test_what_one_answer_does_to_the_go_check(
    target: str, answer: Answer, status: Status, rows: str, healthy: dict[str, Answer]
) -> None:
    report = kubelet_check(View(healthy | {target: answer}), GO_7)
    assert (report.status, state(report)) == (status, rows)


@pytest.mark.parametrize(("rules", "status", "rows"), [(PYTHON_10, ERROR, NO_ROWS), (GO_7, OK, INTACT)])
def test_a_null_item_crashes_the_python_check_and_is_skipped_by_the_go_check(
    rules: Rules, status: Status, rows: str, healthy: dict[str, Answer]
) -> None:
    with_null = healthy["/pods"].body.replace(b'"items": [', b'"items": [null, ')
    report = kubelet_check(View(healthy | {"/pods": Answer(200, "application/json", with_null)}), rules)
    assert (report.status, state(report)) == (status, rows)


@pytest.mark.parametrize(("rules", "rows"), [(PYTHON_10, GONE), (GO_7, INTACT)])
def test_gzip_on_pods_breaks_the_python_check_which_reads_the_raw_stream(
    rules: Rules, rows: str, healthy: dict[str, Answer]
) -> None:
    packed = Answer(200, "application/json", healthy["/pods"].body, {"content-encoding": "gzip"})
    assert state(kubelet_check(View(healthy | {"/pods": packed}), rules)) == rows


@pytest.mark.parametrize(("rules", "status"), [(PYTHON_10, OK), (GO_7, WARNING)])
def test_only_expfmt_agents_want_the_final_newline(rules: Rules, status: Status, healthy: dict[str, Answer]) -> None:
    cut = Answer(200, PLAIN, healthy["/metrics/cadvisor"].body[:-1])
    report = kubelet_check(View(healthy | {"/metrics/cadvisor": cut}), rules)
    assert (report.status, state(report)) == (status, INTACT if status is OK else GONE)


@pytest.mark.parametrize(("rules", "status"), [(PYTHON_10, ERROR), (GO_7, WARNING)])
def test_a_cut_body_is_a_fault_for_both_and_only_python_keeps_what_came_before(
    rules: Rules, status: Status, healthy: dict[str, Answer], series: Callable[..., bytes]
) -> None:
    cut = Answer(200, PLAIN, healthy["/metrics/cadvisor"].body + series("container_memory_rss", 1)[:-20])
    report = kubelet_check(View(healthy | {"/metrics/cadvisor": cut}), rules)
    words = "substring not found" if rules is PYTHON_10 else "text format parsing error in line 10"
    assert report.status is status
    assert words in report.warnings[0]
    assert state(report) == (INTACT if rules is PYTHON_10 else GONE)


@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
def test_without_type_lines_all_is_silent_and_every_row_a_dash(rules: Rules, healthy: dict[str, Answer]) -> None:
    lines = healthy["/metrics/cadvisor"].body.splitlines(keepends=True)
    bare = Answer(200, PLAIN, b"".join(line for line in lines if not line.startswith(b"#")))
    report = kubelet_check(View(healthy | {"/metrics/cadvisor": bare}), rules)
    assert (report.status, report.warnings, state(report)) == (OK, (), GONE)
    assert {row.memory_pct.dash for row in report.rows} == {Dash.UNTYPED}


@pytest.mark.parametrize(("rules", "health"), [(PYTHON_10, OK), (GO_7, ERROR)])
def test_only_the_go_check_looks_at_the_status_of_healthz(
    rules: Rules, health: Status, healthy: dict[str, Answer]
) -> None:
    assert kubelet_check(View(healthy | {"/healthz": BROKEN}), rules).health is health


def test_the_python_check_cannot_read_a_healthz_without_a_text_type(healthy: dict[str, Answer]) -> None:
    report = kubelet_check(View(healthy | {"/healthz?verbose=True": Answer(500, "", b"HTTP Error")}), PYTHON_10)
    assert (report.status, report.health) == (OK, ERROR)
    assert report.notices[0].endpoint is Endpoint.HEALTH


@pytest.mark.parametrize(
    ("rules", "target", "answer", "words"),
    [
        (PYTHON_10, "/spec", BROKEN, "500 Server Error: Internal Server Error for url: /spec?verbose=True"),
        (PYTHON_10, "/pods", FORBIDDEN, "failed to retrieve pod list from the kubelet at /pods?verbose=True : "),
        (PYTHON_10, "/stats/summary", FORBIDDEN, "GET on kubelet s `/stats/summary` failed: 403 Client Error"),
        (PYTHON_10, "/healthz", SILENT, "Unable to detect the kubelet URL automatically: connection refused"),
        (GO_7, "/healthz", SILENT, "Error initialising check: connection refused"),
        (GO_7, "/pods", NULL_ITEMS, "Error reporting metrics: pod list is invalid or null"),
        (
            GO_7,
            "/metrics",
            UNAUTHORIZED,
            "Error reporting metrics: text format parsing error in line 1: unexpected end of input stream",
        ),
        (
            GO_7,
            "/metrics",
            FORBIDDEN,
            "Error reporting metrics: text format parsing error in line 1: expected float as value",
        ),
        (
            GO_7,
            "/metrics",
            NOT_FOUND,
            "Error reporting metrics: text format parsing error in line 1: invalid metric name",
        ),
    ],
)
def test_the_agents_words(rules: Rules, target: str, answer: Answer, words: str, healthy: dict[str, Answer]) -> None:
    warnings = kubelet_check(View(healthy | {target: answer}), rules).warnings
    assert len(warnings) == 1
    assert warnings[0].startswith(words)


@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
def test_no_warning_quotes_a_body(rules: Rules, healthy: dict[str, Answer]) -> None:
    secret = Answer(403, PLAIN, b"Forbidden (user=secret-name {cause} {0})")
    for target in healthy:
        warnings = kubelet_check(View(healthy | {target: secret}), rules).warnings
        assert not any("secret-name" in words for words in warnings)


def test_a_naive_plain_http_proxy_ends_the_python_check_with_nothing(healthy: dict[str, Answer]) -> None:
    """It gets no token, so the kubelet says 401 to it, and it says 500 to the agent, whatever is asked."""
    refused = Answer(500, "text/plain", b"HTTP Error 401: Unauthorized")
    report = kubelet_check(View(dict.fromkeys(healthy, refused), token_sent=False), PYTHON_10)
    assert (report.status, report.samples, report.rows) == (ERROR, 0, ())
    assert (report.failure, report.token_sent) == (Dash.CHECK_FAILED, False)
    assert any("500 Server Error" in words and "/spec?verbose=True" in words for words in report.warnings)


def test_the_same_proxy_makes_the_go_check_warn_of_text_format_errors(healthy: dict[str, Answer]) -> None:
    refused = Answer(500, "text/plain", b"HTTP Error 401: Unauthorized")
    report = kubelet_check(View(dict.fromkeys(healthy, refused), token_sent=False), GO_7)
    assert (report.status, report.samples) == (WARNING, 0)
    assert sum("text format parsing error in line 1" in words for words in report.warnings) == 4


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[]", b"null", b'"x"', b"{", b"1" * 5000, b"[" * 100_000, b"\0\r\n"])
@pytest.mark.parametrize("rules", [PYTHON_10, GO_7], ids=lambda rules: rules.name)
def test_any_body_anywhere_gives_a_report(rules: Rules, body: bytes, healthy: dict[str, Answer]) -> None:
    for target in healthy:
        assert kubelet_check(View(healthy | {target: Answer(200, PLAIN, body)}), rules).agent == rules.name
