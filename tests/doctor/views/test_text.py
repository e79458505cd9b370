"""Expositions of any kind: read up to the first fault, in fair time; rows of sandboxes are rows of pods."""

from __future__ import annotations

import time

import pytest

from kubesieve.agents import Key
from kubesieve.doctor.views.text import CPU, read_text_view

TEXTS = [
    (b"", 0, True),
    (b"\n\n", 0, True),
    (b"# a comment", 0, True),
    (b"a 1\nb 2\n", 2, True),
    (b"a 1\nb", 1, False),
    (b"a 1\r\nb 2\n", 0, False),
    (b"\x00", 0, False),
    (b"<html>", 0, False),
    (b'{"items":[]}', 0, False),
    (b'a{namespace="\xff"} 1\n', 0, False),
    (b'a{namespace="x",namespace="y"} 1\n', 0, False),
]


@pytest.mark.parametrize(("body", "samples", "readable"), TEXTS)
def test_a_text_is_read_up_to_its_first_fault(body: bytes, samples: int, readable: bool) -> None:
    view = read_text_view(body)
    assert (view.samples, view.readable, view.final_newline) == (
        samples,
        readable,
        not body or body.endswith(b"\n"),
    )


def test_rows_of_sandboxes_are_rows_of_pods() -> None:
    """A pause container has no name (containerd) or is called POD (Docker, CRI-O)."""
    rows = b"".join(
        b'container_cpu_usage_seconds_total{container="%s",name="%s",namespace="a",pod="p"} 1\n' % pair
        for pair in ((b"", b"x"), (b"POD", b"y"), (b"app", b"z"))
    )
    view = read_text_view(rows)
    assert list(view.containers) == [Key("a", "p", "app")]
    assert view.pods == {("a", "p"): 2}
    assert view.containers[Key("a", "p", "app")].values == {CPU: 1.0}


@pytest.mark.parametrize(
    "body",
    [
        b'a{b="' + b"\\\\" * 400_000,
        b"a" * 800_000,
        b"#" * 800_000,
        b"a{" + b'b="c",' * 100_000,
        b"\n" * 800_000,
        b"a 1\n" * 100_000,
    ],
)
def test_the_time_it_takes_is_bounded(body: bytes) -> None:
    started = time.process_time()
    read_text_view(body, keep_series=True)
    assert time.process_time() - started < 4
