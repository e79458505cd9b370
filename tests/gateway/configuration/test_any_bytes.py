"""Whatever a file holds, it is a Configuration or a ConfigurationFault, soon; and no secret stands in what is said."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kubesieve.gateway.configuration import ConfigurationFault, read
from kubesieve.gateway.configuration.document import MOST_BYTES
from tests.gateway.configuration.files import ENVIRONMENT, FULL, with_part

PIECES = st.sampled_from(
    [
        *"{}[]:,-?&*!|>'\"%@`#~<= \n\t\r\\",
        *(
            "---\n",
            "...\n",
            "%YAML 1.1\n",
            "%TAG ! x\n",
            "<<: ",
            "!!binary ",
            "\ufeff",
            "\u2028",
            "\x85",
            "\x00",
            "\ud800",
        ),
        *(
            "$(NODE_IP)",
            "$(",
            "$$(",
            "apiVersion: ",
            "kubelet: ",
            "tenants: ",
            "- ",
            "  ",
            "null",
            "5s",
            "1e400",
            ".nan",
        ),
        *('"\\U7fffffff"', '"\\ud83d\\ude00"', "0o7", "0b1", "1_0", "2026-01-01", "99999999999999999999", "=", "漢"),
    ]
)


def outcome(content: bytes) -> list[str]:
    """The sentences, none for a good one; anything but those is an error of the test."""
    try:
        read(content, ENVIRONMENT)
    except ConfigurationFault as fault:
        assert fault.problems
        assert all(one.line > 0 and one.column > 0 and str(one).isprintable() for one in fault.problems)
        assert fault.sentence.isprintable()
        return [str(one) for one in fault.problems]
    return []


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    assert outcome(content)


@given(st.lists(PIECES, max_size=40).map("".join))
@example("%YAML 1.999999999999999999999\n---\na")
@example("%YAML " + "9" * 5000 + ".1\n---\na")
@example('"\\U7fffffff"')
@example("!<\udcff> a")
def test_any_pieces_of_yaml(text: str) -> None:
    assert outcome(text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(FULL)), st.integers(0, 12), st.lists(PIECES, max_size=3).map("".join))
def test_any_change_of_a_good_file(place: int, length: int, put: str) -> None:
    outcome((FULL[:place] + put + FULL[place + length :]).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "content",
    [
        b"a: b\n" * (MOST_BYTES // 5),
        b"[" + b"a," * (MOST_BYTES // 2 - 1),
        b"'" + b"''" * (MOST_BYTES // 2 - 1),
        b'"' + b"\\n" * (MOST_BYTES // 2 - 1),
        b"a\n " * (MOST_BYTES // 3),
        b"- &a b\n" * (MOST_BYTES // 7),
        b"? " * (MOST_BYTES // 2),
        b"#\n" * (MOST_BYTES // 2),
        b"--- a\n" * (MOST_BYTES // 6),
        b"".join(b"x%d: 1\n" % number for number in range(20_000)),
        b"grants: {tenants: [" + b"{name: a}," * 10_000 + b"]}",
        b"$(" * (MOST_BYTES // 2),
        with_part("kubelet: {tokenFile: t, url: '" + "$(" * 500_000 + "'}"),
        with_part("kubelet: {tokenFile: t, url: 'https://" + "a." * 500_000 + "'}"),
        with_part("nodeSeries: {keep: ['" + "a*" * 500_000 + "!']}"),
        with_part("grants: {tenants: [{namespaceSelector: {matchLabels: {'" + "a." * 500_000 + "/!': x}}}]}"),
    ],
    ids=lambda content: content[:12].decode(),
)
def test_no_file_takes_long(content: bytes) -> None:
    started = time.process_time()
    outcome(content)
    assert time.process_time() - started < 10


SECRET = "hunter2Zq"

NAMES = st.sampled_from(
    ["token", "password", "passwd", "clientKeyData", "client-key-data", "key", "secret", "bearerToken", "apiKey", "ca"]
)
SHAPES = st.sampled_from(
    [
        f"{SECRET}",
        f"'{SECRET}'",
        f'"{SECRET}',
        f"[{SECRET}, '{SECRET}]",
        f"|\n    {SECRET}\n",
        f"&{SECRET} x",
        f"*{SECRET}",
        f"!{SECRET} x",
        f"!{SECRET}!x y",
        f"%{SECRET}",
        f"@{SECRET}: {SECRET}: {SECRET}",
        f"{{{SECRET}: {SECRET}, {SECRET}: b}}",
        f"$({SECRET[:0]}) {SECRET}",
        f"\t{SECRET}",
        f"{SECRET}\x00",
    ]
)


@given(
    NAMES,
    SHAPES,
    st.sampled_from(["", "listen", "listen.tls", "kubelet", "apiServer", "identity", "sharing", "limits"]),
)
def test_no_value_of_a_secret_key_is_told(name: str, shape: str, where: str) -> None:
    lines = [f"{'  ' * depth}{part}:\n" for depth, part in enumerate(filter(None, where.split(".")))]
    text = "".join(lines) + f"{'  ' * len(lines)}{name}: {shape}\n"
    said = outcome(with_part(text))
    assert said
    assert not [one for one in said if SECRET in one]
