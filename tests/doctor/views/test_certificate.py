"""Which names of a certificate cover the host that was dialled (RFC 9525, section 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.doctor.views.certificate import covers

COVERED = [
    ("DNS:node-1", "node-1"),
    ("DNS:Node-1.Example", "node-1.eXample"),
    ("DNS:node-1.", "node-1"),
    ("DNS:node-1", "node-1."),
    ("DNS:*.example", "node-1.example"),
    ("DNS:*.example.", "NODE-1.example."),
    ("DNS:*.a.example", "b.a.example"),
    ("IP:192.0.2.10", "192.0.2.10"),
    ("IP:2001:db8::1", "2001:db8::1"),
    ("IP:2001:DB8:0:0:0:0:0:1", "[2001:db8::1]"),
    ("IP:::1", "::1"),
]
NOT_COVERED = [
    ("DNS:node-1", "192.0.2.10"),
    ("DNS:192.0.2.10", "192.0.2.10"),
    ("IP:192.0.2.10", "192.0.2.11"),
    ("IP:192.0.2.10", "node-1"),
    ("IP:node-1", "node-1"),
    ("IP:::ffff:192.0.2.10", "192.0.2.10"),
    ("DNS:node-1", "node-10"),
    ("DNS:node-1", "node-1.example"),
    ("DNS:*.example", "example"),
    ("DNS:*.example", ".example"),
    ("DNS:*.example", "a.b.example"),
    ("DNS:*", "node-1"),
    ("DNS:*.", "node-1."),
    ("DNS:n*.example", "node.example"),
    ("DNS:a.*.example", "a.b.example"),
    ("DNS:*.2.10", "192.0.2.10"),
    ("DNS:", ""),
    ("DNS:", "node-1"),
    ("node-1", "node-1"),
    ("CN:node-1", "node-1"),
    ("URI:https://node-1", "node-1"),
    ("email:node-1", "node-1"),
]


@pytest.mark.parametrize(("name", "dialled"), COVERED)
def test_covered(name: str, dialled: str) -> None:
    assert covers((name,), dialled)
    assert covers(("DNS:other", "IP:192.0.2.99", name), dialled)


@pytest.mark.parametrize(("name", "dialled"), NOT_COVERED)
def test_not_covered(name: str, dialled: str) -> None:
    assert not covers((name,), dialled)


def test_no_names_cover_nothing() -> None:
    assert not covers((), "node-1")


@given(
    st.lists(st.text(max_size=12) | st.builds("DNS:{}".format, st.text(max_size=9)), max_size=3), st.text(max_size=12)
)
def test_any_text(names: list[str], dialled: str) -> None:
    assert covers(tuple(names), dialled) in (True, False)
