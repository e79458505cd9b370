"""Which answer a request gets from a view."""

import pytest

from kubesieve.agents import Answer, View

PLAIN, ASKED, HEAD = Answer(200, body=b"plain"), Answer(200, body=b"asked"), Answer(404)


@pytest.mark.parametrize(
    ("answers", "target", "method", "expected"),
    [
        ({"/pods": PLAIN, "/pods?verbose=True": ASKED}, "/pods?verbose=True", "GET", ASKED),
        ({"/pods": PLAIN}, "/pods?verbose=True", "GET", PLAIN),
        ({"/pods?verbose=True": ASKED}, "/pods", "GET", None),
        ({"/metrics/probes": PLAIN, "HEAD /metrics/probes": HEAD}, "/metrics/probes", "HEAD", HEAD),
        ({"/metrics/probes": PLAIN}, "/metrics/probes", "HEAD", PLAIN),
        ({"HEAD /metrics/probes": HEAD}, "/metrics/probes", "GET", None),
    ],
)
def test_the_exact_request_comes_first_then_its_path(
    answers: dict[str, Answer], target: str, method: str, expected: Answer | None
) -> None:
    found = View(answers).answer(target, method)
    assert found is expected if expected else found.status is None


@pytest.mark.parametrize(
    ("headers", "compressed"),
    [({}, False), ({"content-encoding": "gzip"}, True), ({"content-encoding": "identity"}, False)],
)
def test_compressed_is_what_the_header_says(headers: dict[str, str], compressed: bool) -> None:
    assert Answer(200, headers=headers).compressed is compressed
