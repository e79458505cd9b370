"""Kubernetes quantities are exact."""

from fractions import Fraction

import pytest

from kubesieve.agents import QuantityFault, parse_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("2", 2),
        ("+2", 2),
        ("-2", -2),
        ("200m", Fraction(1, 5)),
        ("0.2", Fraction(1, 5)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12e-1", Fraction(6, 5)),
        ("128974848", 128974848),
        ("100Ki", 102400),
        ("256Mi", 268435456),
        ("1Gi", 1 << 30),
        ("1.5Gi", 3 << 29),
        ("1Ei", 1 << 60),
        ("1k", 1000),
        ("1M", 10**6),
        ("1G", 10**9),
        ("1T", 10**12),
        ("1P", 10**15),
        ("1E", 10**18),
        ("100n", Fraction(1, 10**7)),
        ("100u", Fraction(1, 10**4)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_value_is_exact(text: str, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "m", "Mi", ".", "1 Mi", " 1", "1Mi ", "1\n", "1mi", "1K", "1ki", "1KI", "1mM", "1Mi2"],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_and_a_known_suffix_is_all_there_may_be(text: str, sign: str) -> None:
    with pytest.raises(QuantityFault):
        parse_quantity(sign + text)


@pytest.mark.parametrize(
    "text",
    ["0x10", "1_000", "1e", "1e1.5", "--1", "NaN", "Inf", "١"],
)
def test_numbers_of_other_languages_are_no_quantity(text: str) -> None:
    with pytest.raises(QuantityFault) as caught:
        parse_quantity(text)
    assert caught.value.reason == "quantity-malformed"


@pytest.mark.parametrize("text", ["9" * 65, "1e65", "1e-65", "1e999999999999"])
def test_size_is_bounded_so_that_a_pod_spec_cannot_exhaust_memory(text: str) -> None:
    with pytest.raises(QuantityFault):
        parse_quantity(text)
