"""Kubernetes quantities ("200m", "256Mi", "1e3"), exactly.

Source: the grammar of k8s.io/apimachinery's resource.Quantity: a signed decimal number and a binary suffix, a decimal
suffix or a decimal exponent. The value is exact; Kubernetes itself rounds up to a billionth, which no limit comes near.
"""

from __future__ import annotations

import re
from fractions import Fraction

from kubesieve.faults import BodyFault

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)?|[eE]([+-]?[0-9]+))", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_SCALE = (
    {"": Fraction(1)}
    | {suffix: Fraction(10) ** power for suffix, power in _DECIMAL.items()}
    | {suffix: Fraction(1024) ** power for suffix, power in _BINARY.items()}
)
MAX_CHARACTERS = 64
MAX_EXPONENT = 64


class QuantityFault(BodyFault):
    """Text that should be a quantity and is none."""

    def __init__(self, got: str) -> None:
        super().__init__("quantity-malformed", expected="a quantity such as 200m, 0.5 or 256Mi", got=got)


def parse_quantity(text: str) -> Fraction:
    """The exact value of a quantity. Raises QuantityFault."""
    if len(text) > MAX_CHARACTERS:
        raise QuantityFault(f"more than {MAX_CHARACTERS} characters")
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise QuantityFault("other text" if text else "nothing")
    digits, suffix, exponent = match.groups()
    if exponent is None:
        return Fraction(digits) * _SCALE[suffix or ""]
    if abs(int(exponent)) > MAX_EXPONENT:
        raise QuantityFault(f"an exponent beyond {MAX_EXPONENT}")
    return Fraction(digits) * Fraction(10) ** int(exponent)
